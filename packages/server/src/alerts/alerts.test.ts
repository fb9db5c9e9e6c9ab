import type { Actor, AgentEvent } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, createNewId, DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { inTransaction } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  countOpenAlerts,
  getAlert,
  judgeMatch,
  listAlerts,
  raiseAlert,
  raiseAlerts,
  resolveAlertsOfIncident,
} from "./index.ts";
import type { AlertProfile, Finding } from "./index.ts";

const START_MS = Date.parse("2026-03-01T12:00:00Z");
const clock = createManualClock(START_MS);
const newId = createNewId(() => clock.now());
const profile: AlertProfile = {
  detectors: [
    { rule: "named", severity: 3, type: "value_wallet" },
    { rule: "*", type: "agent_runaway" },
  ],
  severities: {
    1: { label: "SEV-1", respondMinutes: 5 },
    2: { label: "SEV-2", respondMinutes: 15 },
    3: { label: "SEV-3", respondMinutes: 60 },
    4: { label: "SEV-4", respondMinutes: 240 },
  },
};
const actor: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const ctx = { clock, newId, profile, actor, maskText: createRedactor(DEFAULT_REDACTION).maskText };
let test: TestDatabase;
const read = () => ({ database: test.database, profile });

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(() => test.database.pool.query("truncate alerts cascade; delete from graphile_worker._private_jobs"));

function findingOf(
  id: string,
  more: { rule?: string; agent?: string; session?: string; match?: Partial<Match> } = {},
): Finding {
  const timeMs = START_MS + Number(id.replace(/\D/g, ""));
  const time = new Date(timeMs).toISOString();
  const agent = { id: more.agent ?? "scout-1", ...(more.session === undefined ? {} : { session: more.session }) };
  const event: AgentEvent = {
    seq: 1,
    id,
    time,
    receivedTime: time,
    source: "t",
    agent,
    kind: "command",
    outcome: "success",
    data: {},
  };
  const match: Match = {
    ruleId: more.rule ?? "r-1",
    title: "Rule",
    level: "high",
    kind: "selection",
    tags: [],
    selections: [],
    eventIds: [id],
    firstTime: timeMs,
    lastTime: timeMs,
    sentence: "it happened",
    custom: {},
    ...more.match,
  };
  return { match, event };
}

const raise = (...findings: Finding[]) => inTransaction(test.database, (trx) => raiseAlerts(trx, ctx, findings));
async function countOpenedEvents(): Promise<number> {
  const { rows } = await test.database.pool.query(
    "select 1 from graphile_worker.jobs where task_identifier = 'alert.opened'",
  );
  return rows.length;
}

describe("alerts", () => {
  it("D-6: of what did not happen are about their group, and take in what repeats", async () => {
    const silent = (groupBy: Record<string, string>, lastTime = START_MS): Finding => ({
      match: { ...findingOf("1").match, ruleId: "backup", kind: "correlation", groupBy, lastTime, eventIds: ["begin"] },
      event: undefined,
    });
    const opened = await raise(silent({ job: "a" }), silent({ job: "b" }), silent({ "agent.id": "scout-1" }));
    expect(opened.map((one) => one.opened)).toEqual([true, true, true]);
    const again = await raise(silent({ job: "a" }, START_MS + 5000));
    expect(again).toEqual([{ alertId: opened[0]?.alertId, opened: false }]);
    expect(await getAlert(read(), opened[0]?.alertId ?? "")).toMatchObject({
      agentId: null,
      occurrences: 2,
      eventIds: ["begin"],
      lastEventAt: new Date(START_MS + 5000).toISOString(),
    });
    expect(await getAlert(read(), opened[2]?.alertId ?? "")).toMatchObject({ agentId: "scout-1" });
  });

  it("C-7: about what was told long after it happened are marked, and do not take in what happens now", async () => {
    const late = (id: string, hours: number): Finding => {
      const { match, event } = findingOf(id);
      if (event === undefined) throw new TypeError("a finding of the test has an event");
      const receivedTime = new Date(match.lastTime + hours * 3_600_000).toISOString();
      return { match, event: { ...event, receivedTime } };
    };
    const raised = await raise(late("1", 48), late("2", 2), findingOf("3"), late("4", 1), {
      match: { ...findingOf("5").match, groupBy: { "agent.id": "scout-1" } },
      event: undefined,
    });
    expect(raised.map(({ opened }) => opened)).toEqual([true, true, true]);
    const labels = await Promise.all(
      raised.map(async ({ alertId }) => (await getAlert(read(), alertId)).labels["firebreak_late"]),
    );
    expect(labels).toEqual(["true", undefined, undefined]);
    expect((await raise(late("6", 3))).map(({ alertId }) => alertId)).toEqual([raised[0]?.alertId]);
    const patient = { ...ctx, lateMs: 72 * 3_600_000 };
    const [now] = await inTransaction(test.database, (trx) => raiseAlerts(trx, patient, [late("7", 48)]));
    expect(now).toEqual({ alertId: raised[1]?.alertId, opened: false });
  });

  it("open once per rule, agent and session, count further matches, and tell of the opening once", async () => {
    const [first] = await raise(findingOf("1"));
    expect(first?.opened).toBe(true);
    clock.advance(1000);
    expect(await raise(findingOf("2"), findingOf("3"))).toEqual([{ alertId: first?.alertId, opened: false }]);
    const others = await raise(
      findingOf("4", { rule: "r-2" }),
      findingOf("5", { agent: "b" }),
      findingOf("6", { session: "s" }),
    );
    expect(others.map(({ opened }) => opened)).toEqual([true, true, true]);
    const alert = await getAlert(read(), first?.alertId ?? "");
    expect(alert).toMatchObject({
      occurrences: 3,
      eventIds: ["1", "2", "3"],
      status: "open",
      agentId: "scout-1",
      sentence: "it happened",
    });
    expect([alert.firstEventAt, alert.lastEventAt]).toEqual(["2026-03-01T12:00:00.001Z", "2026-03-01T12:00:00.003Z"]);
    expect(await countOpenedEvents()).toBe(4);
    expect(await countOpenAlerts(read())).toBe(4);
  });

  it("E-8: quote no secret, neither in the sentence nor in what matched", async () => {
    const fields = [{ field: "command", value: "x --password tiger", modifier: "contains", pattern: "x" }];
    const match = { sentence: "it ran x --password tiger", selections: [{ name: "s", fields }] };
    const [raised] = await raise(findingOf("1", { match }));
    await raise(findingOf("2", { match }));
    const alert = await getAlert(read(), raised?.alertId ?? "");
    expect(alert.sentence).toBe("it ran x --password [REDACTED: PWD]");
    expect(JSON.stringify(alert)).not.toContain("tiger");
  });

  it("do not count the same match twice", async () => {
    await raise(findingOf("1"));
    const [again] = await raise(findingOf("1"), findingOf("1"));
    expect(again?.opened).toBe(false);
    expect((await getAlert(read(), again?.alertId ?? "")).occurrences).toBe(1);
  });

  it("leave nothing behind when the transaction fails", async () => {
    const failing = inTransaction(test.database, async (trx) => {
      await raiseAlert(trx, ctx, findingOf("1"));
      throw new Error("crash");
    });
    await expect(failing).rejects.toThrow("crash");
    expect((await listAlerts(read(), {})).items).toEqual([]);
    expect(await countOpenedEvents()).toBe(0);
  });

  it("open once when nodes raise the same at the same moment", async () => {
    const raised = await Promise.all(Array.from({ length: 8 }, (_, i) => raise(findingOf(String(i + 1)))));
    expect(raised.flat().filter(({ opened }) => opened)).toHaveLength(1);
    expect((await listAlerts(read(), {})).items).toEqual([expect.objectContaining({ occurrences: 8 })]);
  });

  it("keep the newest hundred event ids and store what agents wrote, whatever the characters", async () => {
    const hostile = "a\u0000b\ud800c";
    const selections = [
      { name: "s", fields: [{ field: "command", value: hostile, modifier: "contains", pattern: "x" }] },
    ];
    const eventIds = Array.from({ length: 150 }, (_, i) => `e${i}`);
    const [raised] = await raise(findingOf("e149", { match: { selections, sentence: hostile, eventIds } }));
    const alert = await getAlert(read(), raised?.alertId ?? "");
    expect(alert.eventIds).toEqual(eventIds.slice(50));
    expect(alert.sentence).toBe("a\uFFFDb\uFFFDc");
    expect(JSON.stringify(alert.detail)).toContain("a\uFFFDb\uFFFDc");
  });

  it("are resolved with their incident, after which the same rule opens a new one", async () => {
    const [raised] = await raise(findingOf("1"));
    await test.database.pool.query(
      `insert into incidents (id, title, type, severity, severity_label, state, profile, began_at, detected_at, opened_at, updated_at)
       values ('INC-1', 't', 'other', 1, 'SEV-1', 'detected', 'p', now(), now(), now(), now()) on conflict do nothing`,
    );
    await test.database.pool.query("update alerts set incident_id = 'INC-1'");
    expect(await inTransaction(test.database, (trx) => resolveAlertsOfIncident(trx, ctx, "INC-1"))).toEqual([
      raised?.alertId,
    ]);
    expect(await inTransaction(test.database, (trx) => resolveAlertsOfIncident(trx, ctx, "INC-1"))).toEqual([]);
    const [next] = await raise(findingOf("2"));
    expect(next?.opened).toBe(true);
    expect((await listAlerts(read(), { status: "open" })).items.map(({ id }) => id)).toEqual([next?.alertId]);
    expect((await listAlerts(read(), { incident: "INC-1" })).items.map(({ id }) => id)).toEqual([raised?.alertId]);
  });

  it("are paged newest first", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      clock.advance(1);
      ids.push(...(await raise(findingOf("1", { rule: `r-${i}` }))).map(({ alertId }) => alertId));
    }
    const first = await listAlerts(read(), { limit: 3 });
    const rest = await listAlerts(read(), { limit: 3, after: first.next ?? "" });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rest.next).toBeNull();
    await expect(getAlert(read(), "alr_0")).rejects.toMatchObject({ code: "not_found" });
  });

  it("take severity and type from the profile's binding, the rule, the profile's default, the level, in this order", () => {
    const judge = (ruleId: string, level: string, custom: Record<string, unknown> = {}) =>
      judgeMatch(profile, { ruleId, level, custom });
    const own = { severity: 1, incident_type: "system_outage" };
    expect(judge("named", "critical", own)).toEqual({ severity: 3, incidentType: "value_wallet" });
    expect(judge("r", "low", own)).toEqual({ severity: 1, incidentType: "system_outage" });
    expect(judge("r", "low", { severity: 9, incident_type: "nonsense" })).toEqual({
      severity: 4,
      incidentType: "agent_runaway",
    });
    expect(["critical", "high", "medium", "low", "informational"].map((level) => judge("r", level).severity)).toEqual([
      1, 2, 3, 4, 4,
    ]);
  });
});
