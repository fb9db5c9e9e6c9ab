import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestContext } from "../incidents/testing.ts";
import { checkPlaybook } from "../playbooks/index.ts";
import type { LoadedPlaybook } from "../playbooks/index.ts";
import { fileEffectors, readActs } from "../playbooks/testing/file-effectors.ts";
import { actionFields, manualFields, playbookText } from "../playbooks/testing/playbook-text.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { simulate, simulationCase } from "./index.ts";
import type { Simulation } from "./index.ts";

let server: TestDatabase;
let simulation: Simulation;
let home = "";
beforeAll(async () => {
  server = await createTestDatabase();
  home = mkdtempSync(join(tmpdir(), "fb-simulation-"));
  const { database } = server;
  simulation = {
    ...(await createTestContext(database)),
    database,
    home,
    effectors: fileEffectors,
    playbooks: new Map(),
  };
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await server.close();
});

function load(text: string): LoadedPlaybook {
  const { playbook, problems } = checkPlaybook("book.yaml", text, fileEffectors);
  if (playbook === null) throw new Error(JSON.stringify(problems));
  return playbook;
}

const BOOK = load(
  playbookText(
    [
      actionFields("look"),
      {
        id: "which",
        title: "Which?",
        type: "decision",
        question: "Which?",
        timeBox: "5m",
        options: [
          {
            id: "bad",
            label: "Bad",
            when: "steps.look.output.count > 3",
            steps: [manualFields("tell", { capture: [{ name: "who", label: "Who" }] })],
          },
          { id: "good", label: "Good" },
        ],
      },
      actionFields("act", { approval: { role: "lead", people: 2 } }),
      { id: "pause", title: "Wait", type: "wait", for: "2h", timeBox: "3h" },
      { id: "word", title: "Wait for the word", type: "wait", signal: "go", timeBox: "1h" },
    ],
    { roles: { lead: { title: "Lead", access: "commander" } } },
  ),
);

const run = (one: Parameters<typeof simulationCase.parse>[0], book = BOOK) =>
  simulate({ ...simulation, playbooks: new Map([[book.document.id, book]]) }, book, simulationCase.parse(one));

describe("P-1: a simulation", () => {
  test("goes the way that the case says, in no time, and touches nothing", async () => {
    const result = await run({
      outcomes: { look: { output: { count: 5 } } },
      answers: { tell: { captured: { who: "everybody" } } },
      signals: ["go"],
      expect: {
        run: "completed",
        steps: { tell: "succeeded", act: "succeeded", pause: "succeeded", word: "succeeded" },
      },
    });
    expect(result.differences).toEqual([]);
    expect(result.run.steps.find(({ id }) => id === "tell")?.output).toMatchObject({ who: "everybody" });
    expect(readActs(home)).toEqual([]);
  });

  test("says what came otherwise than expected: a no, a failure, and what nobody sent", async () => {
    const good = {
      outcomes: { look: { output: { count: 0 } } },
      answers: { which: { option: "good" } },
      signals: ["go"],
    };
    const denied = await run({
      ...good,
      answers: { ...good.answers, act: { approval: "denied" } },
      expect: { run: "completed" },
    });
    expect(denied.differences).toEqual(["the run is failed (step_denied), not completed"]);
    const silent = await run({
      ...good,
      answers: { ...good.answers, act: { approval: "none" } },
      expect: { steps: { act: "denied", nobody: "failed" } },
    });
    expect(silent.differences).toEqual(["there is no step nobody"]);
    const failed = await run({
      ...good,
      outcomes: { ...good.outcomes, act: { ok: false, reason: "unreachable" } },
      expect: { steps: { act: "succeeded" } },
    });
    expect(failed.differences).toEqual([expect.stringContaining("act is failed")]);
    const unsent = await run({ ...good, signals: [], expect: { run: "failed", steps: { word: "timed_out" } } });
    expect(unsent.differences).toEqual([]);
  });

  test("names a condition that reads what is not there", async () => {
    const book = load(
      playbookText([actionFields("look"), actionFields("act", { when: "steps.look.output.count > 3" })]),
    );
    const { run: ended } = await run({ outcomes: { look: { output: {} } } }, book);
    expect(ended.steps.find(({ id }) => id === "act")).toMatchObject({ state: "failed", reason: "condition_failed" });
  });
});
