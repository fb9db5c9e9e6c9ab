import { EventEmitter } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { until } from "../../../../test/agents/process-trees.ts";
import {
  agentEffectors,
  defineEffector,
  TOUCHES_NOTHING,
  enforceDirect,
  findSupervisor,
  listSupervisors,
  runSupervisor,
} from "../containment/index.ts";
import type { Effector } from "../containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { checkPlaybook, executeRun, getRun, requestRun } from "./index.ts";
import { readActs } from "./testing/file-effectors.ts";
import { ada } from "./testing/harness.ts";
import { testProfile } from "./testing/profile.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
/** A family with a detached child, an orphaned grandchild and no ear for SIGTERM. */
const FAMILY =
  "sleep 600 & setsid sleep 601 & (setsid sh -c '(sleep 602 &)' &); trap '' TERM; while :; do sleep 0.05; done";

let server: TestDatabase;
let home = "";
let sessionId = "";
let exit: Promise<number> = Promise.resolve(0);

beforeAll(async () => {
  server = await createTestDatabase();
});
afterAll(() => server.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "firebreak-rogue-"));
});
afterEach(async () => {
  const entry = findSupervisor({ home, sessionId });
  await enforceDirect({ home, clock, level: "kill", entries: entry === null ? [] : [entry] });
  await exit;
  rmSync(home, { recursive: true, force: true });
});

function treeState(): string {
  return listSupervisors({ home }).find((one) => one.sessionId === sessionId)?.tree ?? "unlisted";
}

async function startAgent(): Promise<void> {
  sessionId = newId("session");
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
  const identity = { agent: "scout", session: sessionId, command: ["/bin/sh", "-c", FAMILY], cwd: home };
  const stdio = { stdin: "ignore" as const, stdout, stderr };
  const env = { PATH: process.env["PATH"] };
  exit = runSupervisor({
    home,
    ...identity,
    env,
    clock,
    newId,
    logger: silentLogger,
    stdio,
    signals: new EventEmitter(),
  });
  await until("the agent runs", () => treeState() === "running");
}

/** Writes down that it acted and in which state the agent's tree was then. */
function witness(name: string, parameters: z.ZodType): Effector {
  return defineEffector({
    name,
    title: name,
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters,
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async () => [],
    apply: async () => {
      appendFileSync(join(home, "acts"), `${name} while ${treeState()}\n`);
      return { ok: true, output: {}, message: "done" };
    },
    verify: async () => ({ ok: true, output: {}, message: "done" }),
    undo: async () => ({ ok: true, output: {}, message: "done" }),
  });
}

const evidence = z.strictObject({ agentId: z.string(), sessionId: z.string().nullish(), reason: z.string() });
const effectors = new Map(
  [
    ...agentEffectors,
    witness("evidence.collect", evidence),
    witness("notify.send", z.strictObject({ template: z.string() })),
  ].map((effector) => [effector.name, effector]),
);

async function loadShipped() {
  const file = fileURLToPath(new URL("../../../../profiles/ai-empire/playbooks/rogue-agent.yaml", import.meta.url));
  return checkPlaybook(file, await readFile(file, "utf8"), effectors);
}

async function runShipped() {
  const { playbook, problems } = await loadShipped();
  expect(problems).toEqual([]);
  if (!playbook) throw new Error("the shipped playbook does not load");
  const rest = { profile: testProfile, readSecret: async () => undefined };
  const common = { database: server.database, clock, newId, logger: silentLogger, home, effectors, ...rest };
  const verbs = { ...common, actor: ada, playbooks: new Map([[playbook.document.id, playbook]]) };
  const request = { playbookId: "rogue-agent", incidentId: null, inputs: { agentId: "scout", sessionId: null } };
  const { runId } = await inTransaction(server.database, (trx) => requestRun(trx, verbs, request));
  const progress = await executeRun(common, runId);
  return { progress, run: await getRun(server.database, runId) };
}

test("P-3, E-1: the shipped rogue-agent playbook stops a real family of processes, evidence first, with proof", async () => {
  await startAgent();
  const { progress, run } = await runShipped();
  expect(run.steps.map(({ id, state, message }) => ({ id, state, message }))).toEqual(
    ["deny", "freeze", "evidence", "kill", "verify_stopped", "notify"].map((id) => ({
      id,
      state: "succeeded",
      message: expect.any(String),
    })),
  );
  expect(progress).toEqual({ kind: "ended", state: "completed" });
  expect(readActs(home)).toEqual([
    "evidence.collect while frozen",
    expect.stringMatching(/^notify\.send while (gone|unlisted)$/),
  ]);
});

test("P-3: with no agent to stop the shipped playbook tells the team and fails, never completes", async () => {
  const { progress, run } = await runShipped();
  expect(progress).toEqual({ kind: "ended", state: "failed" });
  expect(run.steps.find((step) => step.id === "verify_stopped")?.state).toBe("failed");
  expect(run.steps.find((step) => step.id === "notify")?.state).toBe("succeeded");
});
