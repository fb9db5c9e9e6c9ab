/** Lets a loop sleep until somebody has something for it. A ring while it is awake is kept. */
export interface WakeUp {
  ring(): void;
  /** @returns true when it was rung, false when the time passed */
  wait(timeoutMs: number): Promise<boolean>;
  /** The pause before another try: rings do not shorten it, only {@link close} does. */
  pause(timeoutMs: number): Promise<void>;
  /** Ends every wait and pause, now and from now on. */
  close(): void;
}

export function createWakeUp(): WakeUp {
  let rang = false;
  let closed = false;
  let endWait: (() => void) | undefined;
  let endPause: (() => void) | undefined;

  return {
    ring: () => {
      rang = true;
      endWait?.();
    },
    wait: (timeoutMs) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          endWait = undefined;
          const wasRung = rang;
          rang = false;
          resolve(wasRung);
        };
        const timer = setTimeout(finish, timeoutMs);
        endWait = finish;
        if (rang || closed) finish();
      }),
    pause: (timeoutMs) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          endPause = undefined;
          resolve();
        };
        const timer = setTimeout(finish, timeoutMs);
        endPause = finish;
        if (closed) finish();
      }),
    close: () => {
      closed = true;
      endWait?.();
      endPause?.();
    },
  };
}
