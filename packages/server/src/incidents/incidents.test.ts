import { INCIDENT_STATES, INCIDENT_TRANSITIONS, canTransition } from "@firebreak/protocol";
import type { IncidentState } from "@firebreak/protocol";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "../audit/index.ts";
import { requireAuditRows } from "../storage/testing-audit-rows.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  acknowledgeIncident,
  addNote,
  addTimelineEntry,
  changeIncidentState,
  changeSeverity,
  checkClocks,
  getIncident,
  listIncidents,
  markContained,
  reportIncident,
  resolveIncident,
} from "./index.ts";
import { ada, createTestContext, daemon, insertAlert, NOON, openIncidentForAlert } from "./testing.ts";
import type { TestContext } from "./testing.ts";

let testDatabase: TestDatabase;
let ctx: TestContext;

const MINUTE_MS = 60_000;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await requireAuditRows(testDatabase.database, ["incidents", "incident_clocks"]);
});
afterAll(async () => {
  await testDatabase.close();
});
beforeEach(async () => {
  await testDatabase.database.pool.query(
    "truncate incidents, incident_clocks, incident_counters, timeline, alerts, audit_log, reviews cascade",
  );
  await testDatabase.database.pool.query("delete from graphile_worker._private_jobs");
  ctx = await createTestContext(testDatabase.database);
});

const report = (severity: 1 | 2 | 3 | 4 = 1) =>
  reportIncident(ctx, { title: "Agent misbehaves", severity, type: "agent_runaway", agentId: "scout" });

async function openByAlert(): Promise<string> {
  const alertId = await insertAlert(ctx);
  return (await openIncidentForAlert({ ...ctx, actor: daemon }, alertId)).incidentId;
}

async function auditActions(): Promise<string[]> {
  return (await listAudit(testDatabase.database.kysely)).map((record) => `${record.action} ${record.actor.name}`);
}

async function domainEvents(): Promise<string[]> {
  const { rows } = await testDatabase.database.pool.query<{ name: string; payload: { change?: string } }>(
    "select t.identifier as name, j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id order by j.id",
  );
  return rows.map((row) => (row.payload.change === undefined ? row.name : `${row.name} ${row.payload.change}`));
}

const breachedOf = async (id: string) =>
  (await getIncident(ctx, id)).clocks.filter((clock) => clock.breached).map((clock) => clock.kind);

describe("opening", () => {
  test("T-3: an alert opens an incident with id, label, clocks, timeline, audit record and domain event", async () => {
    const alertId = await insertAlert(ctx);
    const opened = await openIncidentForAlert({ ...ctx, actor: daemon }, alertId);
    expect(opened).toEqual({ incidentId: "INC-2026-0001", opened: true, severityRaised: false });
    const incident = await getIncident(ctx, opened.incidentId);
    expect(incident).toMatchObject({
      state: "detected",
      severityLabel: "SEV-1",
      agentId: "scout",
      pack: "research",
      beganAt: new Date(NOON - 1500).toISOString(),
      detectedAt: new Date(NOON).toISOString(),
      allowedStates: INCIDENT_TRANSITIONS.detected,
      hasReview: false,
      storm: null,
    });
    expect(incident.clocks.map((clock) => `${clock.kind} ${clock.dueAt}`)).toEqual([
      "respond 2026-11-20T12:15:00.000Z",
      "contain 2026-11-20T12:15:00.000Z",
      "resolve 2026-11-20T16:00:00.000Z",
    ]);
    expect(incident.timeline.map((entry) => entry.kind)).toEqual(["state", "state", "alert"]);
    expect(await auditActions()).toEqual(["alert.decide Firebreak", "incident.open detection", "alert.link detection"]);
    expect(await domainEvents()).toEqual(["incident.opened"]);
  });

  test("the same alert again gives the same incident and leaves no second trace", async () => {
    const alertId = await insertAlert(ctx);
    const first = await openIncidentForAlert(ctx, alertId);
    const again = await openIncidentForAlert(ctx, alertId);
    expect(again).toEqual({ incidentId: first.incidentId, opened: false, severityRaised: false });
    expect(await domainEvents()).toEqual(["incident.opened"]);
  });

  test("alerts of one agent at the same time share one incident, and the gravest severity wins", async () => {
    const alertIds = await Promise.all(
      ([3, 2, 4, 1, 3, 2] as const).map((severity) => insertAlert(ctx, { severity, title: `severity ${severity}` })),
    );
    const results = await Promise.all(alertIds.map((alertId) => openIncidentForAlert(ctx, alertId)));
    expect(new Set(results.map((result) => result.incidentId)).size).toBe(1);
    expect(results.filter((result) => result.opened)).toHaveLength(1);
    const incident = await getIncident(ctx, results[0]?.incidentId ?? "");
    expect(incident.severity).toBe(1);
    expect(incident.timeline.filter((entry) => entry.kind === "alert")).toHaveLength(6);
  });

  test("a graver alert raises the severity on the record and tightens the running clocks", async () => {
    const low = await openIncidentForAlert(ctx, await insertAlert(ctx, { severity: 3 }));
    const raised = await openIncidentForAlert(ctx, await insertAlert(ctx, { severity: 1 }));
    expect(raised).toEqual({ incidentId: low.incidentId, opened: false, severityRaised: true });
    const incident = await getIncident(ctx, low.incidentId);
    expect(incident.severityLabel).toBe("SEV-1");
    expect(incident.clocks.map((clock) => clock.kind)).toEqual(["respond", "contain", "resolve"]);
    expect(incident.timeline.at(-1)?.text).toMatch(/from SEV-3 to SEV-1/);
  });

  test("a settled incident is left alone: the agent's next alert opens a new one", async () => {
    const first = await openByAlert();
    await resolveIncident(ctx, { id: first, summary: "done with it" });
    expect(await openByAlert()).toBe("INC-2026-0002");
  });

  test("T-3: ids are unique and without gaps under concurrency", async () => {
    const reported = await Promise.all(Array.from({ length: 25 }, () => report(4)));
    const expected = Array.from({ length: 25 }, (_, i) => `INC-2026-${String(i + 1).padStart(4, "0")}`);
    expect(reported.map((incident) => incident.id).toSorted()).toEqual(expected);
  });

  test("T-3: a daily pattern begins again each day", async () => {
    const daily = { ...ctx, profile: { ...ctx.profile, incidentIdPattern: "INC-YYYYMMDD-NNN" } };
    const input = { title: "Something", severity: 4, type: "other" } as const;
    expect((await reportIncident(daily, input)).id).toBe("INC-20261120-001");
    expect((await reportIncident(daily, input)).id).toBe("INC-20261120-002");
    ctx.clock.advance(24 * 60 * MINUTE_MS);
    expect((await reportIncident(daily, input)).id).toBe("INC-20261121-001");
  });

  test("bad input is refused field by field and changes nothing", async () => {
    const refused = reportIncident(ctx, { title: "x\u0000y and more", severity: 1, type: "other", agentId: "a b" });
    await expect(refused).rejects.toMatchObject({
      code: "invalid_body",
      errors: [{ where: "/title" }, { where: "/agentId" }],
    });
    expect((await listIncidents(ctx)).items).toEqual([]);
  });
});

describe("verbs", () => {
  test("T-4: acknowledging stops the respond clock, takes command, and happens once", async () => {
    const id = await openByAlert();
    ctx.clock.advance(5 * MINUTE_MS);
    const incident = await acknowledgeIncident(ctx, { id });
    expect(incident).toMatchObject({ state: "triaged", commander: "ada" });
    expect(incident.clocks[0]).toMatchObject({
      kind: "respond",
      stoppedAt: "2026-11-20T12:05:00.000Z",
      breached: false,
    });
    await acknowledgeIncident({ ...ctx, actor: { ...ada, name: "bob" } }, { id });
    expect((await getIncident(ctx, id)).commander).toBe("ada");
    expect((await auditActions()).filter((action) => action.startsWith("incident.acknowledge"))).toHaveLength(1);
  });

  test("T-3: an automatic containment stops the contain clock but is no response", async () => {
    const id = await openByAlert();
    const contain = { incidentId: id, tripToStopMs: 41.5, at: NOON + 200 };
    await markContained({ ...ctx, actor: daemon }, contain);
    await markContained({ ...ctx, actor: daemon }, contain);
    const incident = await getIncident(ctx, id);
    expect(incident).toMatchObject({ state: "contained", tripToStopMs: 41.5, acknowledgedAt: null });
    expect(incident.clocks.map((clock) => clock.stoppedAt)).toEqual([null, new Date(NOON + 200).toISOString(), null]);
    expect(incident.timeline.filter((entry) => entry.text.startsWith("Contained."))).toHaveLength(1);
    expect((await acknowledgeIncident(ctx, { id })).state).toBe("contained");
  });

  test("a trip time that cannot be is left out; the containment still counts", async () => {
    const id = await openByAlert();
    await markContained(ctx, { incidentId: id, tripToStopMs: -5, at: NOON + 200 });
    expect(await getIncident(ctx, id)).toMatchObject({ state: "contained", tripToStopMs: null });
  });

  test("the same proof told again does not undo what people did since", async () => {
    const id = await openByAlert();
    const contain = { incidentId: id, tripToStopMs: 40, at: NOON + 200 };
    await markContained(ctx, contain);
    await changeIncidentState(ctx, { id, state: "recovering", reason: "resuming slowly" });
    expect((await markContained(ctx, contain)).state).toBe("recovering");
    expect((await markContained(ctx, { ...contain, at: NOON + 900 })).state).toBe("contained");
    expect((await getIncident(ctx, id)).containedAt).toBe(new Date(NOON + 200).toISOString());
  });

  test("T-4: resolving records summary and cause, stops every clock, and refuses to happen twice", async () => {
    const id = await openByAlert();
    await resolveIncident(ctx, { id, summary: "Loop fixed", rootCause: "No retry limit" });
    const incident = await getIncident(ctx, id);
    expect(incident).toMatchObject({ state: "resolved", summary: "Loop fixed", rootCause: "No retry limit" });
    expect(incident.clocks.every((clock) => clock.stoppedAt !== null)).toBe(true);
    const alerts = await testDatabase.database.kysely.selectFrom("alerts").select("status").execute();
    expect(alerts).toEqual([{ status: "resolved" }]);
    await expect(resolveIncident(ctx, { id, summary: "again" })).rejects.toMatchObject({ code: "conflict" });
    expect(await domainEvents()).toEqual(["incident.opened", "incident.changed resolved"]);
  });

  test("T-4: reopening clears the resolution and lets its clock run on", async () => {
    const id = await openByAlert();
    await resolveIncident(ctx, { id, summary: "done" });
    await changeIncidentState(ctx, { id, state: "triaged", reason: "it came back" });
    const incident = await getIncident(ctx, id);
    expect(incident.resolvedAt).toBeNull();
    expect(incident.clocks.find((clock) => clock.kind === "resolve")?.stoppedAt).toBeNull();
    expect((await domainEvents()).at(-1)).toBe("incident.changed reopened");
  });

  test("T-4: a grave incident is not reviewed before its review exists", async () => {
    const id = await openByAlert();
    await resolveIncident(ctx, { id, summary: "done" });
    const reviewed = () => changeIncidentState(ctx, { id, state: "reviewed", reason: "read together" });
    await expect(reviewed()).rejects.toThrow(/Draft it first/);
    await testDatabase.database.kysely
      .insertInto("reviews")
      .values({ incident_id: id, markdown: "x", drafted_at: new Date(NOON), due_at: new Date(NOON), edited_by: null })
      .execute();
    expect((await reviewed()).state).toBe("reviewed");
  });

  test("notes keep their text whatever it holds, and lists page without loss", async () => {
    const { id } = await report(4);
    await addNote(ctx, { id, text: "<script>alert(1)</script> ünïcode 🚒" });
    expect((await getIncident(ctx, id)).timeline.at(-1)?.text).toBe("<script>alert(1)</script> ünïcode 🚒");
    for (let i = 0; i < 4; i++) {
      ctx.clock.advance(i % 2);
      await report(4);
    }
    const first = await listIncidents(ctx, { limit: 3, state: "open" });
    const second = await listIncidents(ctx, { limit: 3, after: first.next ?? undefined });
    expect([...first.items, ...second.items].map((item) => item.id)).toEqual(
      [5, 4, 3, 2, 1].map((n) => `INC-2026-000${n}`),
    );
    expect(second.next).toBeNull();
    await expect(listIncidents(ctx, { after: "nonsense" })).rejects.toMatchObject({ code: "bad_request" });
  });

  test("a timeline entry of one key is written once, and text the database cannot hold is mended", async () => {
    const { id } = await report(4);
    const entry = { incidentId: id, key: "k", at: NOON, kind: "stop", source: "killswitch", text: "a\u0000b\ud800" };
    const write = () =>
      testDatabase.database.kysely
        .transaction()
        .execute((trx) => addTimelineEntry(trx, ctx, { ...entry, data: { path: "x\u0000\udfff" } }));
    expect([await write(), await write()]).toEqual([true, false]);
    expect((await getIncident(ctx, id)).timeline.at(-1)?.text).toBe("a\uFFFDb\uFFFD");
  });

  test("an unknown incident is not found by any verb", async () => {
    const id = "INC-2026-9999";
    const calls = [
      acknowledgeIncident(ctx, { id }),
      addNote(ctx, { id, text: "x" }),
      resolveIncident(ctx, { id, summary: "none" }),
      changeSeverity(ctx, { id, severity: 1, reason: "why not" }),
      changeIncidentState(ctx, { id, state: "closed", reason: "why not" }),
      markContained(ctx, { incidentId: id, tripToStopMs: null, at: NOON }),
      getIncident(ctx, id),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "not_found" } });
    }
  });
});

describe("clocks", () => {
  test("T-3: a clock that runs out is marked exactly once, however many nodes look", async () => {
    const id = await openByAlert();
    ctx.clock.advance(15 * MINUTE_MS);
    expect(await checkClocks(ctx)).toEqual([]);
    ctx.clock.advance(1);
    const found = (await Promise.all([checkClocks(ctx), checkClocks(ctx), checkClocks(ctx)])).flat();
    expect(found.map((breach) => breach.kind).toSorted()).toEqual(["contain", "respond"]);
    expect(await checkClocks(ctx)).toEqual([]);
    expect((await getIncident(ctx, id)).timeline.filter((entry) => entry.kind === "clock")).toHaveLength(2);
  });

  test("T-3: what ran out while nothing ran is found at the next look, and a late answer is late", async () => {
    const id = await openByAlert();
    ctx.clock.advance(16 * MINUTE_MS);
    await acknowledgeIncident(ctx, { id });
    expect(await breachedOf(id)).toEqual(["respond", "contain"]);
    const afterRestart = await createTestContext(testDatabase.database, { clock: ctx.clock });
    expect((await checkClocks(afterRestart)).map((breach) => breach.kind)).toEqual(["contain"]);
  });

  test("T-3: a lower severity gives running clocks the later time; stopped ones keep theirs", async () => {
    const id = await openByAlert();
    await acknowledgeIncident(ctx, { id });
    ctx.clock.advance(20 * MINUTE_MS);
    expect((await checkClocks(ctx)).map((breach) => breach.kind)).toEqual(["contain"]);
    const lower = await changeSeverity(ctx, { id, severity: 2, reason: "nothing was destroyed" });
    expect(lower.clocks.map((clock) => `${clock.kind} ${clock.dueAt.slice(11, 16)} ${clock.breached}`)).toEqual([
      "respond 12:15 false",
      "contain 13:00 false",
      "resolve 12:00 false",
    ]);
    const lowest = await changeSeverity(ctx, { id, severity: 4, reason: "only noise" });
    expect(lowest.clocks.map((clock) => clock.kind)).toEqual(["respond"]);
  });
});

test("T-3: a graver severity given after the end starts no clock", async () => {
  const { id } = await report(3);
  await changeIncidentState(ctx, { id, state: "false_positive", reason: "a drill" });
  await changeSeverity(ctx, { id, severity: 1, reason: "for the statistics" });
  ctx.clock.advance(24 * 60 * MINUTE_MS);
  expect(await checkClocks(ctx)).toEqual([]);
  expect((await getIncident(ctx, id)).clocks.map((clock) => clock.stoppedAt === null)).toEqual([false, false, false]);
});

test("T-4: no walk through the verbs leaves the state table, and a refusal changes nothing", async () => {
  const walk = fc.array(fc.constantFrom(...INCIDENT_STATES), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(walk, async (targets) => {
      const { id } = await report(4);
      let state: IncidentState = "detected";
      for (const target of targets) {
        const allowed = canTransition(state, target);
        const outcome = await changeIncidentState(ctx, { id, state: target, reason: "a walk" }).catch(
          (thrown: unknown) => thrown,
        );
        expect(outcome).toMatchObject(allowed ? { state: target } : { code: "conflict" });
        if (allowed) state = target;
        const incident = await getIncident(ctx, id);
        expect(incident.state).toBe(state);
        expect(incident.resolvedAt !== null).toBe(["resolved", "reviewed"].includes(state) || state === "closed");
      }
    }),
    { numRuns: 25 },
  );
});

test("T-4: of two people who decide at once, one decides and the other is told", async () => {
  const { id } = await report(4);
  const outcomes = await Promise.allSettled([
    changeIncidentState(ctx, { id, state: "false_positive", reason: "a drill" }),
    resolveIncident(ctx, { id, summary: "fixed it" }),
  ]);
  expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("E-4: the guard of these tests refuses a change without an audit row", async () => {
  await report(4);
  const change = testDatabase.database.pool.query("update incidents set title = 'quietly'");
  await expect(change).rejects.toThrow("incidents was changed without an audit row");
});
