import { z } from "zod";
import { attachment, restartPolicy } from "./container.ts";
import type { Container } from "./container.ts";
import type { EngineClient } from "./engine-client.ts";
import { EngineError } from "./engine-client.ts";

/** How a container was before; only what a step of the effector changes is put back. */
export const containerBefore = z.object({
  id: z.string(),
  name: z.string(),
  isRunning: z.boolean(),
  isPaused: z.boolean(),
  restartPolicy,
  networks: z.array(attachment),
});
export type ContainerBefore = z.infer<typeof containerBefore>;

interface StepCall {
  readonly engine: EngineClient;
  readonly signal: AbortSignal;
}

/** One change of a container, and its way back. */
export interface Step {
  /** as a sentence: `pauses NAME` */
  readonly words: (container: Container) => string;
  readonly isDone: (container: Container) => boolean;
  readonly act: (call: StepCall, container: Container) => Promise<void>;
  /** puts back what `act` changed; `now` is how the container is now */
  readonly putBack: (call: StepCall, before: ContainerBefore, now: Container) => Promise<void>;
}

const pathOf = ({ id }: { readonly id: string }, verb: string) => `/containers/${id}/${verb}`;

function post(
  { engine, signal }: StepCall,
  path: string,
  rest: { body?: unknown; query?: Record<string, string>; timeoutMs?: number } = {},
) {
  return engine.call({ method: "POST", path, signal, ...rest });
}

/** First of all: an engine brings back what it is told to keep running. */
const restartOff: Step = {
  words: ({ name, restartPolicy: { name: policy } }) => `takes the restart policy ${policy} from ${name}`,
  isDone: ({ restartPolicy: { name } }) => name === "no",
  act: async (call, container) => {
    await setPolicy(call, container, { name: "no", maximumRetryCount: 0 });
  },
  putBack: async (call, before, now) => {
    if (now.restartPolicy.name !== before.restartPolicy.name) await setPolicy(call, now, before.restartPolicy);
  },
};

async function setPolicy(call: StepCall, container: { id: string }, policy: ContainerBefore["restartPolicy"]) {
  const body = { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.maximumRetryCount } };
  await post(call, pathOf(container, "update"), { body });
}

const pause: Step = {
  words: ({ name }) => `pauses ${name}: its processes stand still and keep their memory`,
  isDone: ({ isRunning, isPaused }) => !isRunning || isPaused,
  act: async (call, container) => {
    await post(call, pathOf(container, "pause"));
  },
  putBack: async (call, before, now) => {
    if (now.isPaused && !before.isPaused) await post(call, pathOf(now, "unpause"));
  },
};

const disconnect: Step = {
  words: ({ name, networks, sharesNetwork }) =>
    sharesNetwork
      ? `cannot cut ${name} off: it uses a network that is not its own`
      : `takes ${name} out of ${networks.map(({ network }) => network).join(", ")}`,
  // of a network that is not its own it cannot be taken out; it is cut off only while it stands still
  isDone: ({ networks, sharesNetwork, isRunning, isPaused }) =>
    networks.length === 0 && (!sharesNetwork || !isRunning || isPaused),
  act: async (call, { id, networks }) => {
    for (const { network } of networks) {
      await post(call, `/networks/${encodeURIComponent(network)}/disconnect`, {
        body: { Container: id, Force: false },
      });
    }
  },
  putBack: async (call, before, now) => {
    const joined = new Set(now.networks.map(({ network }) => network));
    for (const { network, aliases, links, ipam, options } of before.networks) {
      if (joined.has(network)) continue;
      const config = { Aliases: aliases, Links: links, IPAMConfig: ipam, DriverOpts: options };
      const body = { Container: now.id, EndpointConfig: config };
      await post(call, `/networks/${encodeURIComponent(network)}/connect`, { body });
    }
  },
};

/** A container that was stopped is started again; one that stood still before stands still again. */
const startAgain: Step["putBack"] = async (call, before, now) => {
  if (!before.isRunning || now.isRunning) return;
  await post(call, pathOf(now, "start"));
  if (before.isPaused) await post(call, pathOf(now, "pause"));
};

const STOP_GRACE_SECONDS = 10;

const stop: Step = {
  words: ({ name }) => `stops ${name}: it is asked to end, and killed after ${STOP_GRACE_SECONDS} s`,
  isDone: ({ isRunning }) => !isRunning,
  act: async (call, container) => {
    const query = { t: String(STOP_GRACE_SECONDS) };
    await post(call, pathOf(container, "stop"), { query, timeoutMs: (STOP_GRACE_SECONDS + 20) * 1000 });
  },
  putBack: startAgain,
};

const kill: Step = {
  words: ({ name }) => `kills ${name} at once`,
  isDone: ({ isRunning }) => !isRunning,
  act: async (call, container) => {
    try {
      await post(call, pathOf(container, "kill"), { query: { signal: "KILL" } });
    } catch (fault) {
      // 409: it ended by itself meanwhile
      if (!(fault instanceof EngineError && fault.status === 409)) throw fault;
    }
    await post(call, pathOf(container, "wait"), { query: { condition: "not-running" }, timeoutMs: 20_000 });
  },
  putBack: startAgain,
};

export const STEPS = { restartOff, pause, disconnect, stop, kill } as const;
