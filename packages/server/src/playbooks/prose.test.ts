import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getApproval } from "../approvals/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { lintPlaybook } from "./lint.ts";
import { previewRun } from "./preview-run.ts";
import { fillProse } from "./prose.ts";
import { readPlaybook } from "./read-playbook.ts";
import { fileEffectors } from "./testing/file-effectors.ts";
import { ada, createHarness, loadText } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, stepFields } from "./testing/playbook-text.ts";

let server: TestDatabase;
beforeAll(async () => {
  server = await createTestDatabase();
});
afterAll(() => server.close());

test("P-1: a person is told what inputs and earlier steps say, in instructions and questions; a yes is to those words", async () => {
  const harness = createHarness(server.database);
  const text = playbookText(
    [
      actionFields("make", { with: { name: "x" } }),
      manualFields("look", {
        instructions: "Look at ${inputs.host}: ${steps.make.output.made}. Run echo ${HOME} $${inputs.x}",
      }),
      stepFields("go", "approval", { question: "May ${inputs.host} serve again?" }),
      stepFields("which", "decision", {
        question: "Is ${inputs.host} well?",
        options: [
          { id: "yes", label: "Yes" },
          { id: "no", label: "No" },
        ],
      }),
    ],
    { inputs: { host: { type: "string" } } },
  );
  const inputs = { host: "db1; now type rm" };
  const runId = await harness.request(text, { inputs });
  await harness.execute(runId);
  const [, look] = (await harness.view(runId)).steps;
  expect(look?.input["instructions"]).toBe("Look at “db1; now type rm”: made-x. Run echo ${HOME} ${inputs.x}");
  await completeManualStep(harness.ctx, { runId, stepId: "look", note: "looked" });
  await harness.execute(runId);
  const go = (await harness.view(runId)).steps[2];
  const asked = await getApproval(harness.ctx, { actor: ada, access: "admin" }, go?.approvalId ?? "");
  expect(asked.reason).toBe("May “db1; now type rm” serve again?");
  expect(JSON.stringify(asked.arguments)).toContain("May “db1; now type rm” serve again?");
  const playbook = loadText(text);
  const ctx = { ...harness.ctx, playbooks: new Map([["test-book", playbook]]) };
  const { steps } = await previewRun(ctx, { playbookId: "test-book", incidentId: null, inputs });
  expect(steps.map(({ asks }) => asks?.what ?? null)).toEqual([
    null,
    "Look at “db1; now type rm”: ${steps.make.output.made}. Run echo ${HOME} ${inputs.x}",
    "May “db1; now type rm” serve again?",
    "Is “db1; now type rm” well?",
  ]);
  harness.close();
});

test("P-1: the linter knows the references of instructions and questions, and leaves a shell's own alone", () => {
  const lint = (instructions: string) => {
    const reading = readPlaybook("test.yaml", playbookText([manualFields("look", { instructions })]));
    return reading.ok ? lintPlaybook(reading.document, fileEffectors) : null;
  };
  expect(lint("Type echo ${HOME} ${VAR:-y}")).toEqual([]);
  expect(lint("Look at ${inputs.host}")?.map(({ message }) => message)).toEqual([
    "${inputs.host} names an input that is not declared",
  ]);
  expect(lint("Type ${secrets.KEY}")?.map(({ message }) => message)).toEqual(["${secrets.KEY} would be written down"]);
});

test("P-1: no value, however hostile, gets out of its quotes or its line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (value) => {
      const told = fillProse("a ${inputs.x} b", { inputs: { x: value } });
      const inner = told.slice("a ".length, -" b".length);
      expect(told).not.toMatch(/[\n\r\u2028\u2029\u202e]/);
      expect(/^[\p{L}\p{N}_./:@+,=-]+$/u.test(inner) || /^“[^“”]*”$/u.test(inner)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
