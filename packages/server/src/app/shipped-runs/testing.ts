/**
 * Every shipped playbook runs from its first step to its end: what acts is replaced by what says that it acted, with the outputs
 * that the effectors have, and persons answer what is asked. It finds conditions that read what is not there, inputs that do not
 * fit and ways without an end; whether the acts do what they say is for the tests of the effectors and for drills.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor, RunView } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Effector } from "../../containment/index.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "../../incidents/testing.ts";
import type { TestContext } from "../../incidents/testing.ts";
import { executeRun, getRun, requestRun } from "../../playbooks/index.ts";
import type { LoadedPlaybook } from "../../playbooks/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { loadShipped } from "../testing.ts";
import type { ShippedProfile } from "../testing.ts";
import { DAYS, findAsking, inputsOf } from "./testing/days.ts";
import type { Day } from "./testing/days.ts";
import { answerStep } from "./testing/persons.ts";
import { pretend } from "./testing/pretend.ts";
import type { Acts } from "./testing/pretend.ts";

const STARTER: Actor = { kind: "rule", id: "automatic-containment", name: "automatic containment" };
/** More answers than any of them asks for. */
const ANSWERS_MAX = 80;

let server: TestDatabase;
let incidents: TestContext;
let home = "";
beforeAll(async () => {
  server = await createTestDatabase();
  incidents = await createTestContext(server.database);
  home = mkdtempSync(join(tmpdir(), "fb-shipped-"));
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await server.close();
});

/** Acts of this process, which does not die: only who asked is remembered. */
function createActs(): Acts {
  const asked = new Map<string, string>();
  return {
    act: async (_verb, effector, { runId, stepId }) => {
      const key = `${effector} ${runId}`;
      if (!asked.has(key)) asked.set(key, stepId);
    },
    wasAsked: (effector, { runId, stepId }) => (asked.get(`${effector} ${runId}`) ?? stepId) !== stepId,
  };
}

/** Runs a playbook to its end and answers everything that it asks. */
async function runThrough(
  playbook: LoadedPlaybook,
  playbooks: ReadonlyMap<string, LoadedPlaybook>,
  effectors: ReadonlyMap<string, Effector>,
  day: Day,
): Promise<RunView> {
  const { database } = server;
  const { clock } = incidents;
  const common = { ...incidents, database, home, effectors, playbooks, readSecret: async () => "a secret" };
  const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents));
  const asked = { playbookId: playbook.document.id, incidentId, inputs: inputsOf(playbook, "scout") };
  const { runId } = await inTransaction(database, (trx) => requestRun(trx, { ...common, actor: STARTER }, asked));
  for (let answers = 0; answers < ANSWERS_MAX; answers++) {
    await executeRun(common, runId);
    clock.advance(2); // so that what waits for a millisecond has waited
    const run = await getRun(database, runId);
    if (run.endedAt !== null) return run;
    const step = findAsking(run);
    if (step) await answerStep(common, run, step, { day, approval: "approved", happened: () => true });
  }
  throw new Error(`the run of ${playbook.document.id} does not end`);
}

/** The tests of one profile: a file of its own for each, so that they run beside each other. */
export function describeShippedRuns(name: ShippedProfile): void {
  describe("run to their end", () => {
    test.each(Object.entries(DAYS))("on %s", async (_title, day) => {
      const { effectors, loaded } = await loadShipped(server.database, name);
      const acts = createActs();
      const acting = new Map([...effectors].map(([id, effector]) => [id, pretend(effector, day, acts)]));
      await server.database.pool.query("truncate incidents, alerts, playbook_runs cascade"); // and with them the locks
      const runs: RunView[] = [];
      for (const playbook of loaded.playbooks.values()) {
        runs.push(await runThrough(playbook, loaded.playbooks, acting, day));
      }
      const wrong = runs.flatMap((run) =>
        run.steps
          .filter(({ state }) => state !== "succeeded" && state !== "skipped")
          .map(({ id, state, message }) => `${run.playbookId} ${id} ${state}: ${message ?? ""}`),
      );
      expect(wrong).toEqual([]);
      expect(
        runs.filter(({ state }) => state !== "completed").map(({ playbookId, state }) => `${playbookId} ${state}`),
      ).toEqual([]);
    });

    test("and only observe when they are to: each step says what it would do, and nothing acts", async () => {
      const { effectors, loaded } = await loadShipped(server.database, name);
      const done: string[] = [];
      const acts: Acts = { act: async (_verb, effector) => void done.push(effector), wasAsked: () => false };
      const acting = new Map([...effectors].map(([id, effector]) => [id, pretend(effector, DAYS["a bad day"], acts)]));
      await server.database.pool.query("truncate incidents, alerts, playbook_runs cascade");
      for (const playbook of loaded.playbooks.values()) {
        const common = {
          ...incidents,
          database: server.database,
          home,
          effectors: acting,
          readSecret: async () => "x",
        };
        const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents));
        const request = { incidentId, inputs: inputsOf(playbook, "scout"), observe: true };
        const verbs = { ...common, playbooks: loaded.playbooks, actor: STARTER };
        const { runId } = await inTransaction(server.database, (trx) =>
          requestRun(trx, verbs, { playbookId: playbook.document.id, ...request }),
        );
        await executeRun(common, runId);
        const run = await getRun(server.database, runId);
        expect([run.playbookId, run.state]).toEqual([run.playbookId, "observed"]);
        expect(run.steps.filter(({ reason, message }) => reason !== "observed" || !message)).toEqual([]);
      }
      expect(done).toEqual([]);
    });
  });
}
