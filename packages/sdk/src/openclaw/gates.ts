import type { Decision } from "../decision.ts";
import { createGate } from "../create-gate.ts";
import type { Gate, GateOptions } from "../gate.ts";

/** Whose act it is, as OpenClaw's hooks tell it. */
export interface Actor {
  /** OpenClaw's own name of the agent, such as `main` */
  readonly agentId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** The gates of one OpenClaw: what is stopped may be all of it, one of its agents, or one session. */
export interface Gates {
  readonly whole: Gate;
  /** of the actor's session: it counts, and what it emits names the session */
  gateOf(actor: Actor): Gate;
  /** Whether a stop covers the actor, as whichever of its names. */
  checkStop(actor: Actor, tool?: string): Decision;
  close(): Promise<void>;
}

/** Sessions that are looked after at once; of one more the longest unused is opened anew when it comes back. */
const GATES_MAX = 200;

/**
 * @param options of the whole OpenClaw
 * @param outer whom `firebreak run` says this process is, if it runs under it
 */
export function openGates(options: GateOptions, outer: GateOptions | null, onChange: () => void): Gates {
  const gates = new Map<string, Gate>();
  const whole = watched({ ...options, reportAs: null }, onChange);
  const open = (given: GateOptions): Gate => {
    const key = `${given.agent}\n${given.session ?? ""}`;
    const gate = gates.get(key) ?? watched(given, onChange);
    gates.delete(key);
    gates.set(key, gate);
    const [oldest] = gates.size > GATES_MAX ? gates : [];
    if (oldest !== undefined) {
      gates.delete(oldest[0]);
      void oldest[1].close();
    }
    return gate;
  };
  const gateOf = ({ sessionId }: Actor) =>
    sessionId === undefined ? whole : open({ ...options, session: sessionId, reportAs: null });
  // a name beside the first one: it is asked about stops only and tells nothing
  const { url: _, token: __, ...silent } = options;
  return {
    whole,
    gateOf,
    checkStop: (actor, tool) => {
      const own = actor.agentId === undefined ? [] : [open({ ...silent, agent: `${options.agent}:${actor.agentId}` })];
      const all = [gateOf(actor), ...own, ...(outer === null ? [] : [open({ ...outer, reportAs: "openclaw" })])];
      const denied = all.map((gate) => gate.checkStop(tool)).find((decision) => !decision.allowed);
      return denied ?? { allowed: true };
    },
    close: async () => {
      await Promise.all([whole, ...gates.values()].map((gate) => gate.close(1000)));
      gates.clear();
    },
  };
}

function watched(options: GateOptions, onChange: () => void): Gate {
  const gate = createGate(options);
  gate.onChange(onChange);
  return gate;
}
