import { GateDeniedError } from "../decision.ts";
import type { Gate } from "../gate.ts";

type WatchedGate = Pick<Gate, "checkStop" | "onChange">;

const controllers = new WeakMap<WatchedGate, AbortController>();

/**
 * The signal of the next stop, for one run of an agent: aborted, with a GateDeniedError as its reason, when the agent as
 * a whole is stopped. Ask anew for each run: after a resume there is another signal.
 */
export function stopSignal(gate: WatchedGate): AbortSignal {
  const known = controllers.get(gate);
  if (known !== undefined && (!known.signal.aborted || !gate.checkStop().allowed)) return known.signal;
  const isNew = known === undefined;
  const controller = new AbortController();
  controllers.set(gate, controller);
  const decision = gate.checkStop();
  if (!decision.allowed) controller.abort(new GateDeniedError(decision));
  if (isNew)
    gate.onChange((changed) => {
      if (!changed.allowed) controllers.get(gate)?.abort(new GateDeniedError(changed));
    });
  return controller.signal;
}

/** @throws GateDeniedError while the agent as a whole is stopped: it does not think on either */
export function assertAllowed(gate: Pick<Gate, "checkStop">): void {
  const decision = gate.checkStop();
  if (!decision.allowed) throw new GateDeniedError(decision);
}
