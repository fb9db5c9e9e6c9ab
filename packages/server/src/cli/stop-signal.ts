/** The signals by which a terminal, a person or a service manager asks a program to end. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface StopSignal {
  /** aborted at the first signal */
  readonly signal: AbortSignal;
  /** resolves at the first signal */
  readonly asked: Promise<void>;
  /** Leaves later signals to whoever comes next. */
  readonly dispose: () => void;
}

/**
 * Listens from now on, so that a signal that comes during the start is not lost and what was started is ended in order.
 *
 * @param onRepeat told of every further signal
 */
export function listenForStop(onRepeat: () => void): StopSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const onSignal = () => {
    if (signal.aborted) onRepeat();
    else controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal,
    asked: new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    dispose: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
