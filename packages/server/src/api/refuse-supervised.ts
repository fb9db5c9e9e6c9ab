import { z } from "zod";
import type { FastifyRequest } from "fastify";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import { decodeJson } from "./json-body.ts";
import type { HttpServerOptions } from "./options.ts";
import { isLoopback } from "./request-guard.ts";
import type { Route } from "./route.ts";

type Options = Pick<HttpServerOptions, "findSupervisedCaller" | "services" | "logger">;

/** What a process of an agent may ask with an operator's token: to stop, to be watched, to say that something is wrong. */
const OPEN_TO_AGENTS: ReadonlySet<string> = new Set([
  "stop",
  "previewStop",
  "registerSession",
  "reportStop",
  "reportIncident",
  "isolateBreaker",
  "signOut",
]);
/** Open when they stop. */
const SWITCHES: ReadonlySet<string> = new Set(["switchEverything", "switchPack"]);
const stopping = z.object({ enabled: z.literal(false) });

/**
 * Whatever credentials it found on the machine: a process of a supervised agent lifts no stop, answers no question and
 * changes nothing that people decide.
 *
 * @throws FirebreakError `forbidden`
 */
export function refuseSupervised(route: Route, request: FastifyRequest, options: Options): void {
  const { access, method, operationId } = route;
  if (method === "GET" || access === "source" || access === "agent") return;
  if (access === "public" && operationId !== "answerByLink") return;
  if (OPEN_TO_AGENTS.has(operationId) || (SWITCHES.has(operationId) && isStopping(request.body))) return;
  const { remoteAddress, remotePort = null, localPort = null } = request.raw.socket;
  // who is gone has no address any more
  if (remoteAddress !== undefined && !isLoopbackPeer(remoteAddress)) return;
  const supervised = options.findSupervisedCaller?.({ remotePort, localPort }) ?? null;
  if (supervised === null) return;
  const agent = supervised === "unknown" ? null : supervised;
  options.services
    .noteSupervisedCaller({ caller: request.caller, operationId, address: request.ip, agent })
    .catch((problem: unknown) => {
      options.logger.warn("a refused process of an agent could not be noted", { problem: messageOf(problem) });
    });
  throw new FirebreakError(
    "forbidden",
    agent === null
      ? "Agents are supervised on this machine, and who sent this hung up before it could be told apart from them. Send it again, and wait for the answer."
      : `This comes from process ${agent.pid} of the agent ${agent.agentId}, which is supervised here: whatever token it has, an agent changes nothing that people decide. Use a terminal outside of \`firebreak run\`, or the console.`,
  );
}

function isLoopbackPeer(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:/, ""));
}

function isStopping(body: unknown): boolean {
  if (!Buffer.isBuffer(body)) return false;
  try {
    return stopping.safeParse(decodeJson(body)).success;
  } catch {
    return false;
  }
}
