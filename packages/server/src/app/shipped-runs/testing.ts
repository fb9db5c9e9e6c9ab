/**
 * Every shipped playbook runs from its first step to its end: what acts is replaced by what says that it acted, with the outputs
 * that the effectors have, and persons answer what is asked. It finds conditions that read what is not there, inputs that do not
 * fit and ways without an end; whether the acts do what they say is for the tests of the effectors and for drills.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor, RunView, StepView } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerApproval, getApproval } from "../../approvals/index.ts";
import { TOUCHES_NOTHING } from "../../containment/index.ts";
import type { Effector, EffectorContext } from "../../containment/index.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "../../incidents/testing.ts";
import type { TestContext } from "../../incidents/testing.ts";
import { completeManualStep, executeRun, followStepApproval, getRun, requestRun } from "../../playbooks/index.ts";
import type { LoadedPlaybook } from "../../playbooks/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { loadShipped } from "../testing.ts";
import type { ShippedProfile } from "../testing.ts";

const STARTER: Actor = { kind: "rule", id: "automatic-containment", name: "automatic containment" };
const OWNER: Actor = { kind: "person", id: "usr_ada", name: "ada" };
/** More answers than any of them asks for. */
const ANSWERS_MAX = 80;

/** How the world looks to what reads, and what persons say: a bad day on which everything is down, and one on which all is over. */
interface Day {
  /** by the effector's name; what somebody tries is over when it is asked for again, at the end */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly later?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly captured: Readonly<Record<string, unknown>>;
  /** of a decision that is asked: the first option, or the last */
  readonly option: "first" | "last";
}

const top = [{ pid: 4242, startedAt: "2026-11-27T10:00:00.000Z", name: "node", cpuPercent: 91, memoryBytes: 9e9 }];
const login = { address: "203.0.113.7", failures: 40, succeeded: 1, users: ["root"] };
const READ = {
  "check.load": { cpuPercent: 40, memoryPercent: 50, top: [{ ...top[0], agentId: "scout" }] },
  "check.disk": { freeGb: 80, percent: 40, largest: [{ path: "/var/log/x", bytes: 9 }] },
  "check.service": {
    exists: true,
    active: true,
    state: "running",
    since: null,
    restartsInHour: 0,
    well: true,
    reason: "",
  },
  "check.http": { up: true, status: 200, millis: 3, contains: false, problem: "" },
  "check.redis": { up: true, loading: false, usedBytes: 1, maxBytes: 2, lastSaveOk: true, keys: 12, reason: "" },
  "check.postgres": { up: true, version: "18", readOnly: false, sizeBytes: 9, damaged: [], reason: "" },
  "check.backup": {
    readable: true,
    fresh: true,
    ageHours: 1,
    bytes: 9,
    entries: 3,
    path: "/srv/backups/x.tar",
    reason: "",
  },
  "check.git": { branch: "main", commit: "0".repeat(40), clean: false, changed: ["a"] },
  "check.logins": { addresses: [login], complete: true },
  "log.search": { count: 3, lines: ["x"], undated: 0 },
  "events.search": { count: 0, eventIds: [], agents: [], sessions: [], complete: true },
  "pii.search": { count: 1, categories: ["EMAIL"], found: { EMAIL: 1 }, eventIds: [], complete: true },
  "agent.status": { agents: [], running: 0, complete: true },
};
const CAPTURED = { good: true, passed: true, rows: 10, newAlerts: 0, backup: "/srv/backups/x.tar" };

const DAYS: Readonly<Record<string, Day>> = {
  "a bad day": {
    outputs: READ,
    later: { "check.logins": { addresses: [], complete: true } },
    captured: {
      ...CAPTURED,
      filesLost: true,
      secretsLeaked: true,
      personalData: true,
      dataModified: true,
      confirmed: true,
    },
    option: "first",
  },
  "a day on which it is over": {
    outputs: {
      ...READ,
      "log.search": { count: 0, lines: [], undated: 0 },
      "check.logins": { addresses: [], complete: true },
    },
    captured: CAPTURED,
    option: "last",
  },
};

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

/** The effector's name, parameters and nature, without its deeds. */
function pretend(effector: Effector, { outputs, later = {} }: Day): Effector {
  const asked = new Set<string>();
  const say = async (ctx: Pick<EffectorContext, "runId">, parameters: unknown) => {
    effector.parameters.parse(parameters);
    const again = asked.has(ctx.runId) ? later[effector.name] : undefined;
    asked.add(ctx.runId);
    const output = again ?? outputs[effector.name] ?? {};
    return { ok: true as const, output, message: "it says that it did" };
  };
  const preview = async () => ({ changes: ["it would"], obstacles: [], blastRadius: TOUCHES_NOTHING });
  return { ...effector, checkNeeds: async () => [], preview, apply: say, verify: say, undo: say };
}

/** What the playbook needs to begin; a list of one item, so that its loops turn once, and no waiting. */
function inputsOf({ document }: LoadedPlaybook): Record<string, unknown> {
  const given: Record<string, unknown> = {
    firstWatch: "1ms",
    secondWatch: "1ms",
    watch: "1ms",
    packs: ["research"],
    credentials: ["github"],
    agentId: "scout",
    pack: "research",
  };
  const needed = Object.entries(document.inputs).filter(
    ([, { required, default: byDefault }]) => required && byDefault === undefined,
  );
  const words: Record<string, unknown> = {
    ...Object.fromEntries(needed.map(([name]) => [name, "/srv/x"])),
    ...Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(document.inputs, name))),
    ...(Object.hasOwn(document.inputs, "kind") ? { kind: "postgres" } : {}),
    ...(Object.hasOwn(document.inputs, "service") ? { service: "redis" } : {}),
    ...(Object.hasOwn(document.inputs, "integrationUrl") ? { integrationUrl: "http://127.0.0.1:9/health" } : {}),
  };
  return words;
}

/** What a person is shown of a step that waits. */
interface Asked {
  readonly checklist?: readonly string[];
  readonly capture?: readonly { readonly name: string; readonly type: string; readonly required?: boolean }[];
  readonly options?: readonly { readonly id: string }[];
}

const SAMPLE: Readonly<Record<string, unknown>> = { string: "said", number: 0, boolean: false };

function answerTo(step: StepView, day: Day) {
  const { checklist = [], capture = [], options = [] } = step.input as Asked;
  const captured = Object.fromEntries(
    capture.map(({ name, type }) => [name, day.captured[name] ?? SAMPLE[type]] as const),
  ) as Record<string, string | number | boolean>;
  const option = day.option === "first" ? options.at(0) : options.at(-1);
  return {
    result: "done" as const,
    note: "answered in a test",
    checked: [...checklist],
    captured,
    ...(option && { option: option.id }),
  };
}

async function sayYes(id: string, starter: Parameters<typeof followStepApproval>[0]): Promise<void> {
  const ctx = { ...incidents, database: server.database, recordTimeline: async () => {} };
  const by = { actor: OWNER, access: "commander" as const };
  const { digest, checklist } = await getApproval(ctx, by, id);
  const { state } = await answerApproval(ctx, by, {
    id,
    digest,
    checked: checklist,
    answer: "approved",
    reason: "a test",
  });
  await followStepApproval(starter, { approvalId: id, state });
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
  const starter = { ...common, actor: STARTER, access: "commander" as const };
  const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents));
  const asked = { playbookId: playbook.document.id, incidentId, inputs: inputsOf(playbook) };
  const { runId } = await inTransaction(database, (trx) => requestRun(trx, starter, asked));
  for (let answers = 0; answers < ANSWERS_MAX; answers++) {
    await executeRun(starter, runId);
    clock.advance(2); // so that what waits for a millisecond has waited
    const run = await getRun(database, runId);
    if (run.endedAt !== null) return run;
    const question = run.steps.find(({ state, approvalId }) => state === "waiting" && approvalId !== null);
    const waiting = run.steps.find(({ state, reason }) => state === "waiting" && reason === "waiting_for_person");
    if (question?.approvalId) await sayYes(question.approvalId, starter);
    else if (waiting) {
      const answer = { runId, stepId: waiting.id, ...answerTo(waiting, day) };
      await completeManualStep({ ...common, actor: OWNER, access: "commander" }, answer);
    }
  }
  throw new Error(`the run of ${playbook.document.id} does not end`);
}

/** The tests of one profile: a file of its own for each, so that they run beside each other. */
export function describeShippedRuns(name: ShippedProfile): void {
  describe("run to their end", () => {
    test.each(Object.entries(DAYS))("on %s", async (_title, day) => {
      const { effectors, loaded } = await loadShipped(server.database, name);
      const acting = new Map([...effectors].map(([id, effector]) => [id, pretend(effector, day)]));
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
  });
}
