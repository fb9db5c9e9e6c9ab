import type { AgentEvent, AgentEventInput, AgentRef, RedactionFact } from "@firebreak/protocol";
import type { Original } from "../redaction/index.ts";
import { RowBuffer } from "../storage/index.ts";
import { findGate } from "./gates-seen.ts";
import type { GateSighting } from "./gates-seen.ts";
import { prepareEvent } from "./prepare-event.ts";
import type { PrepareContext } from "./prepare-event.ts";

/**
 * The events of one call, ready to be stored: as rows of bytes. The events themselves are let go. While they wait for the database and for the rules, each would be some twenty objects that every collection of
 * garbage copies, which cost more than all the rest of the intake.
 */
export interface PreparedBatch {
  readonly count: number;
  /** the columns of {@link EVENT_COLUMNS}, as {@link copyRows} takes them */
  readonly rows: Buffer;
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

export function countEvents(batches: readonly PreparedBatch[]): number {
  return batches.reduce((sum, { count }) => sum + count, 0);
}

/** The columns of `events` in the order in which rows hold them. */
export const EVENT_COLUMNS = [
  "time", "received_at", "id", "source", "agent_id", "pack", "session_id", "run_id", "kind", "outcome", "risk", "body",
] as const; // prettier-ignore

/** Prepares the events of one call one after the other; each is let go at once. */
export class BatchMaker {
  readonly #context: PrepareContext;
  readonly #rows: RowBuffer;
  readonly #packs = new Map<string, string | null>();
  readonly #gates: GateSighting[] = [];
  readonly #originals: TakenOut[] = [];
  readonly #redactions: Redaction[] = [];
  #count = 0;

  constructor(context: PrepareContext, bytesExpected: number) {
    this.#context = context;
    this.#rows = new RowBuffer(bytesExpected);
  }

  add(input: AgentEventInput): void {
    const { event, body, originals } = prepareEvent(input, this.#context);
    const { agent, id, redacted, time } = event;
    const { id: agentId, pack } = agent;
    this.#addRow(event, body);
    if (pack !== undefined || !this.#packs.has(agentId)) this.#packs.set(agentId, pack ?? null);
    const gate = findGate(event);
    if (gate !== undefined) this.#gates.push(gate);
    if (originals.length > 0) this.#originals.push({ event: { id, time, agentId }, originals });
    if (redacted !== undefined) this.#redactions.push({ index: this.#count, agent, facts: redacted });
    this.#count += 1;
  }

  finish(): PreparedBatch {
    return {
      count: this.#count,
      rows: this.#rows.bytes,
      packs: this.#packs,
      gates: this.#gates,
      originals: this.#originals,
      redactions: this.#redactions,
    };
  }

  #addRow({ agent, id, kind, outcome, receivedTime, risk, source, time }: AgentEvent, body: string): void {
    const rows = this.#rows;
    rows.beginRow(EVENT_COLUMNS.length);
    rows.addTime(Date.parse(time));
    rows.addTime(Date.parse(receivedTime));
    rows.addText(id);
    rows.addText(source);
    rows.addText(agent.id);
    rows.addText(agent.pack);
    rows.addText(agent.session);
    rows.addText(agent.run);
    rows.addText(kind);
    rows.addText(outcome);
    rows.addText(risk);
    rows.addText(body);
  }
}
