import type { Actor, Matcher, WeeklyWindow } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { admitAlert } from "../../incidents/index.ts";
import { createTestContext, insertAlert, loadShippedProfile } from "../../incidents/testing.ts";
import { alertRules, createManualClock, createNewId, profileSchema, silentLogger } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import {
  createSilence,
  expireSilence,
  getAlert,
  getSilence,
  listAlertStates,
  listSilences,
  previewSilence,
  receiveSignals,
  recheckHeldByProfile,
  releaseDueAlerts,
  resolveAlert,
} from "../index.ts";
import type { SilenceInput } from "../index.ts";

const MINUTE_MS = 60_000;
const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const newId = createNewId(() => clock.now());
const actor: Actor = { kind: "person", id: "usr_ada", name: "ada" };
let test: TestDatabase;
let profile: Profile;
const ctx = () => ({ database: test.database, clock, newId, actor, profile, logger: silentLogger });

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  profile = await loadShippedProfile();
  await test.database.pool.query(
    "truncate alerts, silences, incidents cascade; delete from graphile_worker._private_jobs",
  );
});

const team = (value: string): Matcher[] => [{ name: "team", op: "=", value }];
const iso = (inMs: number) => new Date(clock.now() + inMs).toISOString();
const silence = (more: Partial<SilenceInput> = {}) =>
  createSilence(ctx(), { matchers: team("db"), reason: "moving the database", endsAt: iso(60 * MINUTE_MS), ...more });

async function trigger(key: string, labels: Record<string, string> = { team: "db" }): Promise<string> {
  const [outcome] = await receiveSignals(ctx(), [
    {
      source: "prometheus",
      kind: "alertmanager",
      key,
      action: "trigger",
      title: key,
      text: null,
      severity: 2,
      labels,
      annotations: {},
      links: [],
      startsAtMs: clock.now(),
      endsAtMs: null,
      staleAfterMs: null,
      groupKey: null,
      agentId: null,
      pack: null,
      detail: {},
      notes: [],
    },
  ]);
  return outcome?.alertId ?? "";
}

async function resolve(key: string): Promise<void> {
  const id = await trigger(key);
  await resolveAlert(ctx(), { id, reason: "over" });
}

/** What the daemon and the job queue do: hand due alerts over, and pass them again. */
async function passDue(): Promise<string[]> {
  await test.database.pool.query("delete from graphile_worker._private_jobs");
  await releaseDueAlerts(ctx());
  const { rows } = await test.database.pool.query<{ payload: { alertId: string } }>(
    "select payload from graphile_worker._private_jobs order by id",
  );
  const ids = rows.map(({ payload }) => payload.alertId);
  for (const id of ids) await admitAlert(ctx(), id);
  return ids;
}

async function insertRuleAlert(rule: string): Promise<string> {
  const id = await insertAlert({ ...(await createTestContext(test.database)), newId });
  await test.database.pool.query(
    `update alerts set rule_id = $2, labels = '{"agent": "scout", "team": "db"}' where id = $1`,
    [id, rule],
  );
  return id;
}

describe("D-9: silences", () => {
  it("hold what matches, open no incident, say so, and let it go on when they end while it is still open", async () => {
    const { id } = await silence();
    const held = await trigger("latency");
    const other = await trigger("disk", { team: "web" });
    expect(await admitAlert(ctx(), held)).toEqual({ incidentId: null });
    expect((await admitAlert(ctx(), other)).incidentId).toMatch(/^INC-/);
    const alert = await getAlert(ctx(), held);
    expect(alert).toMatchObject({ disposition: "held", incidentId: null });
    expect(alert.decision.at(-1)).toEqual({ stage: "silence", reason: "silenced", by: id, until: iso(60 * MINUTE_MS) });
    expect((await getSilence(ctx(), id)).holding).toBe(1);
    clock.advance(60 * MINUTE_MS - 1);
    expect(await passDue()).toEqual([]);
    clock.advance(1);
    expect(await passDue()).toEqual([held]);
    expect(await getAlert(ctx(), held)).toMatchObject({ disposition: "incident", incidentId: expect.any(String) });
    expect(await passDue()).toEqual([]);
    expect(await getSilence(ctx(), id)).toMatchObject({ state: "expired", holding: 0 });
  });

  it("that are expired early let go at once, and nothing that was resolved meanwhile", async () => {
    const { id } = await silence();
    const [first, second] = [await trigger("latency"), await trigger("disk")];
    for (const alert of [first, second]) await admitAlert(ctx(), alert);
    await resolve("disk");
    expect(await expireSilence(ctx(), { id, reason: "done" })).toMatchObject({
      state: "expired",
      expireReason: "done",
    });
    expect(await passDue()).toEqual([first]);
    await expect(expireSilence(ctx(), { id, reason: "again" })).rejects.toMatchObject({ code: "conflict" });
    const { rows } = await test.database.pool.query("select action from audit_log where target = $1 order by seq", [
      id,
    ]);
    expect(rows.map(({ action }) => action)).toEqual(["silence.create", "silence.expire"]);
  });

  it("are edited as a new version that replaces the old in the same moment", async () => {
    const first = await silence();
    const alert = await trigger("latency");
    await admitAlert(ctx(), alert);
    const second = await silence({ replaces: first.id, reason: "takes longer", endsAt: iso(120 * MINUTE_MS) });
    expect(await getSilence(ctx(), first.id)).toMatchObject({
      state: "expired",
      expireReason: `replaced by ${second.id}`,
    });
    expect(await passDue()).toEqual([alert]);
    expect((await getAlert(ctx(), alert)).decision.at(-1)).toMatchObject({ by: second.id });
    await expect(silence({ replaces: first.id })).rejects.toMatchObject({ code: "conflict" });
    await expect(silence({ replaces: "sil_none" })).rejects.toMatchObject({ code: "not_found" });
    expect((await listSilences(ctx(), {})).items.map(({ id }) => id)).toEqual([second.id]);
    expect((await listSilences(ctx(), { expired: true })).items).toHaveLength(2);
  });

  it("that come back every week hold only in their stretches", async () => {
    // 1 March 2026 is a Sunday
    const weekly = { days: ["sun"], from: "12:30", to: "13:00", timeZone: "UTC" } satisfies WeeklyWindow;
    clock.advance(Date.parse("2026-03-01T12:00:00Z") - clock.now());
    const { id, state } = await silence({ weekly, endsAt: iso(30 * 24 * 60 * MINUTE_MS) });
    expect(state).toBe("waiting");
    expect((await admitAlert(ctx(), await trigger("before"))).incidentId).not.toBeNull();
    clock.advance(30 * MINUTE_MS);
    const held = await trigger("during");
    await admitAlert(ctx(), held);
    expect((await getAlert(ctx(), held)).decision.at(-1)).toMatchObject({ by: id, until: "2026-03-01T13:00:00.000Z" });
    clock.advance(30 * MINUTE_MS);
    expect(await passDue()).toEqual([held]);
    expect((await getAlert(ctx(), held)).disposition).toBe("incident");
  });

  it("do not stop automatic containment, unless they say so", async () => {
    const rule = profile.detectors.find(({ playbook }) => playbook !== undefined)?.rule ?? "";
    const first = await silence();
    const contained = await insertRuleAlert(rule);
    expect((await admitAlert(ctx(), contained)).incidentId).toMatch(/^INC-/);
    expect((await getAlert(ctx(), contained)).decision).toContainEqual(
      expect.objectContaining({ stage: "silence", reason: "spared", by: first.id }),
    );
    await silence({ mutesContainment: true });
    const held = await insertRuleAlert(rule);
    expect(await admitAlert(ctx(), held)).toEqual({ incidentId: null });
  });

  it.each([
    ["every alert, by a pattern", [{ name: "alertname", op: "=~", value: ".+" }]],
    ["every alert, by an absent label", [{ name: "nobody", op: "!=", value: "x1" }]],
    ["most of what is open", team("db")],
  ] as const)("that would mute %s are refused without a confirmation", async (_what, matchers) => {
    for (let index = 0; index < 12; index += 1) await trigger(`k${index}`);
    const wide = { matchers: [...matchers] };
    await expect(silence(wide)).rejects.toMatchObject({ code: "conflict" });
    expect((await listSilences(ctx(), {})).items).toEqual([]);
    expect(await silence({ ...wide, muteEverything: true })).toMatchObject({ state: "active" });
  });

  it.each([
    [{ endsAt: iso(0) }, "/endsAt"],
    [{ endsAt: iso(93 * 24 * 60 * MINUTE_MS) }, "/endsAt"],
    [{ startsAt: iso(50 * MINUTE_MS), endsAt: iso(40 * MINUTE_MS) }, "/endsAt"],
    [{ matchers: [] }, "/matchers"],
    [{ matchers: [{ name: "team", op: "=~", value: "(" }] }, "/matchers"],
    [{ reason: " " }, "/reason"],
    [{ weekly: { days: ["mon"], from: "10:00", to: "11:00", timeZone: "Mars/Base" } }, "/weekly/timeZone"],
    [{ weekly: { days: ["mon", "mon"], from: "10:00", to: "11:00", timeZone: "UTC" } }, "/weekly/days"],
  ] satisfies [Partial<SilenceInput>, string][])(
    "that are not valid (%j) are refused with the place %s",
    async (given, where) => {
      await expect(silence(given)).rejects.toMatchObject({ code: "invalid_body", errors: [{ where }] });
    },
  );

  it("tell before they are created what they would mute", async () => {
    const rule = profile.detectors.find(({ playbook }) => playbook !== undefined)?.rule ?? "";
    await insertRuleAlert(rule);
    for (const key of ["web-1", "web-2", "db-1"]) await trigger(key, { team: "db", host: key });
    const preview = await previewSilence(ctx(), {
      matchers: [...team("db"), { name: "host", op: "!~", value: "db-.*" }],
    });
    expect(preview).toMatchObject({ openAlerts: 4, matched: 3, containing: 1, warnings: [] });
    expect(preview.sample.map(({ key }) => key)).toEqual(expect.arrayContaining(["web-1", "web-2"]));
    expect(await listSilences(ctx(), {})).toEqual({ items: [], next: null });
  });

  it("tell which alerts act by their rule's tags, counted over all values of the labels under a pattern", async () => {
    const rules = [{ name: "leaks", when: { tags: ["attack.exfiltration"] }, effector: "agent.freeze", mode: "act" }];
    profile = { ...profile, ...profileSchema.pick({ containment: true }).parse({ containment: { rules } }) };
    for (const [host, tags, late] of [
      ["web-1", '{"tags": ["attack.exfiltration", "attack.t1048"]}'],
      ["web-2", '{"tags": ["attack.exfiltration", "attack.t1048"]}'],
      ["web-3", '{"tags": ["attack.discovery"]}'],
      ["web-4", '{"tags": "attack.exfiltration"}'],
      ["web-5", '{"tags": ["attack.exfiltration"]}', "true"],
      ["db-1", '{"tags": ["attack.exfiltration"]}'],
    ] as const) {
      const id = await insertRuleAlert("bound-to-nothing");
      const labels = { host, ...(late === undefined ? {} : { firebreak_late: late }) };
      await test.database.pool.query("update alerts set labels = $2, detail = $3 where id = $1", [id, labels, tags]);
    }
    const preview = await previewSilence(ctx(), { matchers: [{ name: "host", op: "=~", value: "web-.*" }] });
    expect(preview).toMatchObject({ openAlerts: 6, matched: 5, containing: 2 });
  });

  it("are listed with the alerts they match now, also those that had their incident before", async () => {
    const told = await trigger("latency");
    await admitAlert(ctx(), told);
    const { id } = await silence();
    const [other] = [await trigger("disk", { team: "web" })];
    const states = await listAlertStates(ctx(), {});
    expect(states.map(({ alert, ...state }) => [alert.id, state])).toEqual(
      expect.arrayContaining([
        [told, { silencedBy: [id], inhibitedBy: [] }],
        [other, { silencedBy: [], inhibitedBy: [] }],
      ]),
    );
    expect(await listAlertStates(ctx(), { matchers: team("web") })).toHaveLength(1);
  });

  it("of the kind maintenance hold what is under maintenance", async () => {
    const window = await silence({ kind: "maintenance" });
    const alert = await trigger("latency");
    await admitAlert(ctx(), alert);
    expect((await getAlert(ctx(), alert)).decision.at(-1)).toMatchObject({ reason: "in_maintenance", by: window.id });
    expect((await listSilences(ctx(), { kind: "silence" })).items).toEqual([]);
  });
});

describe("D-9: rules of the profile", () => {
  it("inhibit while the cause is open, and let go when it is resolved", async () => {
    profile = {
      ...profile,
      alerts: alertRules.parse({
        inhibitions: [
          { name: "down", source: 'alertname=Down, team=~"x|db"', target: "alertname!=Down", equal: ["team"] },
        ],
      }),
    };
    const cause = await trigger("Down");
    const effect = await trigger("latency");
    expect(await admitAlert(ctx(), effect)).toEqual({ incidentId: null });
    expect((await getAlert(ctx(), effect)).decision.at(-1)).toMatchObject({ reason: "inhibited", by: cause });
    expect((await admitAlert(ctx(), await trigger("disk", { team: "web" }))).incidentId).not.toBeNull();
    await resolve("Down");
    expect(await passDue()).toEqual([effect]);
    expect((await getAlert(ctx(), effect)).incidentId).not.toBeNull();
  });

  it("keep what needs nobody, until the profile says otherwise", async () => {
    const shipped = profile;
    profile = {
      ...profile,
      alerts: alertRules.parse({ routes: [{ name: "noise", match: "team=db", incident: false }] }),
    };
    const alert = await trigger("latency");
    expect(await admitAlert(ctx(), alert)).toEqual({ incidentId: null });
    profile = shipped;
    expect(await passDue()).toEqual([]);
    await recheckHeldByProfile(ctx());
    expect(await passDue()).toEqual([alert]);
    expect((await getAlert(ctx(), alert)).incidentId).not.toBeNull();
  });

  it("put alerts of one group into one incident, opened by the first at once", async () => {
    profile = {
      ...profile,
      alerts: alertRules.parse({ routes: [{ name: "teams", match: "team=~.+", groupBy: ["team"] }] }),
    };
    const ids = await Promise.all(["a", "b", "c"].map((key) => trigger(key)));
    const admissions = await Promise.all(ids.map((id) => admitAlert(ctx(), id)));
    expect(new Set(admissions.map(({ incidentId }) => incidentId)).size).toBe(1);
    expect(admissions.filter((one) => one.incidentId !== null && one.opened)).toHaveLength(1);
    const other = await admitAlert(ctx(), await trigger("d", { team: "web" }));
    expect(other.incidentId).not.toBe(admissions[0]?.incidentId);
  });
});
