import { connect } from "node:net";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "./define-probe.ts";
import { AddressRefused, connectProblem, lookupWith, requireReachable } from "./reachable-address.ts";
import type { Reach } from "./reachable-address.ts";

const tcpQuestion = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$|^::1?$|^::[0-9a-f:.]+$/i, "use a host name or an address"),
  port: z.number().int().min(1).max(65_535),
  timeoutMs: z.number().int().min(50).max(60_000).default(5000),
});
type TcpQuestion = z.output<typeof tcpQuestion>;

export function checkTcp(reach: Reach): Effector {
  return defineProbe({
    name: "check.tcp",
    title: "Ask whether a TCP port accepts connections",
    parameters: tcpQuestion,
    describe: ({ host, port }) => `connects to ${host} port ${port} and hangs up`,
    ask: (ctx, question) => askTcp(ctx, question, reach),
  });
}

async function askTcp(
  { clock, signal }: EffectorContext,
  question: TcpQuestion,
  reach: Reach,
): Promise<EffectorOutcome> {
  const startedMs = clock.monotonicMs();
  const place = `${question.host} port ${question.port}`;
  const outcome = (open: boolean, problem: string): EffectorOutcome => {
    const millis = Math.round(clock.monotonicMs() - startedMs);
    const said = open ? "accepts connections" : `does not: ${problem}`;
    return { ok: true, output: { open, millis, problem }, message: `${place} ${said} (${millis} ms)` };
  };
  try {
    await connectOnce(question, reach, signal);
    return outcome(true, "");
  } catch (fault) {
    if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
    if (signal.aborted) return { ok: false, reason: "timed_out", message: `${place} was not asked to the end` };
    return outcome(false, connectProblem(fault));
  }
}

async function connectOnce({ host, port, timeoutMs }: TcpQuestion, reach: Reach, outer: AbortSignal): Promise<void> {
  requireReachable(reach, host, port);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, lookup: lookupWith(reach, port) });
    const end = (settle: () => void) => {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      settle();
    };
    const giveUp = () => end(() => reject(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once("connect", () => end(resolve)).once("error", (fault) => end(() => reject(fault)));
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
