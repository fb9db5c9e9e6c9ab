import type { TailView } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Delivery, ReadLines } from "./deliver-lines.ts";

const RATE_WINDOW_MS = 10_000;
const SKIPPED_TOLD_MAX = 10;

type Counts = Omit<TailView, "name" | "map" | "paths">;

/** How one tail fares: counted since the server began. */
export class TailHealth {
  readonly #clock: Clock;
  readonly #samples: { atMs: number; lines: number }[] = [];
  #counts: Omit<Counts, "linesPerSecond"> = {
    state: "reading",
    files: 0,
    behindBytes: 0,
    lines: 0,
    events: 0,
    known: 0,
    unreadable: 0,
    refused: 0,
    lastLineAt: null,
    waitingFor: null,
    lastProblem: null,
    skipped: [],
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  view(): Counts {
    const sinceMs = this.#clock.monotonicMs() - RATE_WINDOW_MS;
    const recent = this.#samples.filter(({ atMs }) => atMs >= sinceMs).reduce((sum, { lines }) => sum + lines, 0);
    return { ...this.#counts, linesPerSecond: recent / (RATE_WINDOW_MS / 1000) };
  }

  noteFiles(found: { readonly files: number; readonly behindBytes: number }): void {
    this.#counts = { ...this.#counts, ...found };
  }

  noteSkipped(skipped: readonly { path: string; message: string }[]): void {
    this.#counts = { ...this.#counts, skipped: skipped.slice(0, SKIPPED_TOLD_MAX) };
  }

  noteRead(path: string, { lines, unreadable }: ReadLines): void {
    const atMs = this.#clock.monotonicMs();
    while ((this.#samples[0]?.atMs ?? Infinity) < atMs - RATE_WINDOW_MS) this.#samples.shift();
    this.#samples.push({ atMs, lines });
    const { unreadable: before, lines: read } = this.#counts;
    const now = toIso(this.#clock.now());
    this.#counts = { ...this.#counts, lines: read + lines, lastLineAt: lines > 0 ? now : this.#counts.lastLineAt };
    if (unreadable === undefined) return;
    this.#counts = { ...this.#counts, unreadable: before + unreadable.count };
    this.noteProblem(path, `at byte ${unreadable.offset}: ${unreadable.message}; kept as an event of kind log`);
  }

  noteDelivered(path: string, { stored, known, refused, refusal }: Delivery): void {
    const before = this.#counts;
    this.#counts = {
      ...before,
      state: "reading",
      waitingFor: null,
      events: before.events + stored,
      known: before.known + known,
      refused: before.refused + refused,
    };
    if (refusal !== undefined) this.noteProblem(path, `an event was refused: ${refusal}`);
  }

  noteWaiting(reason: string): void {
    this.#counts = { ...this.#counts, state: "waiting", waitingFor: reason };
  }

  noteProblem(path: string, message: string): void {
    this.#counts = { ...this.#counts, lastProblem: { at: toIso(this.#clock.now()), path, message } };
  }
}
