import type { Match } from "@firebreak/sigma";
import { describeNotice } from "./notice.ts";
import type { Ending } from "./thread/judge-thread.ts";

/** Judging ended by one event so often: it is passed over from then on. */
const TRIES_MAX = 2;
/** Ended so often without having judged anything in between: what fills the windows is to blame. */
const IN_A_ROW_MAX = 6;
/** Suspects and what is passed over; the oldest are forgotten, which costs another two tries. */
const KEPT_MAX = 1_000;

/** What to make of threads that ended by themselves: the same event must not end them for ever. */
export class JudgeEndings {
  readonly #tries = new Map<number, number>();
  readonly #skipped = new Set<number>();
  #inARow = 0;
  #count = 0;
  #unjudged = 0;
  #problem: string | null = null;

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Events that were passed over. */
  get unjudged(): number {
    return this.#unjudged;
  }

  /** Of the last one, as long as nothing was judged since. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Numbers of the events to pass over. */
  get skipped(): ReadonlySet<number> {
    return this.#skipped;
  }

  get areWindowsToBlame(): boolean {
    return this.#inARow >= IN_A_ROW_MAX;
  }

  /** @returns what people should know */
  note({ problem, seq }: Ending, nowMs: number): Match[] {
    this.#count += 1;
    this.#inARow += 1;
    this.#problem = problem;
    const tries = seq === null ? 0 : (this.#tries.get(seq) ?? 0) + 1;
    if (seq === null || tries < TRIES_MAX) {
      if (seq !== null) remember(this.#tries, seq, tries);
      return [describeRestart(problem, nowMs)];
    }
    this.#tries.delete(seq);
    this.#skip(seq);
    return [describeRestart(problem, nowMs), describeUnjudged(seq, problem, nowMs)];
  }

  /** Judging goes on. */
  noteJudged(): void {
    this.#inARow = 0;
    this.#problem = null;
  }

  #skip(seq: number): void {
    this.#unjudged += 1;
    this.#skipped.add(seq);
    const [oldest] = this.#skipped;
    if (this.#skipped.size > KEPT_MAX && oldest !== undefined) this.#skipped.delete(oldest);
  }
}

function remember(tries: Map<number, number>, seq: number, count: number): void {
  tries.delete(seq);
  tries.set(seq, count);
  const [oldest] = tries.keys();
  if (tries.size > KEPT_MAX && oldest !== undefined) tries.delete(oldest);
}

function describeRestart(problem: string, nowMs: number): Match {
  const said = `the thread that judges events ended (${problem}); a new one goes on where it stood, and judges all of them`;
  const about = { firstTime: nowMs, lastTime: nowMs };
  return describeNotice(
    { id: "firebreak_judging_restarted", title: "Detection began again", severity: 3 },
    said,
    about,
  );
}

function describeUnjudged(seq: number, problem: string, nowMs: number): Match {
  const said =
    `judging event number ${seq} ended the thread ${TRIES_MAX} times (${problem}), so that no rule looks at it; ` +
    `look at it yourself: firebreak events show ${seq}`;
  const about = { firstTime: nowMs, lastTime: nowMs };
  return describeNotice({ id: "firebreak_event_unjudged", title: "An event was not judged", severity: 2 }, said, about);
}
