import { spawn, spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import type { HoldLevel, ProcessIdentity, StopResult } from "@firebreak/protocol";
import { stopResult } from "@firebreak/protocol";
import {
  enforceDirect,
  enforceHold,
  findSupervisor,
  listSupervisors,
  listTreeOf,
  readProcess,
  runSupervisor,
} from "../../packages/server/src/containment/index.ts";
import type { SupervisorOptions } from "../../packages/server/src/containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import type { Killswitch } from "../../packages/server/src/killswitch/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";
import { findProcessesWith } from "../harness/processes.ts";
import { bundleEntry } from "./bundle-entry.ts";
import { until } from "./process-trees.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
const NOBODY = 65534;

/** An agent under supervision. */
export interface WardAgent {
  readonly sessionId: string;
  readonly exit: Promise<number>;
  /** of a supervisor in a process of its own */
  readonly supervisorPid: number | null;
  readonly signals: EventEmitter;
  output(): string;
  errors(): string;
  tree(): readonly ProcessIdentity[];
  state(): string;
  /** the directory of its cgroup */
  group(): string | null;
  /** waits until the agent has printed this */
  says(text: string): Promise<void>;
}

/** @returns those of the processes that are still there */
export function living(processes: readonly ProcessIdentity[]): ProcessIdentity[] {
  return processes.filter(({ pid, startTime }) => {
    const now = readProcess(pid);
    return now?.startTime === startTime && now.state !== "Z";
  });
}

export interface ManyRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly isolate?: readonly string[];
}

/** A home with supervised agents in it, for tests that let them try to get out. */
export interface Ward {
  readonly home: string;
  killswitch(): Killswitch;
  /** in this process */
  run(command: string | readonly string[], more?: Partial<SupervisorOptions>): WardAgent;
  /** in a process of its own, as the user that the home belongs to */
  runApart(
    command: string | readonly string[],
    more?: object,
    env?: NodeJS.ProcessEnv,
    enter?: readonly string[],
  ): WardAgent;
  /** many of them, each under a supervisor, in one process as the user that the home belongs to */
  runMany(requests: readonly ManyRequest[]): WardAgent[];
  /** stops the agent `scout` in this process */
  stop(level?: HoldLevel): Promise<StopResult[]>;
  /** stops the agent `scout` as the user that the home belongs to */
  stopApart(level?: HoldLevel): StopResult[];
  /** runs a program as the user that the home belongs to, with these lines before it */
  asUser(command: readonly string[]): string[];
  /** ends everything. @throws Error that names what could not be ended */
  end(): Promise<void>;
}

export function openWard({ user }: { user: "root" | "nobody" }): Ward {
  const home = mkdtempSync(join(tmpdir(), "fb-ward-"));
  const program = bundleEntry(join(import.meta.dirname, "apart.ts"), join(home, "apart.mjs"));
  if (user === "nobody") {
    chownSync(home, NOBODY, NOBODY);
    chmodSync(program, 0o644);
  }
  let killswitch: Killswitch | null = null;
  const agents: WardAgent[] = [];
  const asUser = (command: readonly string[]) =>
    user === "root"
      ? [...command]
      : ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...command];
  const add = (agent: WardAgent): WardAgent => {
    agents.push(agent);
    return agent;
  };
  const ward: Ward = {
    home,
    // not before it is asked for: what root makes in a home that is not its own, the owner cannot use
    killswitch: () => (killswitch ??= openKillswitch({ home, clock, newId, logger: silentLogger })),
    asUser,
    run: (command, more = {}) => add(runHere(ward, shell(command), more)),
    runApart: (command, more = {}, env = {}, enter = []) => {
      const options = JSON.stringify({ agent: "scout", ...more });
      return add(
        runApart(ward, [...enter, ...asUser([process.execPath, program, "run"])], options, shell(command), env),
      );
    },
    runMany: (requests) => runMany(ward, asUser([process.execPath, program, "many"]), requests).map(add),
    stop: async (level = "freeze") => enforceHold({ home, clock, hold: await ward.killswitch().add(holdOn(level)) }),
    stopApart: (level = "freeze") => {
      const options = JSON.stringify({ home, agent: "scout", level });
      const [file = "", ...args] = asUser([process.execPath, program, "stop", options]);
      const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8", cwd: home });
      if (stdout === "") throw new Error(stderr);
      return stopResult.array().parse(JSON.parse(stdout));
    },
    end: async () => {
      killswitch?.close();
      await endWard(ward, agents);
    },
  };
  return ward;
}

function holdOn(level: HoldLevel) {
  const actor = { kind: "person", id: "usr_1", name: "Ada" } as const;
  return { scope: "agent", target: "scout", level, reason: "test", actor, incidentId: null } as const;
}

function shell(command: string | readonly string[]): readonly string[] {
  return typeof command === "string" ? ["/bin/sh", "-c", command] : command;
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function agentOf(
  { home }: Ward,
  parts: Pick<WardAgent, "sessionId" | "exit" | "supervisorPid" | "signals" | "output" | "errors">,
): WardAgent {
  const { sessionId, output, errors } = parts;
  return {
    ...parts,
    tree: () => listTreeOf({ home, sessionId }) ?? [],
    state: () => listSupervisors({ home }).find((one) => one.sessionId === sessionId)?.tree ?? "unlisted",
    group: () => findSupervisor({ home, sessionId })?.cgroup?.path ?? null,
    says: async (text) => {
      await until(`the agent says ${text}`, () => output().includes(text)).catch((fault: unknown) => {
        throw new Error(`it said: ${output()}${errors()}`, { cause: fault });
      });
    },
  };
}

function runHere(ward: Ward, command: readonly string[], more: Partial<SupervisorOptions>): WardAgent {
  const sessionId = newId("session");
  const signals = new EventEmitter();
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = collect(streams.stdout);
  const errors = collect(streams.stderr);
  const exit = runSupervisor({
    home: ward.home,
    agent: "scout",
    session: sessionId,
    command,
    cwd: ward.home,
    env: { PATH: process.env["PATH"] },
    clock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", ...streams },
    signals,
    ...more,
  });
  return agentOf(ward, { sessionId, exit, supervisorPid: null, signals, output, errors });
}

function runApart(
  ward: Ward,
  before: readonly string[],
  options: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): WardAgent {
  const sessionId = newId("session");
  const more = JSON.stringify({ ...JSON.parse(options), home: ward.home, session: sessionId });
  const [file = "", ...args] = before;
  const child = spawn(file, [...args, more, ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: ward.home,
    env: { PATH: process.env["PATH"], ...env },
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const exit = once(child, "exit").then(([code]) => Number(code ?? -1));
  const signals = new EventEmitter();
  return agentOf(ward, { sessionId, exit, supervisorPid: child.pid ?? null, signals, output, errors });
}

function runMany(ward: Ward, before: readonly string[], requests: readonly ManyRequest[]): WardAgent[] {
  const { home } = ward;
  const agents = requests.map((request) => ({ ...request, session: newId("session") }));
  const [file = "", ...args] = before;
  const options = JSON.stringify({ home, agents });
  const child = spawn(file, [...args, options], { stdio: ["ignore", "ignore", "inherit"], cwd: home });
  const exit = once(child, "exit").then(([code]) => Number(code ?? -1));
  const read = (name: string) => {
    const path = join(home, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  return agents.map(({ session }) =>
    agentOf(ward, {
      sessionId: session,
      exit,
      supervisorPid: child.pid ?? null,
      signals: new EventEmitter(),
      output: () => read(`out.${session}`),
      errors: () => read(`err.${session}`),
    }),
  );
}

async function endWard(ward: Ward, agents: readonly WardAgent[]): Promise<void> {
  const { home } = ward;
  for (const agent of agents) {
    const ended = agent.exit.then(() => true);
    const tick = async () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 10));
    const startMs = clock.monotonicMs();
    // one that is only starting is not registered yet
    while (!(await Promise.race([ended, tick()])) && clock.monotonicMs() - startMs < 10_000) {
      const entry = findSupervisor({ home, sessionId: agent.sessionId });
      await enforceDirect({ home, clock, level: "kill", entries: entry === null ? [] : [entry] });
    }
  }
  const left = agents.flatMap(({ sessionId }) => findProcessesWith(`FIREBREAK_SESSION=${sessionId}`));
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  rmSync(home, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
}
