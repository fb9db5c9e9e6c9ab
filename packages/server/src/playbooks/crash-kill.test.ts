import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { answer, executeToEnd } from "./testing/end-run.ts";
import { readActs } from "./testing/file-effectors.ts";
import { createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, playbookText } from "./testing/playbook-text.ts";
import { SAMPLE_ACTS, SAMPLE_CALLED, SAMPLE_TREE } from "./testing/sample-tree.ts";

let server: TestDatabase;
let harness: Harness;
let place: string;
let program: string;

beforeAll(async () => {
  server = await createTestDatabase();
  harness = createHarness(server.database);
  place = mkdtempSync(join(tmpdir(), "firebreak-kill-"));
  program = bundleEntry(join(import.meta.dirname, "test-programs/execute-run.ts"), join(place, "program.mjs"));
});
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  harness.close();
  await server.close();
});

const FLAT_ACTS = Array.from({ length: 12 }, (_, index) => ({ name: `s${index}`, once: index % 3 === 1 }));
const FLAT = playbookText(
  FLAT_ACTS.map(({ name, once: isOnce }) => {
    const effector = isOnce ? "file.append" : "file.write";
    return actionFields(name, { effector, with: { name: `\${inputs.tag}-${name}`, behaviour: "slow" } });
  }),
  { inputs: { tag: { type: "string" } } },
);

interface Victim {
  readonly runId: string;
  readonly tag: string;
  readonly acts: typeof SAMPLE_ACTS;
  /** how often it was being executed when the process was killed */
  struck: number;
}

let tags = 0;

async function request(): Promise<Victim> {
  tags += 1;
  const tag = `t${tags}`;
  const isTree = tags % 3 !== 0;
  const options = { inputs: { tag }, calls: isTree ? [SAMPLE_CALLED] : [] };
  const runId = await harness.request(isTree ? SAMPLE_TREE : FLAT, options);
  return { runId, tag, acts: isTree ? SAMPLE_ACTS : FLAT_ACTS, struck: 0 };
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, server.databaseUrl, harness.home], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await hear(child);
  return child;
}

/** The next that a process says. */
async function hear(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("the process has no output");
  const said = once(child.stdout, "data");
  const gone = once(child, "exit").then(() => {
    throw new Error("the process ended by itself");
  });
  await Promise.race([said, gone]);
  gone.catch(() => {});
}

/** Lets a process execute runs, kills it some time after so many acts, and waits until it is gone. */
async function strike(child: ChildProcess, runs: readonly Victim[], acts: number, delayMs: number): Promise<void> {
  const exited = once(child, "exit");
  const enough = readActs(harness.home).length + acts;
  child.stdin?.write(`${runs.map(({ runId }) => runId).join(" ")}\n`);
  await hear(child);
  for (const started = performance.now(); readActs(harness.home).length < enough;) {
    if (performance.now() - started > 10_000) throw new Error("the process does nothing");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill("SIGKILL");
  await exited;
}

/** @returns what happened in a run that ended which must not have */
async function findFaults({ runId, tag, acts, struck }: Victim): Promise<string[]> {
  const { state, steps } = await harness.view(runId);
  const done = readActs(harness.home);
  const faults = state === "completed" ? [] : [`${tag} ended ${state}`];
  for (const { name, once: isOnce } of acts) {
    const count = done.filter((act) => act === `apply ${tag}-${name}`).length;
    if (count < 1 || count > (isOnce ? 1 : 1 + struck)) faults.push(`${tag}-${name} happened ${count} times`);
  }
  const open = steps.filter((step) => !["succeeded", "skipped"].includes(step.state));
  return [...faults, ...open.map((step) => `${tag}: ${step.id} is ${step.state}`)];
}

const AT_ONCE = 12;
const STRUCK_MIN = 200;

test(
  "P-1: kill -9 strikes runs at more than 200 random instants; each resumes at its step, and nothing is done twice that must not be",
  { timeout: 120_000 },
  async () => {
    const ended: Victim[] = [];
    let open = await Promise.all(Array.from({ length: AT_ONCE }, request));
    let struck = 0;
    const places = new Set<number>();
    let next = start();
    for (let round = 0; struck < STRUCK_MIN && round < 100; round++) {
      const child = await next;
      next = start();
      await strike(child, open, 1 + ((round * 7) % 16), (round * 5) % 17);
      const left: Victim[] = [];
      for (const victim of open) {
        const { state } = await harness.view(victim.runId);
        if (state === "completed") ended.push(victim);
        else left.push({ ...victim, struck: victim.struck + 1 });
      }
      struck += left.length;
      places.add(readActs(harness.home).length);
      for (const { runId } of left) while (await answer(harness, runId));
      open = [...left, ...(await Promise.all(Array.from({ length: AT_ONCE - left.length }, request)))];
    }
    (await next).kill("SIGKILL");
    expect(struck).toBeGreaterThanOrEqual(STRUCK_MIN);
    // the kills struck in the middle of the work, each at another place of it
    expect(places.size).toBeGreaterThan(8);
    await Promise.all(open.map(({ runId }) => executeToEnd(harness, runId)));
    const faults = await Promise.all([...ended, ...open].map(findFaults));
    expect(faults.flat()).toEqual([]);
  },
);
