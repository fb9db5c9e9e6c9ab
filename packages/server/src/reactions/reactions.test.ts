import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor, ContainmentMode, ReactionView } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { tendActions } from "../actions/index.ts";
import { answerApproval, expireApprovals, getApproval } from "../approvals/index.ts";
import type { Answerer } from "../approvals/index.ts";
import { agentEffectors } from "../containment/index.ts";
import { addTimelineEntry, getIncident } from "../incidents/index.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "../incidents/testing.ts";
import type { TestContext } from "../incidents/testing.ts";
import { createNewId, profileSchema, toIso } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";
import { openKillswitch } from "../killswitch/index.ts";
import { checkPlaybook } from "../playbooks/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  followAnswer,
  lintContainment,
  listReactions,
  reactToAlert,
  reactToEmergency,
  reportContainment,
  viewContainment,
} from "./index.ts";
import type { ReactionContext } from "./index.ts";

const CONTAINMENT: Actor = { kind: "rule", id: "automatic-containment", name: "automatic containment" };
const ada: Answerer = { actor: { kind: "person", id: "usr_ada", name: "ada" }, access: "commander" };
const MINUTE_MS = 60_000;

const PLAYBOOK = `
id: stop-it
title: Stop it
description: Denies.
inputs: { agentId: { type: string }, sessionId: { type: string, required: false } }
phases:
  - id: contain
    steps:
      - { id: deny, title: Deny, type: action, effector: agent.deny, with: { agentId: "\${inputs.agentId}", reason: x }, timeBox: 5s, undo: none }
      - { id: look, title: Look, type: manual, instructions: Look at its session, timeBox: 5m }
`;

const effectors = new Map(agentEffectors.map((one) => [one.name, one]));
let testDatabase: TestDatabase;
let incidents: TestContext;
let ctx: ReactionContext;
let home = "";

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.close());
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "fb-reactions-"));
  await testDatabase.database.pool.query(
    "truncate alerts, incidents, timeline, reactions, approvals, actions, holds, agents, evidence_archives, playbook_runs cascade",
  );
  incidents = await createTestContext(testDatabase.database);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface RuleFields {
  readonly mode?: ContainmentMode;
  readonly when?: Record<string, unknown>;
  readonly effector?: string;
  readonly playbook?: string;
  readonly with?: Record<string, unknown>;
  readonly [key: string]: unknown;
}
const DENY: RuleFields = { effector: "agent.deny", with: { agentId: "${alert.agentId}", reason: "${alert.title}" } };

function configure(rules: readonly RuleFields[], limits: Record<string, unknown> = {}, rest: Partial<Profile> = {}) {
  const named = rules.map((rule, index) => ({
    name: `rule-${index}`,
    when: { severities: [1] },
    mode: "act",
    ...rule,
  }));
  const { containment } = profileSchema
    .pick({ containment: true })
    .parse({ containment: { rules: named, limits: { fleetShare: 1, ...limits } } });
  const profile: Profile = { ...incidents.profile, detectors: [], playbooks: [], ...rest, containment };
  const { playbook } = checkPlaybook("stop-it.yaml", PLAYBOOK, effectors);
  if (playbook === null) throw new Error("the test's playbook is wrong");
  const { clock } = incidents;
  const recordTimeline: ReactionContext["recordTimeline"] = (trx, entry) =>
    addTimelineEntry(trx, { actor: CONTAINMENT, clock }, entry);
  ctx = {
    ...incidents,
    database: testDatabase.database,
    newId: createNewId(() => clock.now()),
    actor: CONTAINMENT,
    profile,
    home,
    effectors,
    playbooks: new Map([[playbook.document.id, playbook]]),
    actionsUnderWay: new Set(),
    ownAgents: new Set(["firebreak"]),
    recordTimeline,
  };
}

/** An alert about an agent opens an incident, and what the profile says about it is done. */
async function alarm(agentId = "scout", severity: 1 | 2 = 1, labels: Record<string, string> = {}) {
  incidents.clock.advance(1); // so that ids sort in this order
  await seeAgent(agentId);
  const alertId = await insertAlert(incidents, { agentId, severity, labels });
  const { incidentId } = await openIncidentForAlert(incidents, alertId);
  const runs = await reactToAlert(ctx, { alertId, incidentId });
  return { alertId, incidentId, runs };
}

async function seeAgent(id: string) {
  const at = toIso(incidents.clock.now());
  await testDatabase.database.kysely
    .insertInto("agents")
    .values({ id, pack: null, first_seen_at: at, last_seen_at: at })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

const reactions = async () => (await listReactions(ctx, {})).items.toReversed();
const only = async (): Promise<ReactionView> => {
  const [one, ...more] = await reactions();
  if (one === undefined || more.length > 0) throw new Error(`expected one reaction, not ${more.length + 1}`);
  return one;
};
const timeline = async (incidentId: string) =>
  (await getIncident(incidents, incidentId)).timeline.map((entry) => entry.text);

function holds() {
  const killswitch = openKillswitch(ctx);
  try {
    return killswitch.current().holds.map(({ scope, target, level }) => `${level} ${scope} ${target ?? ""}`);
  } finally {
    killswitch.close();
  }
}

describe("C-7: modes", () => {
  test("act: the effector acts at once, once per incident and target however often the event repeats", async () => {
    configure([DENY]);
    const { alertId, incidentId } = await alarm();
    for (let i = 0; i < 3; i++) await reactToAlert(ctx, { alertId, incidentId });
    await alarm();
    expect(await only()).toMatchObject({ state: "applied", target: "agent scout", rail: null, incidentId });
    expect(holds()).toEqual(["deny agent scout"]);
    expect(await timeline(incidentId)).toEqual(
      expect.arrayContaining([expect.stringContaining("Automatic containment did apply agent.deny to agent scout")]),
    );
  });

  test("act: of the same event handled eight times at once one acts", async () => {
    configure([DENY]);
    await seeAgent("scout");
    const alertId = await insertAlert(incidents);
    const { incidentId } = await openIncidentForAlert(incidents, alertId);
    await Promise.allSettled(Array.from({ length: 8 }, () => reactToAlert(ctx, { alertId, incidentId })));
    await reactToAlert(ctx, { alertId, incidentId });
    expect((await only()).state).toBe("applied");
    const { rows } = await testDatabase.database.pool.query("select 1 from actions");
    expect(rows).toHaveLength(1);
  });

  test("observe: says what it would do, on the timeline and in the report, and touches nothing", async () => {
    configure([
      { ...DENY, mode: "observe" },
      { playbook: "stop-it", mode: "observe" },
    ]);
    const { incidentId } = await alarm();
    await alarm("other");
    expect(holds()).toEqual([]);
    const report = await reportContainment(ctx, { sinceMs: ctx.clock.now() - MINUTE_MS });
    expect(report.rules).toMatchObject([
      { name: "rule-0", what: "agent.deny", observed: 2, acted: 0, agents: 2 },
      { name: "rule-1", what: "stop-it", observed: 2, acted: 0 },
    ]);
    expect(report.blastRadius.agents).toEqual(["other", "scout"]);
    expect(report.reactions.at(-1)?.changes.join()).toContain("sets a hold (deny) on agent scout");
    expect((await timeline(incidentId)).join("\n")).toContain("would apply agent.deny to agent scout");
  });

  test("ask: a person's yes, bound to exactly this, has it done once; nobody acts before", async () => {
    configure([{ ...DENY, mode: "ask" }]);
    await alarm();
    const waiting = await only();
    expect(waiting).toMatchObject({ state: "waiting", approvalId: expect.stringMatching(/^apr_/) });
    expect(holds()).toEqual([]);
    const approval = await getApproval(ctx, ada, waiting.approvalId ?? "");
    expect(approval).toMatchObject({
      title: "Apply agent.deny to agent scout",
      arguments: { what: "agent.deny", parameters: { agentId: "scout", reason: "Command burst" } },
      refusal: null,
    });
    const answered: Parameters<typeof answerApproval>[2] = {
      id: approval.id,
      answer: "approved",
      reason: "yes, stop it",
      digest: approval.digest,
      checked: [],
    };
    await answerApproval(ctx, ada, answered);
    for (let i = 0; i < 3; i++) await followAnswer(ctx, { approvalId: approval.id, state: "approved" });
    expect(await only()).toMatchObject({ state: "applied" });
    expect(holds()).toEqual(["deny agent scout"]);
    expect(await getApproval(ctx, ada, approval.id)).toMatchObject({
      state: "used",
      outcome: expect.stringContaining("hold"),
    });
  });

  test("ask: a no, or no answer in time, and nothing is done", async () => {
    configure([{ ...DENY, mode: "ask", askMinutes: 5 }]);
    await alarm("scout");
    await alarm("other");
    const [first, second] = await reactions();
    const { digest } = await getApproval(ctx, ada, first?.approvalId ?? "");
    await answerApproval(ctx, ada, {
      id: first?.approvalId ?? "",
      answer: "denied",
      reason: "a false alarm",
      digest,
      checked: [],
    });
    await followAnswer(ctx, { approvalId: first?.approvalId ?? "", state: "denied" });
    incidents.clock.advance(6 * MINUTE_MS);
    await expireApprovals(ctx);
    await followAnswer(ctx, { approvalId: second?.approvalId ?? "", state: "expired" });
    expect((await reactions()).map((one) => one.state)).toEqual(["denied", "expired"]);
    expect(holds()).toEqual([]);
  });

  test("act: the playbook of a binding runs, as do those of containment rules; a binding can observe too", async () => {
    configure([{ playbook: "stop-it" }], {}, { detectors: [{ rule: "command-burst", playbook: "stop-it" }] });
    const { runs } = await alarm();
    expect(runs).toHaveLength(2); // the second is the first: the same playbook on the same target
    expect(new Set(runs).size).toBe(1);
    configure([], {}, { detectors: [{ rule: "command-burst", playbook: "stop-it", mode: "observe" }] });
    expect((await alarm("other")).runs).toEqual([]);
    expect((await reactions()).map((one) => one.state)).toEqual(["applied", "observed"]);
  });

  test.each(["ask", "observe"] as const)(
    "act: what another rule is to %s is done at once and once, and nobody is asked any more, whichever came first",
    async (mode) => {
      configure([
        { ...DENY, mode, when: { rules: ["weak"] } },
        { ...DENY, when: { rules: ["strong"] } },
      ]);
      const alarms = [
        ["scout", ["weak", "strong", "weak"]],
        ["other", ["strong", "weak", "strong"]],
      ] as const;
      for (const [agentId, rules] of alarms) {
        incidents.clock.advance(1); // so that ids sort in this order
        await seeAgent(agentId);
        const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents, { agentId }));
        for (const ruleId of rules) {
          const alertId = await insertAlert(incidents, { agentId, ruleId });
          await reactToAlert(ctx, { alertId, incidentId });
        }
      }
      const acted = (await reactions()).filter(({ rule }) => rule === "rule-1");
      expect(acted.map(({ state, target }) => [state, target])).toEqual([
        ["applied", "agent scout"],
        ["applied", "agent other"],
      ]);
      expect(holds().toSorted()).toEqual(["deny agent other", "deny agent scout"]);
      const { rows } = await testDatabase.database.pool.query("select state from approvals");
      expect(rows).toEqual(mode === "ask" ? [{ state: "expired" }] : []);
    },
  );

  test("act: a person's no to the same holds also what would be done at once", async () => {
    configure([
      { ...DENY, mode: "ask", when: { rules: ["command-burst"] } },
      { ...DENY, when: { rules: ["strong"] } },
    ]);
    const { incidentId } = await alarm();
    const { approvalId } = await only();
    const id = approvalId ?? "";
    const { digest } = await getApproval(ctx, ada, id);
    await answerApproval(ctx, ada, { id, answer: "denied", reason: "a false alarm", digest, checked: [] });
    await followAnswer(ctx, { approvalId: id, state: "denied" });
    const alertId = await insertAlert(incidents, { ruleId: "strong" });
    await reactToAlert(ctx, { alertId, incidentId });
    expect((await only()).state).toBe("denied");
    expect(holds()).toEqual([]);
  });

  test("ask: of the same event handled eight times at once one question comes", async () => {
    configure([{ ...DENY, mode: "ask" }]);
    await seeAgent("scout");
    const alertId = await insertAlert(incidents);
    const { incidentId } = await openIncidentForAlert(incidents, alertId);
    await Promise.allSettled(Array.from({ length: 8 }, () => reactToAlert(ctx, { alertId, incidentId })));
    const { rows } = await testDatabase.database.pool.query("select id from approvals");
    expect(rows).toEqual([{ id: (await only()).approvalId }]);
  });

  test("what senders report, and what concerns no agent, contains nothing by itself", async () => {
    configure([DENY]);
    const alertId = await insertAlert(incidents, { agentId: null });
    const { incidentId } = await openIncidentForAlert(incidents, alertId);
    await reactToAlert(ctx, { alertId, incidentId });
    expect(await reactions()).toEqual([]);
  });

  test("only alerts that fit set a rule off", async () => {
    configure([
      { ...DENY, when: { severities: [1], rules: ["another-rule"] } },
      { ...DENY, when: { rules: ["command-burst"] } },
    ]);
    await alarm("scout", 2);
    expect((await only()).rule).toBe("rule-1");
  });
});

describe("C-7: what the event itself says", () => {
  async function storeEvent(data: Record<string, unknown>): Promise<string> {
    const id = ctx.newId("event");
    const at = toIso(incidents.clock.now());
    const event = {
      seq: 1,
      id,
      time: at,
      receivedAt: at,
      source: "test",
      agent: { id: "scout" },
      kind: "file",
      outcome: "unknown",
      data,
    };
    const columns = {
      id,
      time: at,
      received_at: at,
      source: "test",
      agent_id: "scout",
      kind: "file",
      outcome: "unknown",
    };
    await testDatabase.database.kysely
      .insertInto("events")
      .values({ ...columns, pack: null, session_id: null, run_id: null, risk: null, body: JSON.stringify(event) })
      .execute();
    return id;
  }

  async function alarmOf(data: Record<string, unknown>) {
    await seeAgent("scout");
    const eventId = await storeEvent(data);
    const alertId = await insertAlert(incidents);
    await testDatabase.database.kysely
      .updateTable("alerts")
      .set({ event_ids: JSON.stringify([eventId]) })
      .where("id", "=", alertId)
      .execute();
    const { incidentId } = await openIncidentForAlert(incidents, alertId);
    await reactToAlert(ctx, { alertId, incidentId });
  }

  test("is done once for each entry of its lists, each entry once", async () => {
    const each = ["event.data.added", "event.data.changed"];
    configure([{ ...DENY, each, with: { agentId: "${each}", reason: "in ${event.data.folder}" } }]);
    for (const agent of ["one", "two", "three"]) await seeAgent(agent);
    await alarmOf({ added: ["one", "two"], changed: ["two", "three"], folder: "/skills" });
    expect(holds().toSorted()).toEqual(["deny agent one", "deny agent three", "deny agent two"]);
    expect((await reactions()).map((one) => one.parameters["reason"])).toEqual(Array(3).fill("in /skills"));
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["a list that is missing", {}, 0],
    ["a list that is none", { added: "one" }, 0],
    ["a list without end", { added: Array.from({ length: 5_000 }, (_, index) => `a${index}`) }, 20],
    ["entries that the effector refuses", { added: [{ $: 1 }, 7, "../x"] }, 3],
  ])("hostile or broken: %s", async (_what, data, count) => {
    const limits = { actionsPerHour: 3, actionsPerRulePerHour: 3 };
    configure([{ ...DENY, mode: "observe", each: ["event.data.added"], with: { agentId: "${each}" } }], limits);
    await alarmOf(data);
    expect(await reactions()).toHaveLength(count);
    expect(holds()).toEqual([]);
  });
});

describe("D-2: stops in an emergency of the machine go the same way", () => {
  const alert = { source: "resource-guard", key: "box/load/emergency" };
  const stop = { alert, agentId: "scout", sessionId: "ses_1", reason: "it uses 90 %" } as const;

  async function openEmergency() {
    const alertId = await insertAlert(incidents, { agentId: null, title: "Resource emergency on box" });
    await testDatabase.database.kysely.updateTable("alerts").set(alert).where("id", "=", alertId).execute();
    return alertId;
  }

  test("not before the alert was decided on; then once, on its incident", async () => {
    configure([]);
    const freeze = { ...stop, effector: "agent.freeze", mode: "act" } as const;
    expect(await reactToEmergency(ctx, freeze)).toBeNull();
    const alertId = await openEmergency();
    expect(await reactToEmergency(ctx, freeze)).toBeNull();
    const { incidentId } = await openIncidentForAlert(incidents, alertId);
    for (let i = 0; i < 3; i++) await reactToEmergency(ctx, freeze);
    expect(await only()).toMatchObject({ rule: "resource-guard", target: "session ses_1", incidentId });
    expect(holds()).toEqual(["freeze session ses_1"]);
  });

  test("a kill is asked for, and Firebreak's own agent is spared", async () => {
    configure([]);
    await openIncidentForAlert(incidents, await openEmergency());
    expect(await reactToEmergency(ctx, { ...stop, effector: "agent.kill", mode: "ask" })).toBe("waiting");
    const own = { ...stop, agentId: "firebreak", sessionId: "ses_2", effector: "agent.freeze", mode: "act" } as const;
    expect(await reactToEmergency(ctx, own)).toBe("failed");
    expect(holds()).toEqual([]);
  });
});

describe("C-7: guard rails hold an act back, say why, and have it asked for", () => {
  const held = async (rail: string) => {
    const last = (await reactions()).at(-1);
    expect(last).toMatchObject({ state: "waiting", mode: "act", rail, approvalId: expect.stringMatching(/^apr_/) });
    return last?.railReason ?? "";
  };

  test("actions per hour, per rule and in all, also when alarms come at the same time", async () => {
    configure([DENY], { actionsPerRulePerHour: 2 });
    await Promise.all(["a", "b", "c", "d"].map((agent) => alarm(agent)));
    const states = (await reactions()).map((one) => one.state).toSorted();
    expect(states).toEqual(["applied", "applied", "waiting", "waiting"]);
    expect(holds()).toHaveLength(2);
    configure([DENY, { ...DENY, effector: "agent.freeze" }], { actionsPerHour: 2 });
    await alarm("e");
    expect(await held("hour")).toContain("2 times in the last hour");
    incidents.clock.advance(61 * MINUTE_MS);
    await alarm("f");
    expect(holds()).toContain("deny agent f");
  });

  test("share of the fleet; one agent may always be acted on", async () => {
    configure([DENY], { fleetShare: 0.5 });
    for (const agent of ["a", "b", "c", "d"]) await seeAgent(agent);
    for (const agent of ["a", "b"]) await alarm(agent);
    expect(holds()).toHaveLength(2);
    await alarm("c");
    expect(await held("fleet")).toContain("2 of 4 active agents");
    expect(await viewContainment(ctx)).toMatchObject({ used: { agentsThisHour: 2, agentsAllowed: 2 }, waiting: 1 });
    configure([DENY], { fleetShare: 0 });
    incidents.clock.advance(61 * MINUTE_MS);
    await alarm("z");
    expect(holds()).toContain("deny agent z");
  });

  test("what was told long after it happened is asked about, and does not stand in the way of what happens now", async () => {
    configure([DENY]);
    const then = await alarm("scout", 1, { firebreak_late: "true" });
    expect(await held("late")).toBe("it was told more than 60 min after it happened (lateMinutes)");
    expect(holds()).toEqual([]);
    const alertId = await insertAlert(incidents, { agentId: "scout", severity: 1 });
    await reactToAlert(ctx, { alertId, incidentId: then.incidentId });
    expect(holds()).toEqual(["deny agent scout"]);
    const states = (await reactions()).map(({ state }) => state);
    expect(states.toSorted()).toEqual(["applied", "waiting"]);
  });

  test("an agent that runs now is acted on whatever times it gives its events", async () => {
    configure([DENY]);
    const { kysely } = testDatabase.database;
    const gateOf = (agent: string, minutesAgo: number) => ({
      agent_id: agent,
      runtime: "mcp",
      version: null,
      last_report_at: new Date(incidents.clock.now() - minutesAgo * MINUTE_MS),
    });
    await kysely
      .insertInto("agent_gates")
      .values([gateOf("heard", 1), gateOf("unheard", 5)])
      .execute();
    await alarm("unheard", 1, { firebreak_late: "true" });
    expect(await held("late")).toContain("lateMinutes");
    await alarm("heard", 1, { firebreak_late: "true" });
    expect(holds()).toEqual(["deny agent heard"]);
  });

  test("a quiet time after a person let the target run again; then it acts again", async () => {
    configure([DENY], { quietMinutes: 10 });
    const { incidentId } = await alarm();
    await releaseHold(incidentId);
    await alarm();
    expect(await held("quiet")).toContain("ada let agent scout run again 0 s ago");
    await alarm("other"); // another target is not meant
    expect((await reactions()).at(-1)?.state).toBe("applied");
    incidents.clock.advance(11 * MINUTE_MS);
    await releaseHold(incidentId, incidents.clock.now() - 11 * MINUTE_MS);
    await alarm();
    expect((await reactions()).at(-1)).toMatchObject({ state: "applied", target: "agent scout" });
  });

  test("what destroys evidence needs evidence of this incident first", async () => {
    configure([{ ...DENY, effector: "agent.kill" }]);
    const { incidentId } = await alarm();
    expect(await held("evidence")).toContain("none was collected");
    await keepEvidence(incidentId);
    configure([{ ...DENY, effector: "agent.kill", name: "again" }]);
    await alarm("other");
    expect(await held("evidence")).toContain("none was collected");
  });

  test("never the responder itself, in no mode: it is not even asked", async () => {
    configure([DENY, { ...DENY, effector: "agent.freeze", mode: "ask" }]);
    const { incidentId } = await alarm("firebreak");
    expect(await reactions()).toMatchObject([
      { state: "failed", rail: "self", approvalId: null },
      { state: "failed", rail: "self", approvalId: null },
    ]);
    expect(holds()).toEqual([]);
    expect((await timeline(incidentId)).join()).toContain("this server runs in the process tree of agent firebreak");
  });

  test("observed acts say which rail would have held them", async () => {
    configure([{ ...DENY, mode: "observe" }], { actionsPerHour: 0 });
    await alarm();
    expect(await only()).toMatchObject({ state: "observed", rail: "hour" });
    const report = await reportContainment(ctx, { sinceMs: ctx.clock.now() - MINUTE_MS });
    expect(report.rules[0]).toMatchObject({ observed: 1, held: 0, rails: { hour: 1 } });
  });
});

async function releaseHold(incidentId: string, at = incidents.clock.now()) {
  await testDatabase.database.kysely
    .insertInto("holds")
    .values({
      id: ctx.newId("hold"),
      epoch: "1",
      scope: "agent",
      target: "scout",
      level: "deny",
      reason: "x",
      actor: JSON.stringify(CONTAINMENT),
      incident_id: incidentId,
      at: toIso(at),
      released_at: toIso(at),
      released_by: JSON.stringify(ada.actor),
      release_reason: "it was nothing",
    })
    .execute();
}

async function keepEvidence(incidentId: string) {
  await testDatabase.database.kysely
    .insertInto("evidence_archives")
    .values({
      id: ctx.newId("evidence"),
      incident_id: incidentId,
      session_id: null,
      agent_id: "scout",
      reason: "x",
      directory: "/nowhere",
      manifest_sha256: "0",
      items: 1,
      degraded_items: 0,
      bytes: "1",
      collected_at: toIso(incidents.clock.now()),
      collected_by: JSON.stringify(CONTAINMENT),
    })
    .execute();
}

describe("C-7: what cannot be done is said", () => {
  test.each<[string, RuleFields, string]>([
    ["an effector that nobody provides", { ...DENY, effector: "agent.banish" }, "agent.banish"],
    ["a playbook that is not there", { playbook: "gone" }, "there is no playbook gone"],
    ["parameters that do not fit", { ...DENY, with: { agentId: 7 } }, "agentId"],
    ["a reference that leads nowhere", { ...DENY, with: { agentId: "${alert.nobody}" } }, "alert.nobody"],
    [
      "an end for what does not end by time",
      { ...DENY, effector: "agent.verify_stopped", forMinutes: 5 },
      "does not end by time",
    ],
  ])("%s: a failed reaction, and a problem of the profile at its place", async (_what, rule, message) => {
    configure([rule]);
    await alarm();
    const one = await only();
    expect(one.state).toBe("failed");
    expect(one.message).toContain(message);
    const [problem] = lintContainment(ctx, ctx.profile, (path) => ({
      file: "p.yaml",
      line: Number(path[2]) + 1,
      column: 1,
    }));
    expect(problem).toMatchObject({ file: "p.yaml", line: 1, message: expect.stringContaining(message) });
    expect((await viewContainment(ctx)).rules[0]?.problem).toContain(message);
  });

  test.each(["inserted", "applied"] as const)(
    "a process that died in the middle of the act (%s): the next one finishes it, once",
    async (point) => {
      configure([DENY]);
      await seeAgent("scout");
      const alertId = await insertAlert(incidents);
      const { incidentId } = await openIncidentForAlert(incidents, alertId);
      const fault = (at: string) => {
        if (at === point) throw new Error("died");
      };
      const dying = { ...ctx, fault, actionsUnderWay: new Set<string>() };
      await expect(reactToAlert(dying, { alertId, incidentId })).rejects.toThrow("died");
      expect((await only()).state).toBe("applying");
      await expect(reactToAlert(ctx, { alertId, incidentId })).rejects.toThrow("is under way");
      for (let i = 0; i < 3; i++) {
        incidents.clock.advance(10 * MINUTE_MS);
        await tendActions(ctx);
      }
      await reactToAlert(ctx, { alertId, incidentId });
      expect((await only()).state).toBe("applied");
      expect(holds()).toHaveLength(1);
    },
  );
});
