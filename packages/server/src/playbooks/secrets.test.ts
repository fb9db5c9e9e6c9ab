import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { executeRun } from "./execute-run.ts";
import { fileEffectors } from "./testing/file-effectors.ts";
import { TEST_SECRETS, createHarness, reasonOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "./testing/playbook-text.ts";
import type { StepFields } from "./testing/playbook-text.ts";

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

const SECRET = TEST_SECRETS["DB_PASSWORD"] ?? "";
const REFERENCE = "${secrets.DB_PASSWORD}";

/** Effectors that see what they are called with, and say it in every form. */
function watching(seen: string[]) {
  const effector = fileEffectors.get("file.write");
  if (!effector) throw new Error("the test's effector is gone");
  const say = (parameters: unknown) => {
    const { secret = "" }: { secret?: string } = Object(parameters);
    seen.push(secret);
    const output = { name: "x", url: `http://u:${encodeURIComponent(secret)}@h`, list: [{ [`k-${secret}`]: secret }] };
    return { ok: true as const, output, message: `signed in with ${secret}` };
  };
  const watched: typeof effector = {
    ...effector,
    apply: async (_ctx, parameters) => say(parameters),
    verify: async (_ctx, parameters) => say(parameters),
    undo: async (_ctx, parameters) => say(parameters),
  };
  return { ...harness.ctx, effectors: new Map([["file.write", watched]]) };
}

const signIn = (extra: Readonly<Record<string, unknown>> = {}): StepFields =>
  actionFields("sign-in", { with: { name: "x", secret: REFERENCE }, undo: "auto", ...extra });

/** Everything that the database keeps of runs. */
async function readAll(): Promise<string> {
  const { kysely } = server.database;
  const rows = await Promise.all([
    kysely.selectFrom("playbook_runs").selectAll().execute(),
    kysely.selectFrom("playbook_steps").selectAll().execute(),
    kysely.selectFrom("audit_log").selectAll().execute(),
  ]);
  return JSON.stringify(rows);
}

describe("P-1: secrets by reference", () => {
  test("reach apply, verify and undo of the effector, and nothing that is kept", async () => {
    const seen: string[] = [];
    const ctx = watching(seen);
    const runId = await harness.request(
      playbookText([signIn(), verifyFields("check", "sign-in"), manualFields("ask")]),
    );
    await executeRun(ctx, runId);
    await abortRun(harness.ctx, { runId, reason: "false alarm" });
    await executeRun(ctx, runId);
    expect(seen).toEqual([SECRET, SECRET, SECRET]);
    const [step] = (await harness.view(runId)).steps;
    expect(step).toMatchObject({ state: "undone", input: { name: "x", secret: REFERENCE } });
    expect(step?.output).toEqual({
      name: "x",
      url: `http://u:${REFERENCE}@h`,
      list: [{ [`k-${REFERENCE}`]: REFERENCE }],
    });
    const kept = await readAll();
    expect(kept).toContain("DB_PASSWORD");
    expect(kept).not.toContain(SECRET);
  });

  test("in a text that an input brings are texts", async () => {
    const seen: string[] = [];
    const steps = [signIn({ with: { name: "x", secret: "${inputs.given}" } })];
    const text = playbookText(steps, { inputs: { given: { type: "string" } } });
    const runId = await harness.request(text, { inputs: { given: REFERENCE } });
    await executeRun(watching(seen), runId);
    expect(seen).toEqual([REFERENCE]);
  });

  test("that are not there fail the step, and the effector is not called", async () => {
    const seen: string[] = [];
    const runId = await harness.request(playbookText([signIn({ with: { name: "x", secret: "${secrets.OTHER}" } })]));
    expect(await executeRun(watching(seen), runId)).toEqual({ kind: "ended", state: "failed" });
    expect(reasonOf(await harness.view(runId), "sign-in")).toBe("secret_missing");
    expect(seen).toEqual([]);
  });
});
