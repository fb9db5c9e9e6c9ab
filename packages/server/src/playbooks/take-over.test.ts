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
import { readActs } from "./testing/file-effectors.ts";
import { createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, playbookText } from "./testing/playbook-text.ts";

let server: TestDatabase;
let harness: Harness;
let place: string;
let program: string;
const nodes: ChildProcess[] = [];

beforeAll(async () => {
  server = await createTestDatabase();
  harness = createHarness(server.database);
  place = mkdtempSync(join(tmpdir(), "firebreak-nodes-"));
  program = bundleEntry(join(import.meta.dirname, "test-programs/node.ts"), join(place, "program.mjs"));
});
afterAll(async () => {
  await Promise.all(nodes.map(end));
  rmSync(place, { recursive: true, force: true });
  harness.close();
  await server.close();
});

async function startNode(name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, server.databaseUrl, harness.home, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  nodes.push(child);
  await once(child.stdout, "data");
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const STEPS = Array.from({ length: 100 }, (_, index) =>
  actionFields(`s${index}`, { with: { name: `\${inputs.tag}-${index}`, behaviour: "slow" } }),
);
const TEXT = playbookText(STEPS, { inputs: { tag: { type: "string" } } });

function countOf(tag: string): number {
  return readActs(harness.home).filter((act) => act.includes(tag)).length;
}

/** What the requirement gives: a node that is gone is noticed after eight seconds, and then its work is free. */
const TAKEN_OVER_WITHIN_MS = 15_000;

test(
  "P-1: runs of a killed node are taken over by another one within 15 seconds and completed",
  { timeout: 60_000 },
  async () => {
    const first = await startNode("first");
    const runs = await Promise.all(
      Array.from({ length: 4 }, (_, index) => harness.request(TEXT, { inputs: { tag: `r${index}` } })),
    );
    await expect.poll(() => readActs(harness.home).length, { timeout: 15_000, interval: 2 }).toBeGreaterThan(20);
    await startNode("second");
    await end(first);
    const readStates = () => Promise.all(runs.map(async (runId) => (await harness.view(runId)).state));
    const struck = (await readStates()).flatMap((state, index) => (state === "running" ? [`r${index}-`] : []));
    expect(struck.length).toBeGreaterThan(0);
    const before = struck.map(countOf);
    const goOn = () => struck.every((tag, index) => countOf(tag) > (before[index] ?? 0));
    await expect.poll(goOn, { timeout: TAKEN_OVER_WITHIN_MS, interval: 50 }).toBe(true);
    await expect.poll(readStates, { timeout: 30_000, interval: 100 }).toEqual(runs.map(() => "completed"));
    const repeats = struck.map((tag) => countOf(tag) - STEPS.length);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(1);
  },
);
