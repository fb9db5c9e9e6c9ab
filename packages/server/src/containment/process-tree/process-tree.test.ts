import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestTree } from "../../../../../test/agents/process-trees.ts";
import { FREEZER_V1, startTestTree, until } from "../../../../../test/agents/process-trees.ts";
import { systemClock } from "../../kernel/index.ts";
import type { ProcessEntry, TreeHandle } from "./index.ts";
import {
  createTreeHandle,
  freezeTree,
  freezeTrees,
  killTree,
  killTrees,
  listTree,
  observeTree,
  readCommandLine,
  readProcess,
  snapshotProcesses,
  thawTree,
} from "./index.ts";

const options = { deadlineMs: 3000, clock: systemClock };
const trees: TestTree[] = [];
let dir = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-tree-"));
});
afterEach(async () => {
  const ended = await Promise.allSettled(trees.splice(0).map((tree) => tree.end()));
  rmSync(dir, { recursive: true, force: true });
  const failed = ended.filter((result) => result.status === "rejected");
  if (failed.length > 0) throw new AggregateError(failed.map((result) => result.reason));
});

function start(script: string, withCgroup: boolean | "v1"): TestTree {
  const tree = startTestTree(script, withCgroup);
  trees.push(tree);
  return tree;
}

async function withMembers(tree: TestTree, count: number): Promise<void> {
  await until(`${count} members`, () => listTree(tree.handle).length >= count);
}

function commands(handle: TreeHandle): string[] {
  return listTree(handle)
    .map((entry) => entry.command)
    .toSorted();
}

/** Children, grandchildren, one in its own session, one double-forked and given to init, one deaf to SIGTERM. */
const FAMILY = `
  sleep 600 &
  sh -c 'sleep 601 & sleep 602 & wait' &
  setsid sleep 603 &
  ( ( exec sleep 604 ) & )
  ( setsid sh -c '( sleep 605 & ) ; exec sleep 606' & )
  sh -c 'trap "" TERM; while :; do sleep 0.05; done' &
  wait`;
const FAMILY_SIZE = 10;

const KINDS: [string, boolean | "v1"][] = [
  ["in a cgroup", true],
  ["without a cgroup", false],
];
if (FREEZER_V1 !== null) KINDS.push(["in a freezer of version 1", "v1"]);

describe.each(KINDS)("a tree %s", (_, withCgroup) => {
  test("C-2: freeze stops every member, also the detached and the reparented, and says how it knows", async () => {
    const tree = start(FAMILY, withCgroup);
    await withMembers(tree, FAMILY_SIZE);
    const result = await freezeTree(tree.handle, options);
    expect(result).toMatchObject({ verified: true, remaining: [] });
    expect(result.proof).toBe(withCgroup ? "cgroup frozen" : "process states");
    expect(result.processes).toBeGreaterThanOrEqual(FAMILY_SIZE);
    expect(observeTree(tree.handle).state).toBe("frozen");
  });

  test("C-2: a frozen tree does nothing, and goes on after thaw", async () => {
    const file = join(dir, "ticks");
    const tree = start(`while :; do echo x >>'${file}'; sleep 0.01; done`, withCgroup);
    await until("ticks", () => existsSync(file) && statSync(file).size > 4);
    expect((await freezeTree(tree.handle, options)).verified).toBe(true);
    const before = statSync(file).size;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(statSync(file).size).toBe(before);
    expect((await freezeTree(tree.handle, options)).verified).toBe(true);
    expect((await thawTree(tree.handle, options)).verified).toBe(true);
    await until("more ticks", () => statSync(file).size > before);
    expect((await thawTree(tree.handle, options)).verified).toBe(true);
  });

  test("C-2: kill leaves nothing of a running tree", async () => {
    const tree = start(FAMILY, withCgroup);
    await withMembers(tree, FAMILY_SIZE);
    const before = listTree(tree.handle);
    const result = await killTree(tree.handle, options);
    expect(result).toMatchObject({ verified: true, remaining: [] });
    const alive = before.filter(({ pid, startTime }) => isAlive(readProcess(pid), startTime));
    expect(alive).toEqual([]);
    expect((await killTree(tree.handle, options)).verified).toBe(true);
  });

  test("C-2: kill works on a frozen tree", async () => {
    const tree = start(FAMILY, withCgroup);
    await withMembers(tree, FAMILY_SIZE);
    await freezeTree(tree.handle, options);
    expect(await killTree(tree.handle, options)).toMatchObject({ verified: true, remaining: [] });
  });

  test("C-2: a tree that forks as fast as it can is frozen and killed", async () => {
    const storm =
      "storm() { i=0; while [ $i -lt 3000 ]; do sleep 0.02 & i=$((i+1)); done; wait; }; storm & storm & wait";
    const frozen = start(storm, withCgroup);
    const killed = start(storm, withCgroup);
    await withMembers(frozen, 8);
    await withMembers(killed, 8);
    expect(await freezeTree(frozen.handle, options)).toMatchObject({ verified: true, remaining: [] });
    expect(await killTree(killed.handle, options)).toMatchObject({ verified: true, remaining: [] });
    const still = commands(frozen.handle);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(commands(frozen.handle)).toEqual(still);
  });

  test("C-2: a tree whose root is gone is still found by its session's marker", async () => {
    const tree = start("setsid sleep 600 & setsid sleep 601 & exit 0", withCgroup);
    await until(
      "the root is gone",
      () => !isAlive(readProcess(tree.handle.root?.pid ?? 0), tree.handle.root?.startTime ?? ""),
    );
    const blind = createTreeHandle({ sessionId: tree.sessionId, root: null, supervisor: null, cgroup: null });
    await until("both are found", () => listTree(blind).length === 2);
    expect((await killTree(blind, options)).verified).toBe(true);
    expect(listTree(tree.handle)).toEqual([]);
  });

  test("C-2: a child that drops its environment, its parent and its session is remembered from before", async () => {
    const lateFugitive = "sleep 0.2; sleep 600 & exit";
    const tree = start(`(env -i setsid sh -c '${lateFugitive}' & sleep 0.1) & exec sleep 601`, withCgroup);
    const fugitives = () => listTree(tree.handle).filter((entry) => readProcess(entry.pid)?.ppid === 1);
    await until("its parent is gone", () => fugitives().some((entry) => entry.command === "sleep"));
    const result = await killTree(tree.handle, options);
    expect(result).toMatchObject({ verified: true, remaining: [] });
  });
});

function isAlive(entry: ProcessEntry | null, startTime: string): boolean {
  return entry !== null && entry.startTime === startTime && entry.state !== "Z";
}

test("C-2: processes that moved out of the cgroup are frozen and killed all the same (needs root)", async () => {
  const tree = start(FAMILY, true);
  await withMembers(tree, FAMILY_SIZE);
  const { cgroup } = tree.handle;
  const top = (cgroup?.path ?? "").split("/firebreak/")[0] ?? "";
  const fugitives = listTree(tree.handle).filter((entry) => readCommandLine(entry.pid).startsWith("sleep 60"));
  for (const { pid } of fugitives) writeFileSync(join(top, "cgroup.procs"), String(pid));
  const result = await freezeTree(tree.handle, options);
  expect(result).toMatchObject({ verified: true, proof: "cgroup frozen and process states" });
  expect(await killTree(tree.handle, options)).toMatchObject({ verified: true, remaining: [] });
});

test("C-2: a reused pid is never touched", async () => {
  const bystander = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
  const pid = bystander.pid ?? 0;
  const handle = createTreeHandle({
    sessionId: "ses_reused",
    root: { pid, startTime: "1" },
    supervisor: null,
    cgroup: null,
    seen: [[pid, "1"]],
  });
  expect(await killTree(handle, options)).toMatchObject({ verified: true, processes: 0 });
  expect(readProcess(pid)?.state).toMatch(/[SR]/);
  bystander.kill("SIGKILL");
  await once(bystander, "exit");
});

test("C-2: the supervisor, this process and the first process are never members", async () => {
  const self = snapshotProcesses().get(process.pid);
  const supervisor = self === undefined ? null : { pid: self.pid, startTime: self.startTime };
  const handle = createTreeHandle({ sessionId: "ses_self", root: supervisor, supervisor, cgroup: null });
  const pids = listTree({ ...handle, seen: new Map([[1, snapshotProcesses().get(1)?.startTime ?? ""]]) }).map(
    (entry) => entry.pid,
  );
  expect(pids).not.toContain(process.pid);
  expect(pids).not.toContain(1);
});

test("C-2: a process stopped by a tracer outside the tree does not count as frozen", async () => {
  const gdbLike = `import ctypes,os,sys,time
libc=ctypes.CDLL(None)
pid=int(sys.argv[1])
libc.ptrace(16,pid,0,0)
os.waitpid(pid,0)
open(sys.argv[2],'w').write('x')
time.sleep(600)`;
  const tree = start("sleep 600", false);
  await withMembers(tree, 1);
  const ready = join(dir, "traced");
  const tracer = spawn("python3", ["-c", gdbLike, String(tree.handle.root?.pid), ready], { stdio: "ignore" });
  try {
    await until("the tracer holds it", () => existsSync(ready));
    const result = await freezeTree(tree.handle, { ...options, deadlineMs: 100 });
    expect(result.verified).toBe(false);
    expect(result.remaining).toHaveLength(1);
  } finally {
    tracer.kill("SIGKILL");
    await once(tracer, "exit");
  }
});

test("C-2: ten trees of ten processes are frozen and killed in one go", async () => {
  const script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 600 & done; wait";
  const ten = Array.from({ length: 10 }, () => start(script, true));
  for (const tree of ten) await withMembers(tree, 10);
  const handles = ten.map((tree) => tree.handle);
  const frozen = await freezeTrees(handles, options);
  expect(frozen.every((result) => result.verified && result.processes === 10)).toBe(true);
  const killed = await killTrees(handles, options);
  expect(killed.every((result) => result.verified)).toBe(true);
});

test("C-2: a deadline that is too short is said, not hidden", async () => {
  const tree = start(FAMILY, false);
  await withMembers(tree, FAMILY_SIZE);
  const result = await freezeTree(tree.handle, { ...options, deadlineMs: 0 });
  expect(result.verified).toBe(false);
  expect(result.proof).toContain("deadline");
});
