import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, statfsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { DrillCheck, IncidentDetail } from "@firebreak/protocol";
import { z } from "zod";
import { verifyArchive } from "../../evidence/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { DrillCheckFile } from "../format.ts";
import { fillInAll } from "../fill-in.ts";
import { fetchLoopback } from "../sandbox/fetch-loopback.ts";
import { findAgentProcesses } from "../sandbox/find-agents.ts";
import { callsDenied } from "./calls-denied.ts";
import { agentsIdle } from "./agents-idle.ts";
import { decrypted } from "./decrypted.ts";
import { fileKept } from "./file-kept.ts";
import { archiveHolds, checksumsHold } from "./look-at-data.ts";
import { looking } from "./looking.ts";
import { sqlAnswer } from "./sql-answer.ts";
import type { EndOfDrill, Finding, Looking } from "./looking.ts";
import { reachedFromOutside } from "./reached-from-outside.ts";
import { plainStepId } from "./step-id.ts";

const nothing = z.strictObject({});
const CONNECT_TIMEOUT_MS = 2000;
/** Whoever writes every tenth of a second has written by then. */
const STILL_MS = 1000;
const FETCH_TIMEOUT_MS = 5000;
const FILE_BYTES_SHOWN = 200;

/** Each looks by itself, never by what Firebreak says of the same thing. */
const KINDS: Readonly<Record<string, Looking>> = {
  agents_idle: agentsIdle,
  decrypted,
  file_kept: fileKept,
  calls_denied: callsDenied,
  reached_from_outside: reachedFromOutside,
  sql_answer: sqlAnswer,
  agents_gone: looking(nothing, async ({ sandbox }) => {
    const left = findAgentProcesses(sandbox.home);
    return {
      held: left.length === 0,
      found: left.length === 0 ? "no process of an agent" : `left: ${left.join(", ")}`,
    };
  }),
  file_still: looking(z.strictObject({ path: z.string() }), async (_end, { path }) => {
    const before = statSync(path).size;
    await sleep(STILL_MS);
    const grown = statSync(path).size - before;
    return { held: before > 0 && grown === 0, found: `${before} bytes, and ${grown} more after ${STILL_MS} ms` };
  }),
  checksums: checksumsHold,
  archive_holds: archiveHolds,
  file_grows: looking(z.strictObject({ path: z.string() }), async (_end, { path }) => {
    const before = statSync(path).size;
    await sleep(STILL_MS);
    const grown = statSync(path).size - before;
    return { held: grown > 0, found: `${grown} bytes more after ${STILL_MS} ms` };
  }),
  lines_held: looking(
    z.strictObject({ path: z.string(), of: z.string().default(""), after: z.string(), until: z.string() }),
    async ({ incident }, { path, of, after, until }) => {
      const times = readTimes(path, of);
      const [from, to] = [momentOf(incident, after, "endedAt"), momentOf(incident, until, "startedAt")];
      const [before, between] = [times.filter((ms) => ms < from), times.filter((ms) => ms > from && ms < to)];
      const found = `${before.length} line(s) before ${after}, ${between.length} from then until ${until}`;
      return { held: before.length > 0 && to > from && between.length === 0, found };
    },
  ),
  stops_verified: looking(nothing, async ({ incident }) => {
    const stops = incident.stops.filter(({ hold }) => hold.level !== "deny");
    const unproved = stops.filter(({ verified }) => !verified);
    const found = `${stops.length - unproved.length} of ${stops.length} proved`;
    return { held: stops.length > 0 && unproved.length === 0, found };
  }),
  evidence_intact: looking(
    z.strictObject({ archives: z.number().int().min(1).default(1) }),
    async (end, { archives }) => {
      const verdicts = await Promise.all(end.incident.evidence.map(({ directory }) => verifyArchive(directory)));
      const intact = verdicts.filter((verdict) => verdict.intact && verdict.items > 0).length;
      return {
        held: intact >= archives && intact === verdicts.length,
        found: `${intact} of ${verdicts.length} archives intact`,
      };
    },
  ),
  evidence_before_kill: looking(nothing, async ({ incident }) => {
    const kill = incident.stops.find(({ hold }) => hold.level === "kill");
    const first = incident.evidence.map(({ collectedAt }) => Date.parse(collectedAt)).toSorted((a, b) => a - b)[0];
    if (kill === undefined || first === undefined) return { held: false, found: "no kill, or no evidence" };
    const ms = Date.parse(kill.completedAt) - first;
    return { held: ms >= 0, found: `evidence ${Math.abs(ms)} ms ${ms >= 0 ? "before" : "after"} the kill` };
  }),
  told: looking(z.strictObject({ messages: z.number().int().min(1).default(1) }), async ({ sandbox }, { messages }) => {
    const { received } = sandbox.catcher;
    return { held: received.length >= messages, found: `${received.length} message(s): ${subjectsOf(received)}` };
  }),
  file: looking(
    z.strictObject({
      path: z.string(),
      exists: z.boolean().default(true),
      contains: z.string().optional(),
      lacks: z.string().optional(),
    }),
    async (_end, { path, exists, contains, lacks }) => {
      if (!existsSync(path)) return { held: !exists, found: "it does not exist" };
      if (contains === undefined && lacks === undefined) return { held: exists, found: "it exists" };
      const text = readFileSync(path, "utf8");
      const fits =
        (contains === undefined || text.includes(contains)) && (lacks === undefined || !text.includes(lacks));
      return { held: exists && fits, found: text.slice(0, FILE_BYTES_SHOWN) };
    },
  ),
  disk_free: looking(z.strictObject({ path: z.string(), megabytes: z.number() }), async (_end, { path, megabytes }) => {
    const { bavail, bsize } = statfsSync(path);
    const free = (bavail * bsize) / (1024 * 1024);
    return { held: free >= megabytes, found: `${free.toFixed(1)} MB are free` };
  }),
  address_blocked: looking(z.strictObject({ address: z.string() }), async (_end, { address }) => {
    const { stdout } = spawnSync("nft", ["list", "ruleset"], { encoding: "utf8" });
    const isThere = (stdout ?? "").includes(address);
    return { held: isThere, found: isThere ? "the kernel's rules name it" : "no rule of the kernel names it" };
  }),
  tcp: looking(
    z.strictObject({ port: z.number().int(), open: z.boolean().default(true) }),
    async (_end, { port, open }) => {
      const isOpen = await canConnect(port);
      return { held: isOpen === open, found: isOpen ? "it accepts connections" : "it does not accept connections" };
    },
  ),
  http: looking(
    z.strictObject({
      url: z.string(),
      status: z.number().int().default(200),
      /** a key that is shown, or the file that it stands in */
      bearer: z.string().optional(),
      bearerFile: z.string().optional(),
    }),
    async (_end, { url, status, bearer, bearerFile }) => {
      const key = bearerFile === undefined ? bearer : readFileSync(bearerFile, "utf8").trim();
      const response = await fetchLoopback(url, {
        ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      await response.body?.cancel();
      return { held: response.status === status, found: `it answers ${response.status}` };
    },
  ),
};

/** The kinds of check that a drill's file may name. */
export const checkKinds: readonly string[] = Object.keys(KINDS);

/** Looks at everything that must be true at the end; a look that breaks down has not held. */
export async function checkEnd(checks: readonly DrillCheckFile[], end: EndOfDrill): Promise<DrillCheck[]> {
  const results: DrillCheck[] = [];
  for (const { title, kind, with: values } of checks) results.push({ title, ...(await lookAt(kind, values, end)) });
  return results;
}

async function lookAt(kind: string, values: Readonly<Record<string, unknown>>, end: EndOfDrill): Promise<Finding> {
  const one = KINDS[kind];
  if (one === undefined) return { held: false, found: `there is no check ${kind}` };
  try {
    const { held, found } = await one.look(end, fillInAll(values, end.facts));
    return { held, found: found.slice(0, 2000) };
  } catch (fault) {
    return { held: false, found: `it could not be looked at: ${messageOf(fault)}`.slice(0, 2000) };
  }
}

/** @returns the times that the lines with that text begin with */
function readTimes(file: string, text: string): number[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && line.includes(text));
  return lines.map((line) => Date.parse(line.split(" ", 1)[0] ?? ""));
}

/** @throws RangeError when the step has not come to that */
function momentOf({ runs }: IncidentDetail, id: string, which: "startedAt" | "endedAt"): number {
  const steps = runs.flatMap((run) => run.steps);
  const at = (steps.find((step) => step.id === id) ?? steps.find((step) => plainStepId(step.id) === id))?.[which];
  if (at === undefined || at === null) throw new RangeError(`the step ${id} did not come to that`);
  return Date.parse(at);
}

function subjectsOf(received: readonly { readonly subject: string }[]): string {
  return received.map(({ subject }) => subject).join("; ");
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: CONNECT_TIMEOUT_MS });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
