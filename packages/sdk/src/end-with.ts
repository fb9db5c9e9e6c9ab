import { GateDeniedError } from "./decision.ts";
import type { ActEnd } from "./policy/policy-gate.ts";

export function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Runs it and ends the act with it, also when it goes on as a promise. A denial further in is no failure of what ran. */
export function endWith<R>(end: (end?: ActEnd) => void, run: () => R): R {
  const fail = (fault: unknown) => end({ failed: !(fault instanceof GateDeniedError) });
  let result: R;
  try {
    result = run();
  } catch (fault) {
    fail(fault);
    throw fault;
  }
  if (result instanceof Promise) result.then(() => end(), fail);
  else end();
  return result;
}
