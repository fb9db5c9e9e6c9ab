import { createHash } from "node:crypto";
import type { AgentEventInput } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { listRecordedGates } from "./gate-records.ts";
import type { RecordedGate } from "./gate-records.ts";

export interface GateWatch {
  readonly home: string;
  readonly clock: Clock;
  /** takes an event for good, or throws */
  readonly report: (event: AgentEventInput) => Promise<void>;
}

const WHAT = {
  changed: "is not as it was installed",
  gone: "was taken out",
  unreadable: "cannot be read where it was installed",
} as const satisfies Record<Exclude<RecordedGate["state"], "installed">, string>;

/**
 * Looks at the gates of this home and reports one that is not as it was installed as an event of its agent, once each time
 * that it becomes so, and again after a restart. The rule `gate_removed` makes an alert of it.
 *
 * @returns one look
 */
export function createGateWatch({ home, clock, report }: GateWatch): () => Promise<void> {
  let known = new Map<string, RecordedGate["state"]>();
  return async () => {
    const states = new Map<string, RecordedGate["state"]>();
    const before = known;
    known = states;
    for (const gate of listRecordedGates(home)) {
      const key = JSON.stringify([gate.runtime, gate.place]);
      try {
        const { state } = gate;
        if (state !== "installed" && state !== before.get(key)) await report(eventOf(gate, state, clock.now()));
        states.set(key, state);
      } catch (fault) {
        // the others, and this one, are looked at again
        known = new Map([...before, ...states]);
        throw fault;
      }
    }
  };
}

function eventOf(gate: RecordedGate, state: keyof typeof WHAT, nowMs: number): AgentEventInput {
  const { runtime, agent, place, installedAt } = gate;
  const time = toIso(nowMs);
  const digest = createHash("sha256")
    .update(JSON.stringify([runtime, place, state, time]))
    .digest("hex");
  const data = {
    event_type: "gate_changed",
    message: `the gate for ${runtime} of ${agent} ${WHAT[state]}: ${place}`,
    runtime,
    place,
    state,
    installed_at: installedAt,
  };
  return { id: `gate-${digest.slice(0, 40)}`, time, agent: { id: agent }, kind: "file", data };
}
