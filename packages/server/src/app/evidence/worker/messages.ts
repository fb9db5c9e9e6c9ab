import type { Actor, ErrorCode } from "@firebreak/protocol";
import type { ArchiveVerdict } from "@firebreak/verifier";
import type {
  CollectInput,
  CollectionRecord,
  CutOff,
  EventsWish,
  EvidenceSummary,
  SealState,
  StoredEvent,
  VerifyRequest,
} from "../../../evidence/index.ts";
import type { CollectPlace } from "../surroundings.ts";

/** A collection, as far as it can be told to a thread: what it asks its server for stands in `Question`. */
export interface CollectTask {
  readonly kind: "collect";
  readonly place: CollectPlace;
  readonly actor: Actor;
  readonly input: Omit<CollectInput, "surroundings" | "signal" | "onProgress">;
  /** it was ended before it began: what takes no time is sealed */
  readonly isAborted: boolean;
  /** whether the server has events to ask for */
  readonly hasEvents: boolean;
}

/** What the thread is started with, and given when it rests. */
export type EvidenceTask =
  | CollectTask
  | { readonly kind: "verify"; readonly file: string; readonly request: VerifyRequest }
  | { readonly kind: "export"; readonly directory: string }
  /** what was cut off is sealed; without those that were tried before */
  | { readonly kind: "settle"; readonly home: string; readonly tried: ReadonlySet<string> }
  | { readonly kind: "seal"; readonly directory: string; readonly immutable: boolean };

/** Without what an archive says of itself, which may be large. */
export type Verified = Omit<ArchiveVerdict, "manifest" | "custody">;

/** What the thread wants of its server while it works, one at a time; each is answered. */
export type Question =
  | { readonly kind: "progress"; readonly record: CollectionRecord }
  | { readonly kind: "secret"; readonly name: string }
  /** the next page of events; of the beginning when it says of which */
  | { readonly kind: "events"; readonly of: EventsWish | null }
  /** a piece of what is exported; the answer asks for the next one */
  | { readonly kind: "piece"; readonly bytes: Uint8Array };

export interface QuestionAnswers {
  readonly progress: null;
  readonly secret: string | null;
  readonly events: readonly StoredEvent[];
  readonly piece: null;
}

/** The last thing that the thread says of a task. */
export type Ending =
  | { readonly kind: "done"; readonly result: TaskResults[EvidenceTask["kind"]] }
  | { readonly kind: "fault"; readonly code: ErrorCode | null; readonly message: string };

export interface TaskResults {
  readonly collect: EvidenceSummary;
  readonly verify: Verified;
  readonly export: null;
  readonly settle: readonly CutOff[];
  readonly seal: SealState;
}

/** What the server answers to a question. */
export interface Answer {
  readonly value: unknown;
  /** why there is no value */
  readonly problem: string | null;
  /** the collection is to end: what was had is sealed */
  readonly isAborted: boolean;
}
