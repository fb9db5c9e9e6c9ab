/** After the signal an effector has this long to say what it did; then the run goes on without it. */
const GRACE_MS = 100;

export interface TimeBox {
  readonly signal: AbortSignal;
  close(): void;
}

export type Boxed<T> =
  | { readonly kind: "ended"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown }
  /** `late` settles when the work does, long after nobody waits for it */
  | { readonly kind: "timed_out"; readonly value: T | null; readonly late: Promise<Boxed<T>> };

/** Opens a time box in real time; its signal aborts when it runs out. */
export function openTimeBox(timeBoxMs: number): TimeBox {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeBoxMs);
  return { signal: controller.signal, close: () => clearTimeout(timer) };
}

/** Runs the work within the box. Never throws, never waits much longer than the box. */
export async function runWithin<T>(box: TimeBox, work: (signal: AbortSignal) => Promise<T>): Promise<Boxed<T>> {
  const settled = settle(work, box.signal);
  const { expired, cancel } = waitForExpiry(box.signal);
  const first = await Promise.race([settled, expired]);
  cancel();
  if (first !== null) return first;
  const graced = await Promise.race([settled, delay(GRACE_MS)]);
  return { kind: "timed_out", value: graced?.kind === "ended" ? graced.value : null, late: settled };
}

async function settle<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<{ kind: "ended"; value: T } | { kind: "threw"; error: unknown }> {
  try {
    return { kind: "ended", value: await work(signal) };
  } catch (error) {
    return { kind: "threw", error };
  }
}

function waitForExpiry(signal: AbortSignal): { expired: Promise<null>; cancel: () => void } {
  let cancel = () => {};
  const expired = new Promise<null>((resolve) => {
    const onAbort = () => resolve(null);
    signal.addEventListener("abort", onAbort, { once: true });
    cancel = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) resolve(null);
  });
  return { expired, cancel };
}

function delay(delayMs: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), delayMs);
  });
}

/** Waits, but not beyond the box. @returns false when the box ran out */
export async function pauseWithin(box: TimeBox, delayMs: number): Promise<boolean> {
  const { expired, cancel } = waitForExpiry(box.signal);
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), delayMs);
  });
  const outcome = await Promise.race([waited, expired]);
  clearTimeout(timer);
  cancel();
  return outcome === true;
}
