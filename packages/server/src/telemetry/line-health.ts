import type { LinesRead } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import type { Delivery } from "./deliver-events.ts";

const RATE_WINDOW_MS = 10_000;

/** How something that reads lines fares, counted since the server began. */
export class LineHealth {
  readonly #clock: Clock;
  readonly #samples: { atMs: number; lines: number }[] = [];
  #counts: Omit<LinesRead, "linesPerSecond"> = {
    lines: 0,
    events: 0,
    known: 0,
    unreadable: 0,
    refused: 0,
    lastLineAt: null,
    waitingFor: null,
    lastProblem: null,
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  view(): LinesRead {
    const sinceMs = this.#clock.monotonicMs() - RATE_WINDOW_MS;
    const recent = this.#samples.filter(({ atMs }) => atMs >= sinceMs).reduce((sum, { lines }) => sum + lines, 0);
    return { ...this.#counts, linesPerSecond: recent / (RATE_WINDOW_MS / 1000) };
  }

  /** @param unreadable how many of the lines the map could not read, and of the last one why */
  noteRead(
    path: string,
    lines: number,
    unreadable: { readonly count: number; readonly message: string } | undefined,
  ): void {
    const atMs = this.#clock.monotonicMs();
    while ((this.#samples[0]?.atMs ?? Infinity) < atMs - RATE_WINDOW_MS) this.#samples.shift();
    this.#samples.push({ atMs, lines });
    const { lines: before, lastLineAt } = this.#counts;
    const now = toIso(this.#clock.now());
    this.#counts = { ...this.#counts, lines: before + lines, lastLineAt: lines > 0 ? now : lastLineAt };
    if (unreadable === undefined) return;
    this.#counts = { ...this.#counts, unreadable: this.#counts.unreadable + unreadable.count };
    this.noteProblem(path, `${unreadable.message}; kept as an event of kind log`);
  }

  noteDelivered(path: string, { stored, known, refused, refusal }: Delivery): void {
    const before = this.#counts;
    this.#counts = {
      ...before,
      waitingFor: null,
      events: before.events + stored,
      known: before.known + known,
      refused: before.refused + refused,
    };
    if (refusal !== undefined) this.noteProblem(path, `an event was refused: ${refusal}`);
  }

  noteWaiting(reason: string): void {
    this.#counts = { ...this.#counts, waitingFor: reason };
  }

  noteProblem(path: string, message: string): void {
    this.#counts = { ...this.#counts, lastProblem: { at: toIso(this.#clock.now()), path, message } };
  }
}
