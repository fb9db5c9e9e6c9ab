import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isId } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { getIncident, reportIncident } from "../incidents/index.ts";
import { createTestContext } from "../incidents/testing.ts";
import { silentLogger, systemClock } from "../kernel/index.ts";
import { inTransaction, openDatabase } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { deriveRunId, executeRun, listRuns, loadPlaybooks, previewRun, requestRun, viewPlaybook } from "./index.ts";
import { fileEffectors, readActs } from "./testing/file-effectors.ts";
import { createHarness, loadText } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "./testing/playbook-text.ts";

let server: TestDatabase;
let harness: Harness;

beforeAll(async () => {
  server = await createTestDatabase();
});
afterAll(() => server.close());
beforeEach(() => {
  harness = createHarness(server.database);
});
afterEach(() => harness.close());

async function openIncident(): Promise<string> {
  const ctx = await createTestContext(server.database);
  return (await reportIncident(ctx, { title: "Rogue", severity: 1, type: "agent_runaway" })).id;
}

function withPlaybook(text: string) {
  const playbook = loadText(text);
  return { ...harness.ctx, playbooks: new Map([[playbook.document.id, playbook]]) };
}

describe("a request for a run", () => {
  test("repeated for the same incident and playbook makes one run", async () => {
    const incidentId = await openIncident();
    const runId = deriveRunId(incidentId, "test-book");
    expect(isId("run", runId)).toBe(true);
    expect(deriveRunId(incidentId, "other-book")).not.toBe(runId);
    const ctx = withPlaybook(playbookText([actionFields("one")]));
    const request = { playbookId: "test-book", incidentId, inputs: {}, runId };
    const made = await Promise.all(
      [1, 2, 3, 4].map(() => inTransaction(server.database, (trx) => requestRun(trx, ctx, request))),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await listRuns(server.database, { incidentId })).toHaveLength(1);
  });

  test("with inputs that do not fit is refused, field by field", async () => {
    const inputs = {
      who: { type: "string" },
      count: { type: "number", default: 2 },
      more: { type: "boolean", required: false },
    };
    const text = playbookText([actionFields("one", { with: { name: "${inputs.who}" } })], { inputs });
    const refused = harness.request(text, { inputs: { count: "many", other: 1 } });
    await expect(refused).rejects.toMatchObject({
      code: "invalid_body",
      errors: [{ where: "/inputs/who" }, { where: "/inputs/count" }, { where: "/inputs/other" }],
    });
    const runId = await harness.request(text, { inputs: { who: "ada" } });
    await harness.execute(runId);
    expect(readActs(harness.home)).toEqual(["apply ada"]);
  });

  test("without an incident is refused when the playbook speaks of one", async () => {
    const asked = harness.request(playbookText([actionFields("one", { with: { name: "${incident.id}" } })]));
    await expect(asked).rejects.toMatchObject({ code: "invalid_body" });
  });

  test("of a playbook that is not there names those that are", async () => {
    const ctx = withPlaybook(playbookText([actionFields("one")]));
    const asked = inTransaction(server.database, (trx) =>
      requestRun(trx, ctx, { playbookId: "ghost", incidentId: null, inputs: {} }),
    );
    await expect(asked).rejects.toThrow(/ghost.*test-book/);
  });
});

test("the incident's timeline and the audit log tell every step and the end, once", async () => {
  const incidentId = await openIncident();
  const bad = actionFields("bad", { with: { name: "bad", behaviour: "failed" }, onFailure: "continue" });
  const runId = await harness.request(playbookText([actionFields("one"), bad]), { incidentId });
  await harness.execute(runId);
  const { timeline } = await getIncident(await createTestContext(server.database), incidentId);
  const told = timeline.filter((entry) => entry.source === "playbook").map((entry) => entry.text);
  expect(told).toEqual([
    "Do one: succeeded — done",
    "Do bad: failed — it was failed",
    "Test book: completed with exceptions (step failed)",
  ]);
  const audited = await server.database.kysely
    .selectFrom("audit_log")
    .select("action")
    .where("target", "=", runId)
    .execute();
  expect(audited.map((row) => row.action)).toEqual([
    "playbook.request_run",
    "playbook.step",
    "playbook.step",
    "playbook.run",
  ]);
});

test("P-1: a database that goes away while a step runs that must not repeat loses nothing and repeats nothing", async () => {
  const once = actionFields("once", { effector: "file.append" });
  const runId = await harness.request(playbookText([once, actionFields("after")]));
  const append = fileEffectors.get("file.append");
  if (!append) throw new Error("the test's effector is gone");
  const cutting: typeof append = {
    ...append,
    apply: async (ctx, given) => {
      await endOtherConnections();
      return append.apply(ctx, given);
    },
  };
  const ctx = { ...harness.ctx, effectors: new Map([...fileEffectors, ["file.append", cutting]]) };
  // the lock went with its connection, so this executor lets go after the step
  await expect(executeRun(ctx, runId)).rejects.toMatchObject({ code: "shutting_down" });
  expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
  expect(readActs(harness.home)).toEqual(["apply once", "apply after"]);
});

/** Waits until they are gone, 10 s each at most. */
async function endOtherConnections(): Promise<void> {
  await server.database.pool.query(
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
}

describe("two processes and one run", () => {
  let other: Database;
  beforeEach(async () => {
    const place = { databaseUrl: server.databaseUrl, home: harness.home, clock: systemClock, logger: silentLogger };
    other = await openDatabase({ ...place, migrate: false });
  });
  afterEach(() => other.close());

  test("P-1: the second waits a moment for the first, and then finds the work done", async () => {
    const slow = actionFields("slow", { effector: "file.append", with: { name: "slow", behaviour: "slow" } });
    const runId = await harness.request(playbookText([slow, actionFields("after")]));
    const both = await Promise.all([harness.execute(runId), executeRun({ ...harness.ctx, database: other }, runId)]);
    expect(both).toEqual([
      { kind: "ended", state: "completed" },
      { kind: "ended", state: "completed" },
    ]);
    expect(readActs(harness.home)).toEqual(["apply slow", "apply after"]);
  });

  test("P-1: while the first has it for long the second fails, so that its job is tried again later", async () => {
    const late = actionFields("late", {
      with: { name: "late", behaviour: "late_ok" },
      timeBox: "4s",
      onTimeout: "continue",
    });
    const runId = await harness.request(playbookText([late]));
    const first = harness.execute(runId);
    await expect.poll(() => readActs(harness.home)).toEqual(["apply late"]);
    await expect(executeRun({ ...harness.ctx, database: other }, runId)).rejects.toMatchObject({ code: "conflict" });
    await first;
    expect(readActs(harness.home)).toEqual(["apply late"]);
  });
});

test("what an effector answers with NUL, lone surrogates or too much is kept as far as it can be", async () => {
  const answers = { nul: "a\u0000b", lone: "\ud800", huge: "x".repeat(300_000) };
  const runId = await harness.request(playbookText([actionFields("one"), actionFields("two")]));
  const effector = fileEffectors.get("file.write");
  if (!effector) throw new Error("the test's effector is gone");
  let calls = 0;
  const odd: typeof effector = {
    ...effector,
    apply: async () => {
      calls += 1;
      const output = calls === 1 ? { nul: answers.nul, lone: answers.lone } : { huge: answers.huge };
      return { ok: true, output, message: answers.nul };
    },
  };
  const ctx = { ...harness.ctx, effectors: new Map([["file.write", odd]]) };
  expect(await executeRun(ctx, runId)).toEqual({ kind: "ended", state: "completed" });
  const [one, two] = (await harness.view(runId)).steps;
  expect(one).toMatchObject({ output: { nul: "a\ufffdb", lone: "\ufffd" }, message: "a\ufffdb" });
  expect(two).toMatchObject({ output: {}, message: expect.stringContaining("too large to keep") });
});

test("a preview says what would happen and does nothing", async () => {
  const steps = [
    actionFields("one", { with: { name: "${inputs.who}" }, undo: "auto" }),
    actionFields("two", { with: { name: "${steps.one.output.made}" } }),
    verifyFields("check", "one"),
    manualFields("ask"),
  ];
  const ctx = withPlaybook(playbookText(steps, { inputs: { who: { type: "string" } } }));
  const { steps: preview } = await previewRun(ctx, {
    playbookId: "test-book",
    incidentId: null,
    inputs: { who: "ada" },
  });
  expect(preview.map(({ id, note, preview: change }) => [id, change?.changes ?? note])).toEqual([
    ["one", ["would write ada"]],
    ["two", "depends on what earlier steps find"],
    ["check", "verifies one"],
    ["ask", "asks a person: Look at it."],
  ]);
  expect(readActs(harness.home)).toEqual([]);
});

describe("loading directories", () => {
  let dirs: { own: string; shipped: string; all: string };
  beforeEach(() => {
    const all = mkdtempSync(join(tmpdir(), "firebreak-books-"));
    dirs = { all, own: join(all, "own"), shipped: join(all, "shipped") };
    mkdirSync(dirs.own);
    mkdirSync(dirs.shipped);
  });
  afterEach(() => rmSync(dirs.all, { recursive: true, force: true }));

  test("takes what is right, and names file and place of what is not", async () => {
    const good = (id: string, title: string) => playbookText([actionFields("one")], { id, title });
    writeFileSync(join(dirs.own, "a.yaml"), good("a", "Own"));
    writeFileSync(join(dirs.shipped, "a.yaml"), good("a", "Shipped"));
    writeFileSync(join(dirs.shipped, "a-again.yml"), good("b", "First"));
    writeFileSync(join(dirs.shipped, "b.yaml"), good("b", "Second"));
    writeFileSync(join(dirs.shipped, "broken.yaml"), "id: [");
    writeFileSync(join(dirs.shipped, "binary.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    writeFileSync(join(dirs.shipped, "notes.txt"), "not a playbook");
    mkdirSync(join(dirs.shipped, "folder.yaml"));
    const loaded = await loadPlaybooks([dirs.own, dirs.shipped, join(dirs.all, "missing")], fileEffectors);
    expect([...loaded.playbooks.values()].map((playbook) => playbook.document.title).toSorted()).toEqual([
      "First",
      "Own",
    ]);
    const files = loaded.problems.map((problem) => problem.file.slice(dirs.shipped.length + 1));
    expect([...new Set(files)].toSorted()).toEqual(["b.yaml", "binary.yaml", "broken.yaml", "folder.yaml"]);
    const own = loaded.playbooks.get("a");
    expect(own && viewPlaybook(own)).toMatchObject({
      id: "a",
      steps: [{ id: "one", phase: "contain", type: "action" }],
      problems: [],
    });
  });
});
