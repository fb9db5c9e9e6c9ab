import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Actor, Hold } from "@firebreak/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { AGENT_TOKEN, startFakeIntake } from "../../../../../test/agents/fake-intake.ts";
import { until } from "../../../../../test/agents/process-trees.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { askSupervisor } from "../control-socket.ts";
import {
  drainSpools,
  enforceDirect,
  enforceHold,
  findSupervisor,
  freezeOrphans,
  liftHold,
  listRegistryProblems,
  listSupervisors,
  listTreeOf,
  pruneSessions,
  runSupervisor,
  sessionPaths,
} from "../index.ts";
import type { SupervisorOptions } from "../index.ts";
import { createTreeHandle, killTree, listTree } from "../process-tree/index.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
const person: Actor = { kind: "person", id: "usr_1", name: "Ada" };
const AGENTS = join(import.meta.dirname, "../../../../../test/agents");

let home = "";
let killswitch: Killswitch;
const running: { sessionId: string; exit: Promise<number>; signals: EventEmitter }[] = [];
const children: ChildProcess[] = [];
const sessionIds: string[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-sup-"));
  killswitch = openKillswitch({ home, clock, newId, logger: silentLogger });
});
afterEach(async () => {
  for (const hold of killswitch.current().holds)
    await killswitch.release(hold.id, { actor: person, reason: "test over" });
  for (const one of running.splice(0)) {
    const ended = one.exit.then(() => true);
    const tick = async () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 10));
    // one that is only starting is not registered yet
    while (!(await Promise.race([ended, tick()]))) {
      await enforceDirect({ home, clock, level: "kill", entries: entriesOf(one.sessionId) });
    }
  }
  for (const child of children.splice(0)) child.kill("SIGKILL");
  const leaked = [];
  for (const sessionId of sessionIds.splice(0)) {
    const handle = createTreeHandle({ sessionId, root: null, supervisor: null, cgroup: null });
    leaked.push(...listTree(handle));
    await killTree(handle, { deadlineMs: 3000, clock });
  }
  killswitch.close();
  rmSync(home, { recursive: true, force: true });
  if (leaked.length > 0) throw new Error(`leaked processes: ${JSON.stringify(leaked)}`);
});

function entriesOf(sessionId: string) {
  const entry = findSupervisor({ home, sessionId });
  return entry === null ? [] : [entry];
}

interface Started {
  readonly sessionId: string;
  readonly exit: Promise<number>;
  readonly signals: EventEmitter;
  output(): string;
  errors(): string;
}

function run(script: string | readonly string[], more: Partial<SupervisorOptions> = {}): Started {
  const sessionId = newId("session");
  sessionIds.push(sessionId);
  const signals = new EventEmitter();
  const stdout = collect();
  const stderr = collect();
  const exit = runSupervisor({
    home,
    agent: "scout",
    pack: "research",
    session: sessionId,
    command: typeof script === "string" ? ["/bin/sh", "-c", script] : script,
    cwd: home,
    env: { PATH: process.env["PATH"], FIREBREAK_TOKEN: "the operator's own" },
    clock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", stdout: stdout.stream, stderr: stderr.stream },
    signals,
    ...more,
  });
  running.push({ sessionId, exit, signals });
  return { sessionId, exit, signals, output: () => stdout.text(), errors: () => stderr.text() };
}

function collect(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

async function started(one: Started, members = 1): Promise<void> {
  await until("the agent runs", () => (listTreeOf({ home, sessionId: one.sessionId })?.length ?? 0) >= members);
}

async function stop(more: Partial<Hold> = {}): Promise<Hold> {
  return killswitch.add({ scope: "agent", target: "scout", level: "freeze", reason: "test", actor: person, ...more });
}

function treeState(sessionId: string): string {
  return listSupervisors({ home }).find((one) => one.sessionId === sessionId)?.tree ?? "unlisted";
}

const FAMILY =
  "sleep 600 & setsid sleep 601 & (setsid sh -c '(sleep 602 &)' &) ; sh -c 'trap \"\" TERM; sleep 603; sleep 604' & wait";

describe("what a person sees", () => {
  test("O-7: output and exit code pass through, the last output is kept, nothing stays behind", async () => {
    const one = run("echo hello; echo oops >&2; exit 7");
    expect(await one.exit).toBe(7);
    expect(one.output()).toBe("hello\n");
    expect(one.errors()).toBe("oops\n");
    const paths = sessionPaths(home, one.sessionId);
    expect(readFileSync(paths.outputLog, "utf8").split("\n").toSorted()).toEqual(["", "hello", "oops"]);
    expect(statSync(paths.outputLog).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(paths.final, "utf8"))).toMatchObject({ exitCode: 7, verified: true, leftovers: [] });
    expect(readdirSync(join(home, "supervisors"))).toEqual([]);
  });

  test("O-7: the agent learns who it is, and never the token of whoever runs it", async () => {
    const one = run("env | grep ^FIREBREAK_ | sort");
    await one.exit;
    expect(one.output().split("\n")).toEqual([
      "FIREBREAK_AGENT=scout",
      `FIREBREAK_KILLSWITCH=${join(home, "killswitch")}`,
      "FIREBREAK_PACK=research",
      `FIREBREAK_SESSION=${one.sessionId}`,
      "",
    ]);
  });

  test("O-7: a command that is not there gives 127, one that may not run 126, a signal 128 + its number", async () => {
    const file = join(home, "data");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    const missing = run(["no-such-command-here"]);
    expect(await missing.exit).toBe(127);
    expect(missing.errors()).toContain("no-such-command-here: command not found");
    expect(await run([file]).exit).toBe(126);
    expect(await run("kill -TERM $$").exit).toBe(143);
  });

  test("C-1: a hold forbids the start; exit code 75 and a message that names it", async () => {
    const hold = await stop({ scope: "pack", target: "research", level: "deny", reason: "prices change" });
    const one = run("echo never");
    expect(await one.exit).toBe(75);
    expect(one.output()).toBe("");
    for (const part of [hold.id, "prices change", "Ada", "research"]) expect(one.errors()).toContain(part);
    expect(existsSync(join(home, "supervisors", `${one.sessionId}.json`))).toBe(false);
  });

  test("O-7: SIGTERM and SIGINT are forwarded to the agent", async () => {
    const one = run("trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.02; done");
    await until("it listens", () => one.output().includes("ready"));
    one.signals.emit("SIGTERM");
    expect(await one.exit).toBe(3);
    expect(one.output()).toContain("term");
  });

  test("O-7: an agent leaves no detached child behind", async () => {
    const one = run("setsid sleep 600 & (setsid sh -c '(sleep 601 &)' &); sleep 0.2; exit 0");
    expect(await one.exit).toBe(0);
    const handle = createTreeHandle({ sessionId: one.sessionId, root: null, supervisor: null, cgroup: null });
    expect(listTree(handle)).toEqual([]);
    const { leftovers } = JSON.parse(readFileSync(sessionPaths(home, one.sessionId).final, "utf8"));
    expect(leftovers.length).toBeGreaterThanOrEqual(2);
  });

  test("the output log keeps the last megabytes only", async () => {
    const one = run("i=0; while [ $i -lt 24 ]; do head -c 1048576 /dev/zero | tr '\\0' x; i=$((i+1)); done; echo end");
    expect(await one.exit).toBe(0);
    const { outputLog } = sessionPaths(home, one.sessionId);
    const bytes = statSync(outputLog).size + statSync(`${outputLog}.1`).size;
    expect(bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(readFileSync(outputLog, "utf8").endsWith("end\n")).toBe(true);
    expect(one.output().length).toBe(24 * 1048576 + 4);
  });
});

describe("telemetry", () => {
  test("D-3: JSON lines of the agent and the supervisor's own events reach the server as the agent's", async () => {
    const intake = await startFakeIntake();
    try {
      const line = JSON.stringify({
        kind: "command",
        data: { command: "ls" },
        agent: { id: "somebody-else", run: "r1" },
      });
      const one = run(`echo '${line}'; echo plain; echo '{"kind":"nonsense"}'; echo "$FIREBREAK_TOKEN"`, {
        server: { url: intake.url, token: "the operator's own" },
        logLines: true,
      });
      expect(await one.exit).toBe(0);
      const of = (kind: string) => intake.events.filter((event) => event.kind === kind);
      const agent = { id: "scout", pack: "research", session: one.sessionId };
      expect(of("command")).toMatchObject([
        { agent: { ...agent, run: "r1" }, data: { command: "ls", claimedAgent: '"somebody-else"' }, source: "stdout" },
      ]);
      expect(of("lifecycle").map((event) => event.data?.["event"])).toEqual(["started", "exited"]);
      expect(of("log").map((event) => event.data?.["text"])).toEqual(["plain", '{"kind":"nonsense"}', AGENT_TOKEN]);
      const tokens = new Map(intake.requests.map((request) => [request.path, request.token]));
      expect(tokens.get("/api/v1/sessions")).toBe("Bearer the operator's own");
      expect(tokens.get("/api/v1/events")).toBe(`Bearer ${AGENT_TOKEN}`);
    } finally {
      await intake.close();
    }
  });

  test("D-3: what was said while the server was away is sent when it is back", async () => {
    const probe = await startFakeIntake();
    await probe.close();
    const port = Number(new URL(probe.url).port);
    const server = { url: probe.url, token: "t" };
    const one = run(
      `i=0; while [ $i -lt 50 ]; do echo '{"kind":"command","data":{"n":'$i'}}'; i=$((i+1)); done; sleep 600`,
      { server },
    );
    const { spool } = sessionPaths(home, one.sessionId);
    await until("it is spooled", () => existsSync(spool) && readFileSync(spool, "utf8").split("\n").length > 50);
    const intake = await startFakeIntake(port);
    try {
      await until("all came", () => intake.events.filter((event) => event.kind === "command").length === 50);
      const ids = intake.events.map((event) => event.id);
      expect(new Set(ids).size).toBe(ids.length);
    } finally {
      await intake.close();
    }
  });
});

test("D-3: a server that comes up after the agent is found, registered with, and told everything", async () => {
  const intake = await startFakeIntake();
  try {
    let asked = 0;
    const server = async () => (++asked > 3 ? { url: intake.url, token: "t" } : null);
    const one = run(`echo '{"kind":"command","data":{"command":"ls"}}'; sleep 600`, { server });
    await until("the event came", () => intake.events.some((event) => event.kind === "command"));
    expect(intake.requests[0]?.path).toBe("/api/v1/sessions");
    expect(JSON.parse(intake.requests[0]?.body ?? "")).toMatchObject({ sessionId: one.sessionId, agentId: "scout" });
  } finally {
    await intake.close();
  }
});

test("D-3: telemetry that an ended session could not send is handed over once, with the batch that failed again", async () => {
  const probe = await startFakeIntake();
  await probe.close();
  const one = run(`echo '{"kind":"command","data":{"command":"ls"}}'`, { server: { url: probe.url, token: "t" } });
  expect(await one.exit).toBe(0);
  await expect(drainSpools({ home, accept: () => Promise.reject(new Error("not yet")) })).rejects.toThrow("not yet");
  let text = "";
  const accept = async (ndjson: Buffer) => {
    text += ndjson.toString();
  };
  expect(await drainSpools({ home, accept })).toBe(3);
  expect(text.split("\n").filter((line) => line.includes('"ls"'))).toHaveLength(1);
  expect(await drainSpools({ home, accept })).toBe(0);
  expect(pruneSessions({ home, nowMs: clock.now() })).toBe(0);
  expect(pruneSessions({ home, nowMs: clock.now() + 31 * 86_400_000 })).toBe(1);
});

describe.each([
  ["in a cgroup", true],
  ["without a cgroup", false],
])("the kill switch on an agent %s", (_, cgroup) => {
  test("C-1: a hold in the journal alone freezes the tree, and its release lets it run again", async () => {
    const one = run("while :; do echo tick; sleep 0.01; done", { cgroup });
    await until("it ticks", () => one.output().length > 20);
    const hold = await stop();
    await until("it is frozen", () => treeState(one.sessionId) === "frozen");
    const deny = await stop({ level: "deny" });
    await killswitch.release(hold.id, { actor: person, reason: "fine" });
    await until("it runs", () => treeState(one.sessionId) === "running");
    const before = one.output().length;
    await until("it ticks again", () => one.output().length > before);
    await killswitch.release(deny.id, { actor: person, reason: "fine" });
    expect(one.errors()).toContain(`scout is frozen by ${hold.id}`);
  });

  test("C-2: enforceHold freezes, then kills, each with proof; the supervisor ends with 137", async () => {
    const one = run(FAMILY, { cgroup });
    await started(one, 6);
    const frozen = await enforceHold({ home, clock, hold: await stop() });
    expect(frozen).toMatchObject([
      {
        sessionId: one.sessionId,
        agentId: "scout",
        pack: "research",
        level: "freeze",
        state: "verified_stopped",
        remaining: [],
      },
    ]);
    const killed = await enforceHold({ home, clock, hold: await stop({ level: "kill" }) });
    expect(killed).toMatchObject([{ level: "kill", state: "verified_stopped", remaining: [] }]);
    expect(await one.exit).toBe(137);
  });

  test("C-2: a supervisor killed with kill -9 leaves a tree that can still be frozen and killed", async () => {
    const entry = bundleEntry(join(AGENTS, "apart.ts"), join(home, "apart.mjs"));
    const sessionId = newId("session");
    sessionIds.push(sessionId);
    const options = JSON.stringify({ home, agent: "scout", session: sessionId, cgroup });
    const args = [entry, "run", options, "/bin/sh", "-c", FAMILY];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    children.push(child);
    await until("the tree stands", () => (listTreeOf({ home, sessionId })?.length ?? 0) >= 6);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(listSupervisors({ home })).toMatchObject([{ sessionId, alive: false, tree: "running" }]);
    expect(await freezeOrphans({ home, clock })).toMatchObject([
      { sessionId, state: "verified_stopped", level: "freeze" },
    ]);
    const hold = await stop();
    expect(await enforceHold({ home, clock, hold })).toMatchObject([{ state: "verified_stopped" }]);
    await killswitch.release(hold.id, { actor: person, reason: "resume" });
    expect(await liftHold({ home, clock, hold, holds: [] })).toEqual([
      { sessionId, agentId: "scout", state: "orphaned" },
    ]);
    expect(treeState(sessionId)).toBe("frozen");
    const killed = await enforceHold({ home, clock, hold: await stop({ level: "kill" }) });
    expect(killed).toMatchObject([{ state: "verified_stopped", remaining: [] }]);
    expect(listSupervisors({ home })).toEqual([]);
  });

  test("C-2: a frozen tree that is set loose from outside is frozen again", async () => {
    const one = run("while :; do sleep 0.01; done", { cgroup });
    await started(one);
    await enforceHold({ home, clock, hold: await stop() });
    const entry = findSupervisor({ home, sessionId: one.sessionId });
    if (entry?.cgroup !== null && entry !== null) writeFileSync(join(entry.cgroup.path, "cgroup.freeze"), "0");
    else for (const { pid } of listTreeOf({ home, sessionId: one.sessionId }) ?? []) process.kill(pid, "SIGCONT");
    await until("it is frozen again", () => treeState(one.sessionId) === "frozen");
    await until("it is told", () => one.errors() !== "");
    expect(one.errors()).toContain("scout is frozen");
  });
});

describe("the control socket", () => {
  test("C-1: nothing that can be asked of a supervisor lifts a stop", async () => {
    const one = run("while :; do sleep 0.01; done");
    await started(one);
    const hold = await stop();
    await enforceHold({ home, clock, hold });
    const path = findSupervisor({ home, sessionId: one.sessionId })?.socketPath ?? "";
    expect(await askSupervisor(path, { op: "thaw" }, 2000)).toEqual({ state: "frozen" });
    expect(treeState(one.sessionId)).toBe("frozen");
    expect(await askSupervisor(path, { op: "status" }, 2000)).toMatchObject({
      sessionId: one.sessionId,
      state: "frozen",
    });
    await killswitch.release(hold.id, { actor: person, reason: "fine" });
    expect(await liftHold({ home, clock, hold, holds: killswitch.current().holds })).toMatchObject([
      { state: "running" },
    ]);
  });

  test("C-2: a hold brought to the supervisor before the journal shows it is enforced", async () => {
    const one = run("while :; do sleep 0.01; done");
    await started(one);
    const path = findSupervisor({ home, sessionId: one.sessionId })?.socketPath ?? "";
    const { epoch } = killswitch.current();
    const hold: Hold = {
      id: newId("hold"),
      epoch: epoch + 1,
      scope: "agent",
      target: "scout",
      level: "freeze",
      reason: "brought",
      actor: person,
      incidentId: null,
      at: "2026-01-01T00:00:00.000Z",
      expiresAt: null,
    };
    expect(await askSupervisor(path, { op: "enforce", hold }, 3000)).toMatchObject({ state: "verified_stopped" });
    expect(treeState(one.sessionId)).toBe("frozen");
  });

  test("the socket works when FIREBREAK_HOME is too long a path for one", async () => {
    const deep = join(home, "x".repeat(90), "y".repeat(40));
    mkdirSync(deep, { recursive: true });
    const one = run("sleep 600", { home: deep });
    await until("it is registered", () => listSupervisors({ home: deep }).some((entry) => entry.tree === "running"));
    const path = findSupervisor({ home: deep, sessionId: one.sessionId })?.socketPath ?? "";
    expect(Buffer.byteLength(path)).toBeLessThan(104);
    expect(await askSupervisor(path, { op: "status" }, 2000)).toMatchObject({ agentId: "scout" });
    const entry = findSupervisor({ home: deep, sessionId: one.sessionId });
    await enforceDirect({ home: deep, clock, level: "kill", entries: entry === null ? [] : [entry] });
    await one.exit;
    expect(existsSync(path)).toBe(false);
  });
});

describe("the registry", () => {
  test("C-2: a deny hold is acknowledged, never called a verified stop", async () => {
    const one = run("sleep 600");
    await started(one);
    const results = await enforceHold({ home, clock, hold: await stop({ level: "deny" }) });
    expect(results).toMatchObject([{ level: "deny", state: "acknowledged" }]);
    expect(treeState(one.sessionId)).toBe("running");
  });

  test("C-2: holds touch only what they cover", async () => {
    const one = run("sleep 600");
    const other = run("sleep 600", { agent: "other", pack: undefined });
    await started(one);
    await started(other);
    const results = await enforceHold({ home, clock, hold: await stop({ scope: "session", target: other.sessionId }) });
    expect(results.map((result) => result.sessionId)).toEqual([other.sessionId]);
    expect([treeState(one.sessionId), treeState(other.sessionId)]).toEqual(["running", "frozen"]);
  });

  test("C-2: an unreadable registry file is reported, and an entry from another host is unreachable, not stopped", async () => {
    const one = run("sleep 600");
    await started(one);
    const { registry } = sessionPaths(home, one.sessionId);
    const entry = JSON.parse(readFileSync(registry, "utf8"));
    writeFileSync(join(home, "supervisors/broken.json"), "{");
    const far = { ...entry, sessionId: "far", host: "another-host" };
    writeFileSync(join(home, "supervisors/far.json"), JSON.stringify(far));
    writeFileSync(join(home, "supervisors/liar.json"), JSON.stringify(entry));
    expect(listRegistryProblems({ home }).map((problem) => problem.file.split("/").at(-1))).toEqual([
      "broken.json",
      "liar.json",
    ]);
    const results = await enforceHold({ home, clock, hold: await stop() });
    expect(new Map(results.map((result) => [result.sessionId, result.state]))).toEqual(
      new Map([
        ["far", "unreachable"],
        [one.sessionId, "verified_stopped"],
      ]),
    );
  });

  test("C-2: a registry entry cannot name a foreign cgroup, nor pids of an earlier start of the system", async () => {
    const bystander = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
    children.push(bystander);
    const one = run("sleep 600");
    await started(one);
    const entry = findSupervisor({ home, sessionId: one.sessionId });
    if (entry === null) throw new Error("not registered");
    const root = { pid: bystander.pid ?? 0, startTime: "0" };
    const old = {
      ...entry,
      sessionId: "old",
      bootId: "earlier",
      root,
      cgroup: { version: 2 as const, path: "/sys/fs/cgroup" },
    };
    const results = await enforceDirect({ home, clock, level: "kill", entries: [old] });
    expect(results).toMatchObject([{ state: "verified_stopped", processes: 0 }]);
    expect(bystander.exitCode).toBeNull();
    expect(treeState(one.sessionId)).toBe("running");
  });
});
