import type { AgentEventInput, AgentRef, RedactionFact } from "@firebreak/protocol";
import type { Original } from "../redaction/index.ts";
import { findGate } from "./gates-seen.ts";
import type { GateSighting } from "./gates-seen.ts";
import { LineBuffer } from "./line-buffer.ts";
import { prepareEvent } from "./prepare-event.ts";
import type { PrepareContext } from "./prepare-event.ts";

/**
 * The events of one call, ready to be stored: as columns of texts and one buffer of bodies. The events themselves are
 * let go. While they wait for the database and for the rules, each would be some twenty objects that every collection of
 * garbage copies, which cost more than all the rest of the intake.
 */
export interface PreparedBatch {
  readonly count: number;
  /** for each of {@link TEXT_COLUMNS} the values of all events, separated by line feeds; an empty one stands for null */
  readonly columns: readonly string[];
  /** the canonical texts of all events, each ended by a line feed */
  readonly bodies: Buffer;
  /** each agent's pack, the last that was named */
  readonly packs: ReadonlyMap<string, string | null>;
  readonly gates: readonly GateSighting[];
  /** what was taken out and is kept encrypted; mostly nothing */
  readonly originals: readonly TakenOut[];
  readonly redactions: readonly Redaction[];
}

export interface TakenOut {
  readonly event: { readonly id: string; readonly time: string; readonly agentId: string };
  readonly originals: readonly Original[];
}

/** What was taken out of one event of a batch. */
export interface Redaction {
  /** its place in the batch */
  readonly index: number;
  readonly agent: AgentRef;
  readonly facts: readonly RedactionFact[];
}

/** The columns of `events` that the sender fills, but for `body`; no value holds a line feed, none is empty. */
export const TEXT_COLUMNS = [
  "id", "time", "received_at", "source", "agent_id", "pack", "session_id", "run_id", "kind", "outcome", "risk",
] as const; // prettier-ignore

/** Prepares the events of one call one after the other; each is let go at once. */
export class BatchMaker {
  readonly #context: PrepareContext;
  readonly #values: string[][] = TEXT_COLUMNS.map(() => []);
  readonly #packs = new Map<string, string | null>();
  readonly #gates: GateSighting[] = [];
  readonly #originals: TakenOut[] = [];
  readonly #redactions: Redaction[] = [];
  #count = 0;

  /** @param bytesExpected of all bodies */
  constructor(context: Omit<PrepareContext, "lines">, bytesExpected: number) {
    this.#context = { ...context, lines: new LineBuffer(bytesExpected) };
  }

  add(input: AgentEventInput): void {
    const { event, originals } = prepareEvent(input, this.#context);
    const { agent, id, kind, outcome, receivedTime, redacted, risk, source, time } = event;
    const { id: agentId, pack, session, run } = agent;
    const values = [id, time, receivedTime, source, agentId, pack, session, run, kind, outcome, risk];
    for (let i = 0; i < values.length; i++) this.#values[i]?.push(values[i] ?? "");
    if (pack !== undefined || !this.#packs.has(agentId)) this.#packs.set(agentId, pack ?? null);
    const gate = findGate(event);
    if (gate !== undefined) this.#gates.push(gate);
    if (originals.length > 0) this.#originals.push({ event: { id, time, agentId }, originals });
    if (redacted !== undefined) this.#redactions.push({ index: this.#count, agent, facts: redacted });
    this.#count += 1;
  }

  finish(): PreparedBatch {
    const { lines } = this.#context;
    return {
      count: this.#count,
      columns: this.#values.map((values) => values.join("\n")),
      bodies: lines.slice(0, lines.length),
      packs: this.#packs,
      gates: this.#gates,
      originals: this.#originals,
      redactions: this.#redactions,
    };
  }
}
