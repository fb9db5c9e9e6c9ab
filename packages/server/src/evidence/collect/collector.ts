import type { EvidenceLevel, ProcessIdentity } from "@firebreak/protocol";
import type { EvidenceItemName, EvidenceSettings, ReadSecret } from "../../kernel/index.ts";
import type { ItemSink } from "./item-sink.ts";

/** Where the evidence of one session lies. Null: there is none, and the archive says so. */
export interface SessionSubject {
  readonly sessionId: string;
  readonly agentId: string;
  readonly processes: readonly ProcessIdentity[];
  readonly outputLog: string | null;
  readonly workspace: string | null;
  /** the host it runs on, when that is another one: nothing of it can be had here */
  readonly elsewhere: string | null;
}

/** Who or what the evidence is about. */
export interface Subject {
  /** empty: this host, without an agent */
  readonly agentIds: readonly string[];
  readonly sessions: readonly SessionSubject[];
}

/** A container engine, as far as collecting asks it. Implemented over the one client that containment has too. */
export interface ContainerSource {
  readonly place: string;
  /** every container, also those that do not run, as the engine lists it */
  list(signal: AbortSignal): Promise<unknown>;
  inspect(id: string, signal: AbortSignal): Promise<unknown>;
  top(id: string, signal: AbortSignal): Promise<unknown>;
  changes(id: string, signal: AbortSignal): Promise<unknown>;
  /** what it printed since then, oldest first; one with a terminal gives it unframed */
  logs(
    id: string,
    from: { readonly sinceMs: number; readonly hasTerminal: boolean },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
}

/** A folder of skills as it is, and what differs from its baseline. */
export interface SkillReport {
  readonly folder: string;
  readonly report: unknown;
  /** why it is not complete */
  readonly problem: string | null;
}

/** An event as it is stored. */
export interface StoredEvent {
  readonly seq: string;
  readonly body: string;
}

/** Gives the events of agents from a time on, page by page. */
export type ReadEvents = (of: EventsWish) => AsyncIterable<readonly StoredEvent[]>;

export interface EventsWish {
  readonly agentIds: readonly string[];
  readonly sinceMs: number;
}

/** What collecting reaches of the rest of the house. */
export interface Surroundings {
  /** null: the command line collects while no server runs */
  readonly readEvents: ReadEvents | null;
  readonly containers: ContainerSource | null;
  readonly readSkills: (signal: AbortSignal) => Promise<readonly SkillReport[]>;
  /** the log files that are tailed; may hold `*` and `**` */
  readonly tailedPaths: () => Promise<readonly string[]>;
  /** shipped and own files that decide how Firebreak works here */
  readonly ownFiles: readonly string[];
  readonly readSecret: ReadSecret;
  readonly userHome: string;
  readonly temporaryDir: string;
}

/** What one collection is asked for. */
export interface Scene {
  /** Firebreak's own home, which is never copied: it holds keys, tokens and earlier evidence */
  readonly home: string;
  readonly level: EvidenceLevel;
  readonly limits: EvidenceSettings["levels"][EvidenceLevel];
  readonly settings: EvidenceSettings;
  readonly subject: Subject;
  readonly surroundings: Surroundings;
  /** memory is dumped only on request */
  readonly memory: boolean;
  readonly nowMs: number;
  /** nothing older is asked for */
  readonly sinceMs: number;
}

/**
 * What must be there for a collector: `agent`: the collection is about one, else it is left out; `memory`: it was asked for,
 * else it is left out; `database`, `containers`: else it failed, and says so.
 */
export type Need = "agent" | "memory" | "database" | "containers";

/** One kind of evidence. */
export interface Collector {
  readonly name: EvidenceItemName;
  readonly description: string;
  /** the levels that hold it, with the seconds it may take */
  readonly seconds: Readonly<Partial<Record<EvidenceLevel, number>>>;
  readonly needs: readonly Need[];
  /** Puts what can be had into the sink; what it throws becomes an item with the reason. */
  collect(scene: Scene, sink: ItemSink, signal: AbortSignal): Promise<void> | void;
}
