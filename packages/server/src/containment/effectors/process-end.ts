import { realpathSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { codeOf } from "../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import { readCommandLine, readProcess, snapshotProcesses } from "../process-tree/index.ts";
import type { ProcessEntry } from "../process-tree/index.ts";
import { findSupervisedProcess } from "../supervised-caller.ts";
import { readSupervisorEntries } from "../registry.ts";

const parameters = z.strictObject({
  pid: z.number().int().min(1).max(4_194_304),
  /** as `check.load` says it: a number is given to others later, the two together never */
  startedAt: z.string().min(1).max(64),
  reason: z.string().trim().min(3).max(1000),
});
type Parameters = z.output<typeof parameters>;

/** From the request to end until it is killed, and from there until it must be gone. */
const GRACE_MS = 5_000;
const KILL_MS = 3_000;
const LOOK_MS = 25;

/** Ends one process of this machine, known by its number and the moment it started. */
export const processEnd: Effector = defineEffector({
  name: "process.end",
  title: "End one process",
  destroysEvidence: true,
  idempotent: true,
  expiry: "none",
  parameters,
  blastRadius: async (ctx, { pid, startedAt }) => ({
    ...TOUCHES_NOTHING,
    agents: [findSupervisedProcess(ctx.home, pid)?.agentId ?? []].flat(),
    services: [`process ${pid} (${startedAt})`],
  }),
  preview: async (ctx, given) => {
    const found = find(given);
    if (found === null) return [`nothing: process ${given.pid} that started at ${given.startedAt} has ended`];
    const refused = refuseOwn(ctx.home, found);
    return [
      refused === null ? `asks ${name(found)} to end, and kills it after ${GRACE_MS / 1000} s` : `refused: ${refused}`,
    ];
  },
  apply: async (ctx, given) => apply(ctx, given),
  verify: async (_ctx, given, output) => {
    const found = find(given);
    if (found === null) return { ok: true, output, message: `process ${given.pid} has ended` };
    return { ok: false, reason: "unverified", message: `${name(found)} runs (${found.state})`, output };
  },
  undo: { stays: "A process that has ended stays ended." },
});

/** @returns null also when another process has the number by now; a zombie has ended */
function find({ pid, startedAt }: Parameters): ProcessEntry | null {
  const found = readProcess(pid);
  return found === null || found.startTime !== startedAt || found.state === "Z" || found.state === "X" ? null : found;
}

function name({ pid, command }: ProcessEntry): string {
  return `process ${pid} (${command})`;
}

async function apply(ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const found = find(given);
  if (found === null) return ended(given, "had ended already");
  const refused = refuseOwn(ctx.home, found);
  if (refused !== null) return { ok: false, reason: "denied", message: refused };
  for (const [signal, waitMs] of [
    ["SIGTERM", GRACE_MS],
    ["SIGKILL", KILL_MS],
  ] as const) {
    const problem = send(given, signal);
    if (problem !== null) return problem;
    if (await isGone(ctx, given, waitMs)) return ended(given, `ended after ${signal}`);
    if (ctx.signal.aborted)
      return { ok: false, reason: "timed_out", message: `${name(found)} runs still, asked to end` };
  }
  const state = find(given)?.state ?? "";
  return {
    ok: false,
    reason: "unverified",
    message: `${name(found)} is there still, in the state ${state}, after SIGKILL`,
  };
}

function ended({ pid }: Parameters, how: string): EffectorOutcome {
  return { ok: true, output: { ended: true }, message: `process ${pid} ${how}` };
}

function send(given: Parameters, signal: NodeJS.Signals): Extract<EffectorOutcome, { ok: false }> | null {
  if (find(given) === null) return null;
  try {
    process.kill(given.pid, signal);
    return null;
  } catch (fault) {
    if (codeOf(fault) === "ESRCH") return null;
    const remedy = "it belongs to another user; let Firebreak run as that user or as root";
    return { ok: false, reason: "denied", message: `process ${given.pid} must not be ended: ${remedy}` };
  }
}

async function isGone({ clock, signal }: EffectorContext, given: Parameters, waitMs: number): Promise<boolean> {
  const untilMs = clock.monotonicMs() + waitMs;
  for (;;) {
    if (find(given) === null) return true;
    if (signal.aborted || clock.monotonicMs() > untilMs) return false;
    await delay(LOOK_MS);
  }
}

/** @returns why a process is not ended by a step: what keeps the machine or Firebreak alive; null otherwise */
function refuseOwn(home: string, found: ProcessEntry): string | null {
  const { pid } = found;
  if (pid === 1) return "process 1 keeps the machine alive";
  const table = snapshotProcesses();
  const isAbove = (lower: number, upper: number) => {
    for (let at = table.get(lower), steps = 0; at !== undefined && steps < 1000; at = table.get(at.ppid), steps++) {
      if (at.pid === upper) return true;
    }
    return false;
  };
  if (isAbove(process.pid, pid)) return `${name(found)} is Firebreak, or what started it`;
  if (isAbove(pid, process.pid)) return `${name(found)} belongs to Firebreak`;
  if (readSupervisorEntries(home).entries.some(({ supervisor }) => supervisor.pid === pid))
    return `${name(found)} supervises an agent: stop the agent instead`;
  return isFirebreak(pid) ? `${name(found)} is another part of Firebreak` : null;
}

/** The same program as this one, by the file that it runs. */
function isFirebreak(pid: number): boolean {
  const [, own] = process.argv;
  const other = readCommandLine(pid).split(" ")[1];
  if (own === undefined || other === undefined || !other.startsWith("/")) return false;
  try {
    return realpathSync(own) === realpathSync(other);
  } catch {
    return false;
  }
}
