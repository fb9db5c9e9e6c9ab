/** So far behind, an alert still comes within about a second of its event. */
const BEHIND_MAX = 5_000;
/** Judging that stands still for so long holds nobody up: what is stored can be judged later, what is refused may be lost. */
const STALLED_MS = 1_000;
/** While it is further behind, so many events are judged for each that is stored: it catches up under any load. */
const JUDGED_PER_STORED = 2;

/** Holds whoever stores events to the pace at which they are judged. Places are numbers of events (`seq`). */
export interface Pace {
  /** @param count events that were stored just now, the last of them `newest` */
  stored(count: number, newest: number): void;
  judged(position: number): void;
  /** Resolves when more may be stored; nothing: at once. */
  wait(): Promise<void> | undefined;
  /** Nobody waits any more until events are stored again. */
  release(): void;
}

export function createPace(): Pace {
  let judgedUpTo = 0;
  let dueAt = 0;
  let waiting: (() => void)[] = [];
  let stall: NodeJS.Timeout | undefined;

  function release(): void {
    dueAt = 0;
    clearTimeout(stall);
    stall = undefined;
    const released = waiting;
    waiting = [];
    for (const tell of released) tell();
  }

  return {
    stored: (count, newest) => {
      if (newest - judgedUpTo <= BEHIND_MAX) return;
      dueAt = Math.min(judgedUpTo + count * JUDGED_PER_STORED, newest - BEHIND_MAX);
    },
    judged: (position) => {
      if (position === judgedUpTo) return;
      judgedUpTo = position;
      if (position >= dueAt) release();
      else stall?.refresh();
    },
    wait: () => {
      if (judgedUpTo >= dueAt) return undefined;
      stall ??= setTimeout(release, STALLED_MS);
      return new Promise((resolve) => waiting.push(resolve));
    },
    release,
  };
}
