import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from "vitest";
import type { Effector, EffectorContext } from "../../containment/index.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "../../incidents/testing.ts";
import type { TestContext } from "../../incidents/testing.ts";
import { getIncident } from "../../incidents/index.ts";
import { DEFAULT_REDACTION, silentLogger, toIso } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { createRedactor } from "../../redaction/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, parseEventBatch, registerSession } from "../../telemetry/index.ts";
import { filtersOf } from "./event-questions.ts";
import { houseEffectors } from "./index.ts";

let storage: TestDatabase;
let incidents: TestContext;
let home: string;
beforeAll(async () => {
  storage = await createTestDatabase();
  incidents = await createTestContext(storage.database);
});
afterAll(() => storage.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-house-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A fresh instance each time: what it needs to know is on record, not in memory. */
function effectorOf(name: string): Effector {
  const { profile } = incidents;
  const found = houseEffectors({ database: storage.database, profile }).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function contextFor(changes: Partial<EffectorContext> = {}): EffectorContext {
  const { clock, newId, logger, actor } = incidents;
  const facts = { home, clock, newId, logger, actor, runId: "run_1", stepId: "step", expiresAt: null };
  return { ...facts, incidentId: null, signal: new AbortController().signal, ...changes };
}

const minutesAgo = (minutes: number) => toIso(incidents.clock.now() - minutes * 60_000);

async function store(events: readonly object[]): Promise<void> {
  const { clock, newId } = incidents;
  const { database } = storage;
  const redactor = createRedactor(DEFAULT_REDACTION);
  const intake = createIntake({ database, clock, newId, logger: silentLogger, redactor, onStored: () => {} });
  const lines = events.map((event) => JSON.stringify(event)).join("\n");
  await intake.accept(await parseEventBatch(Buffer.from(lines), "application/x-ndjson", clock.now()), { name: "test" });
  await intake.close();
}

async function snapshot(): Promise<unknown> {
  const tables = ["incidents", "timeline", "audit_log", "indicators", "events"];
  const rows = await Promise.all(
    tables.map((table) => storage.database.pool.query(`select count(*)::int as count from ${table}`)),
  );
  return rows.map(({ rows: [row] }) => row);
}

/** One of its own for each call: alerts of one agent would share an incident. */
async function openIncident(): Promise<string> {
  const agentId = incidents.newId("request");
  const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents, { agentId }));
  if (incidentId === null) throw new Error("no incident was opened");
  return incidentId;
}

const auditOf = async (target: string, action: string) => {
  const { rows } = await storage.database.pool.query(
    "select count(*)::int as count from audit_log where target = $1 and action = $2",
    [target, action],
  );
  return rows[0]?.count;
};

describe("questions about events and agents", () => {
  beforeAll(async () => {
    const login = (id: number, address: string, outcome: string, user: string) => ({
      id: `login-${id}`,
      time: minutesAgo(5),
      agent: { id: "host" },
      kind: "auth",
      outcome,
      data: { source_address: address, user },
    });
    await store([
      ...[1, 2, 3].map((id) => login(id, "203.0.113.9", "failure", `user${id}`)),
      login(4, "203.0.113.9", "success", "root"),
      login(5, "198.51.100.7", "success", "ada"),
      { ...login(6, "198.51.100.8", "failure", "old"), time: minutesAgo(500) },
      {
        id: "curl-1",
        time: minutesAgo(2),
        agent: { id: "scout", session: "s1" },
        kind: "command",
        outcome: "failure",
        data: { command: "curl evil.example.org", exit_code: 7 },
      },
      {
        id: "mail-1",
        time: minutesAgo(3),
        agent: { id: "scout" },
        kind: "model_output",
        data: { text: "write to jane.roe@example.org, token ghp_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6" },
      },
      {
        id: "key-1",
        time: minutesAgo(3),
        agent: { id: "writer" },
        kind: "model_output",
        data: { text: "ghp_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6" },
      },
    ]);
  });

  test.each([
    ["events.search", { query: "curl", sinceMinutes: 60 }],
    ["pii.search", { sinceMinutes: 60 }],
    ["check.logins", { sinceMinutes: 60 }],
    ["agent.status", {}],
  ])("C-3: %s only reads, answers the same twice, and has nothing to undo", async (name, parameters) => {
    const before = await snapshot();
    const effector = effectorOf(name);
    expect(effector).toMatchObject({ destroysEvidence: false, idempotent: true, expiry: "none" });
    expect(await effector.preview(contextFor(), parameters)).toMatchObject({
      obstacles: [],
      changes: [expect.any(String)],
    });
    const first = await effector.apply(contextFor(), parameters);
    expect(first, first.message).toMatchObject({ ok: true });
    expect(await effector.apply(contextFor(), parameters)).toEqual(first);
    expect(await effector.verify(contextFor(), parameters, {})).toEqual(first);
    for (let i = 0; i < 2; i++) expect(await effector.undo(contextFor(), parameters, {})).toMatchObject({ ok: true });
    expect(await snapshot()).toEqual(before);
  });

  test("C-3: events.search counts what words and conditions find, and names events, agents, sessions", async () => {
    const found = await effectorOf("events.search").apply(contextFor(), {
      query: "curl kind=command data.exit_code!=0",
      sinceMinutes: 60,
    });
    expect(found).toMatchObject({
      ok: true,
      output: { count: 1, eventIds: ["curl-1"], agents: ["scout"], sessions: ["s1"], complete: true },
    });
    const nothing = await effectorOf("events.search").apply(contextFor(), {
      query: "curl kind=auth",
      sinceMinutes: 60,
    });
    expect(nothing).toMatchObject({ ok: true, output: { count: 0, eventIds: [] } });
  });

  test("C-3: events.search says in the file what is wrong with a query", () => {
    const { parameters } = effectorOf("events.search");
    expect(parameters.safeParse({ query: "a ".repeat(20), sinceMinutes: 5 }).success).toBe(false);
    expect(parameters.safeParse({ query: "data..x=1", sinceMinutes: 5 }).success).toBe(false);
    expect(parameters.safeParse({ query: "data.x=1 word", sinceMinutes: 5 }).success).toBe(true);
  });

  test.each([
    ['curl "a phrase" kind=command', { text: 'curl "a phrase"', path: ["kind=command"] }],
    ["data.bytes>=1000", { path: ["data.bytes>=1000"] }],
    ["a=b", { text: "a=b" }],
    ["word*", { text: "word*" }],
    ['data."a.b"~x', { path: ['data."a.b"~x'] }],
  ])("C-3: reads the query %s", (query, expected) => {
    expect(filtersOf(query)).toEqual(expected);
  });

  test("C-3: pii.search tells personal data from keys, and shows neither", async () => {
    const found = await effectorOf("pii.search").apply(contextFor(), { sinceMinutes: 60 });
    expect(found).toMatchObject({ output: { count: 1, categories: ["EMAIL"], eventIds: ["mail-1"], complete: true } });
    expect(JSON.stringify(found)).not.toContain("jane");
    const other = await effectorOf("pii.search").apply(contextFor(), { sinceMinutes: 60, agentId: "writer" });
    expect(other).toMatchObject({ output: { count: 0, categories: [] } });
  });

  test("C-3: check.logins counts by address, the most failures first", async () => {
    const found = await effectorOf("check.logins").apply(contextFor(), { sinceMinutes: 60, minFailures: 2 });
    expect(found).toMatchObject({
      output: {
        addresses: [
          {
            address: "203.0.113.9",
            failures: 3,
            succeeded: 1,
            users: expect.arrayContaining(["user1", "user2", "root"]),
          },
        ],
      },
    });
    const all = await effectorOf("check.logins").apply(contextFor(), { sinceMinutes: 600, minFailures: 0 });
    expect(all.output?.["addresses"]).toHaveLength(3);
  });

  test("C-3: agent.status says what is held, and of whom nothing is known", async () => {
    const killswitch = openKillswitch(contextFor());
    const hold = await killswitch.add({
      id: "hold_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
      scope: "agent",
      target: "scout",
      level: "deny",
      reason: "test",
      actor: incidents.actor,
      incidentId: null,
    });
    killswitch.close();
    expect(await effectorOf("agent.status").apply(contextFor(), { agentId: "scout" })).toMatchObject({
      ok: true,
      output: { agents: [{ agentId: "scout", running: false, processes: 0, holds: [hold.id], level: "deny" }] },
    });
    expect(await effectorOf("agent.status").apply(contextFor(), { agentId: "writer" })).toMatchObject({
      output: { agents: [{ holds: [], level: "" }] },
    });
    expect(await effectorOf("agent.status").apply(contextFor(), { agentId: "nobody" })).toMatchObject({
      ok: false,
      reason: "not_found",
    });
  });
});

test("C-3: agent.status knows of sessions on other hosts, as long as they are heard of", async () => {
  const redactor = createRedactor(DEFAULT_REDACTION);
  await registerSession({ ...incidents, redactor }, { agentId: "remote", host: "elsewhere", command: ["agent"] });
  const status = () => effectorOf("agent.status").apply(contextFor(), { agentId: "remote" });
  expect(await status()).toMatchObject({ ok: true, output: { agents: [{ running: true, processes: 0 }] } });
  incidents.clock.advance(60_000);
  expect(await status()).toMatchObject({ ok: true, output: { agents: [{ running: false }] } });
});

describe("what steps do to their incident", () => {
  test("C-3: severity: applied twice is once, undone by another process, and twice is once", async () => {
    const ctx = contextFor({ incidentId: await openIncident() });
    const parameters = { severity: 3, reason: "only a test host" };
    const read = async () => (await getIncident(incidents, ctx.incidentId ?? "")).severity;
    const before = await read();
    expect(await effectorOf("incident.set_severity").preview(ctx, parameters)).toMatchObject({ obstacles: [] });
    expect(await read()).toBe(before);
    expect(await effectorOf("incident.set_severity").verify(ctx, parameters, {})).toMatchObject({ ok: false });
    for (let i = 0; i < 2; i++) {
      const applied = await effectorOf("incident.set_severity").apply(ctx, parameters);
      expect(applied).toMatchObject({ ok: true, output: { before, severity: 3 } });
    }
    expect(await auditOf(ctx.incidentId ?? "", "incident.change_severity")).toBe(1);
    expect(await effectorOf("incident.set_severity").verify(ctx, parameters, {})).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) {
      expect(await effectorOf("incident.set_severity").undo(ctx, parameters, {})).toMatchObject({ ok: true });
      expect(await read()).toBe(before);
    }
  });

  test("C-3: severity: what a person changed since stays when the step is undone", async () => {
    const ctx = contextFor({ incidentId: await openIncident() });
    await effectorOf("incident.set_severity").apply(ctx, { severity: 3, reason: "a test host" });
    await effectorOf("incident.set_severity").apply({ ...ctx, stepId: "other" }, { severity: 2, reason: "it is not" });
    await effectorOf("incident.set_severity").undo(ctx, { severity: 3, reason: "a test host" }, {});
    expect((await getIncident(incidents, ctx.incidentId ?? "")).severity).toBe(2);
  });

  test("C-3: state: as the incident's own rules allow, with what it was, and back where that is allowed", async () => {
    const ctx = contextFor({ incidentId: await openIncident() });
    const state = async () => (await getIncident(incidents, ctx.incidentId ?? "")).state;
    const set = (to: string, stepId: string) => effectorOf("incident.set_state").apply({ ...ctx, stepId }, { to });
    expect(await set("triaged", "a")).toMatchObject({ ok: true, output: { before: "detected", state: "triaged" } });
    expect(await set("triaged", "a")).toMatchObject({ ok: true, output: { before: "detected" } });
    expect(await set("contained", "b")).toMatchObject({ ok: true });
    expect(await set("closed", "c")).toMatchObject({ ok: false, reason: "conflict" });
    expect(await state()).toBe("contained");
    for (let i = 0; i < 2; i++) {
      const undone = await effectorOf("incident.set_state").undo({ ...ctx, stepId: "b" }, { to: "contained" }, {});
      expect(undone).toMatchObject({ ok: true });
      expect(await state()).toBe("triaged");
    }
    const impossible = await effectorOf("incident.set_state").undo({ ...ctx, stepId: "a" }, { to: "triaged" }, {});
    expect(impossible).toMatchObject({ ok: false, reason: "conflict" });
    expect(await state()).toBe("triaged");
  });

  test("C-3: note: is written once for a step, stays when it is undone, and bears any text", async () => {
    const ctx = contextFor({ incidentId: await openIncident() });
    const parameters = { text: "half \ud800 and NUL \u0000" };
    const notes = async () =>
      (await getIncident(incidents, ctx.incidentId ?? "")).timeline.filter(({ kind }) => kind === "note");
    expect(await effectorOf("incident.note").verify(ctx, parameters, {})).toMatchObject({ ok: false });
    for (let i = 0; i < 2; i++)
      expect(await effectorOf("incident.note").apply(ctx, parameters)).toMatchObject({ ok: true });
    expect((await notes()).map(({ text }) => text)).toEqual(["half \uFFFD and NUL \uFFFD"]);
    expect(await effectorOf("incident.note").verify(ctx, parameters, {})).toMatchObject({ ok: true });
    expect(await effectorOf("incident.note").undo(ctx, parameters, {})).toMatchObject({ ok: true });
    expect(await notes()).toHaveLength(1);
    await effectorOf("incident.note").apply({ ...ctx, stepId: "next" }, parameters);
    expect(await notes()).toHaveLength(2);
  });

  test.each([
    ["incident.set_severity", { severity: 1, reason: "test" }],
    ["incident.set_state", { to: "triaged" }],
    ["incident.note", { text: "x" }],
  ])("C-3: %s of a run without an incident, or with one that is gone, is not found", async (name, parameters) => {
    for (const incidentId of [null, "INC-none"]) {
      const ctx = contextFor({ incidentId });
      expect(await effectorOf(name).apply(ctx, parameters)).toMatchObject({ ok: false, reason: "not_found" });
    }
  });
});

describe("a failure of the database in the middle", () => {
  const breakAudit = () =>
    storage.database.pool.query(`
      create function refuse_audit() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$;
      create trigger refuse_audit before insert on audit_log for each row execute function refuse_audit()`);
  const mendAudit = () => storage.database.pool.query("drop function if exists refuse_audit cascade");
  afterEach(() => mendAudit());

  test.each([
    ["incident.set_severity", { severity: 3, reason: "a test host" }],
    ["incident.set_state", { to: "triaged" }],
    ["incident.note", { text: "a note" }],
    ["indicator.add", { type: "domain", value: "half.example" }],
  ])(
    "C-3: leaves nothing of %s, whose undo then changes nothing, and which can be done after",
    async (name, parameters) => {
      const ctx = contextFor({ incidentId: await openIncident() });
      const before = [await snapshot(), await getIncident(incidents, ctx.incidentId ?? "")];
      const now = async () => [await snapshot(), await getIncident(incidents, ctx.incidentId ?? "")];
      await breakAudit();
      await expect(effectorOf(name).apply(ctx, parameters)).rejects.toThrow("disk full");
      await mendAudit();
      expect(await now()).toEqual(before);
      expect(await effectorOf(name).verify(ctx, parameters, {})).toMatchObject({ ok: false });
      expect(await effectorOf(name).undo(ctx, parameters, {})).toMatchObject({ ok: true });
      expect(await now()).toEqual(before);
      expect(await effectorOf(name).apply(ctx, parameters)).toMatchObject({ ok: true });
      expect(await effectorOf(name).verify(ctx, parameters, {})).toMatchObject({ ok: true });
    },
  );
});

describe("indicator.add", () => {
  const count = async (value: string) =>
    (await storage.database.pool.query("select count(*)::int as count from indicators where value = $1", [value]))
      .rows[0]?.count;

  test("C-3: is on the list once, with an audit row, and undo takes off what it added, twice is once", async () => {
    const ctx = contextFor({ incidentId: "INC-1" });
    const parameters = { type: "domain", value: "Evil[.]example", note: "asked for the key" };
    expect(await effectorOf("indicator.add").preview(ctx, parameters)).toMatchObject({ obstacles: [] });
    expect(await count("evil.example")).toBe(0);
    expect(await effectorOf("indicator.add").verify(ctx, parameters, {})).toMatchObject({ ok: false });
    const added = await effectorOf("indicator.add").apply(ctx, parameters);
    expect(added).toMatchObject({ ok: true, output: { indicatorId: expect.stringMatching(/^ioc_|^ind/) } });
    expect(await effectorOf("indicator.add").apply(ctx, parameters)).toMatchObject({ ok: true, output: added.output });
    expect(await count("evil.example")).toBe(1);
    expect(await effectorOf("indicator.add").verify(ctx, parameters, {})).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) {
      expect(await effectorOf("indicator.add").undo(ctx, parameters, {})).toMatchObject({ ok: true });
      expect(await count("evil.example")).toBe(0);
    }
  });

  test("C-3: undo leaves what was on the list before", async () => {
    const parameters = { type: "domain", value: "known.example" };
    await effectorOf("indicator.add").apply(contextFor({ runId: "earlier" }), parameters);
    await effectorOf("indicator.add").apply(contextFor(), parameters);
    await effectorOf("indicator.add").undo(contextFor(), parameters, {});
    expect(await count("known.example")).toBe(1);
  });

  test("C-3: refuses in the file what is no value of its type", () => {
    const { parameters } = effectorOf("indicator.add");
    expect(parameters.safeParse({ type: "sha256", value: "nonsense" }).success).toBe(false);
  });
});
