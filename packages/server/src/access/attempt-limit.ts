import { FirebreakError } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";

export interface AttemptLimitOptions {
  readonly windowMs: number;
  readonly perName: number;
  readonly perAddress: number;
  /** names and addresses remembered at most, each; the oldest are forgotten first */
  readonly keysMax: number;
  /** what the refusal says */
  readonly advise: (waitSeconds: number) => string;
}

const DEFAULTS: AttemptLimitOptions = {
  windowMs: 5 * 60_000,
  perName: 10,
  perAddress: 50,
  keysMax: 10_000,
  advise: (seconds) =>
    `Too many attempts to sign in. Wait ${seconds} seconds, or use the command line on the machine itself.`,
};

/** Counts attempts, by name and by address. */
export interface AttemptLimit {
  /**
   * Counts one attempt before it is tried, so that many at once are limited too.
   *
   * @param name null where the attempt names nobody (a link)
   * @throws FirebreakError `too_many_requests` with the seconds to wait
   */
  take(name: string | null, address: string): void;
  /** A success clears the name and gives the address its attempt back. */
  succeed(name: string | null, address: string): void;
}

interface Window {
  count: number;
  endsAtMs: number;
}

export function createAttemptLimit(clock: Clock, options: Partial<AttemptLimitOptions> = {}): AttemptLimit {
  const limits = { ...DEFAULTS, ...options };
  const names = new Map<string, Window>();
  const addresses = new Map<string, Window>();
  return {
    take: (name, address) => {
      const nowMs = clock.monotonicMs();
      // the address first: who floods with names must not push other names out of memory
      count(addresses, address, limits.perAddress, nowMs, limits);
      if (name !== null) count(names, name, limits.perName, nowMs, limits);
    },
    succeed: (name, address) => {
      if (name !== null) names.delete(name);
      const window = addresses.get(address);
      if (window !== undefined && window.count > 0) window.count -= 1;
    },
  };
}

function count(
  windows: Map<string, Window>,
  key: string,
  limit: number,
  nowMs: number,
  options: AttemptLimitOptions,
): void {
  const known = windows.get(key);
  const window =
    known !== undefined && known.endsAtMs > nowMs ? known : { count: 0, endsAtMs: nowMs + options.windowMs };
  if (window.count >= limit) throw tooMany(window.endsAtMs - nowMs, options);
  window.count += 1;
  windows.delete(key);
  windows.set(key, window);
  const oldest = windows.keys().next();
  if (windows.size > options.keysMax && oldest.done !== true) windows.delete(oldest.value);
}

function tooMany(waitMs: number, { advise }: AttemptLimitOptions): FirebreakError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new FirebreakError("too_many_requests", advise(retryAfterSeconds), { retryAfterSeconds });
}
