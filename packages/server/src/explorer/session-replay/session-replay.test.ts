import type { EventMoment, SessionMoment } from "@firebreak/protocol";
import { sessionReplayPage, sessionReplaySummary } from "@firebreak/protocol";
import { constantFrom, property, assert as check, array, integer, record } from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { registerSession } from "../../telemetry/index.ts";
import { createRedactor } from "../../redaction/index.ts";
import { DEFAULT_REDACTION } from "../../kernel/index.ts";
import { getSessionReplay, summarizeSession } from "../index.ts";
import { ada, createExplorerBench, NOON } from "../testing.ts";
import type { Told } from "../testing.ts";
import { joinCalls } from "./join-calls.ts";
import { readMoment } from "./read-moment.ts";

let bench: Awaited<ReturnType<typeof createExplorerBench>>;
beforeAll(async () => {
  bench = await createExplorerBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.test.database.pool.query(
    "truncate events, agents, agent_sessions, holds, alerts, timeline, incidents cascade; alter sequence events_seq restart",
  );
});

const replay = (more: object = {}) => getSessionReplay(bench.ctx, { session: "s1", limit: 200, ...more });
const isEvent = (moment: SessionMoment): moment is EventMoment => moment.type === "event";
const call = (id: string, tool = "search") => ({
  kind: "tool_call",
  data: { tool_name: tool, call_id: id, arguments: { q: id } },
});
const answer = (id: string, tool = "search") => ({
  kind: "log",
  outcome: "success",
  data: { tool_name: tool, call_id: id, response: `of ${id}`, duration_ms: 40 },
});

describe("E-5: a session as a conversation", () => {
  test("joins what came of a call to the call, and keeps the order of the sources' clocks", async () => {
    await bench.send([
      { at: 1, kind: "prompt", data: { content: "find the invoice" } },
      { at: 3, ...call("c1") },
      { at: 4, ...call("c2") },
      { at: 6, ...answer("c2") },
      { at: 5, kind: "command", outcome: "failure", data: { command: "ls /srv" } },
      { at: 7, ...answer("c1") },
      { at: 2, kind: "model_output", data: { content: "I look for it", part: "thinking", model: "m" } },
    ]);
    const page = await replay();
    expect(sessionReplayPage.safeParse(page).error).toBeUndefined();
    const events = page.items.filter(isEvent);
    expect(events.map(({ role, name, text, answer: came }) => [role, name ?? text?.text, came?.text?.text])).toEqual([
      ["prompt", "find the invoice", undefined],
      ["thinking", "I look for it", undefined],
      ["call", "search", "of c1"],
      ["call", "search", "of c2"],
      ["command", "ls /srv", undefined],
    ]);
    expect(events[2]).toMatchObject({ answer: { joinedBy: "call_id", durationMs: 40, outcome: "success" } });
    expect(page).toMatchObject({ next: null, previous: null });
  });

  test("joins by order only where one call waits, and says so", async () => {
    const anonymous = { kind: "tool_call", data: { tool_name: "fetch", arguments: {} } };
    const came = { kind: "log", outcome: "success", data: { tool_name: "fetch", response: "x", duration_ms: 1 } };
    await bench.send([
      { at: 1, ...anonymous },
      { at: 2, ...came },
      { at: 3, ...anonymous },
      { at: 4, ...anonymous },
      { at: 5, ...came },
      { at: 6, ...came },
    ]);
    const events = (await replay()).items.filter(isEvent);
    expect(events.map(({ role, answer: joined }) => [role, joined?.joinedBy ?? null])).toEqual([
      ["call", "order"],
      ["call", null],
      ["call", null],
      ["answer", null],
      ["answer", null],
    ]);
  });

  test("names the hold behind a denial, the policy, and a stop that ended a running call", async () => {
    await bench.test.database.pool.query(
      `insert into holds (id, epoch, scope, target, level, reason, actor, at, released_at, released_by, release_reason)
       values ('hld_1', 1, 'agent', 'scout', 'freeze', 'it burns', $1, $2, $3, $1, 'it is out'),
              ('hld_2', 2, 'agent', 'other', 'kill', 'not this one', $1, $2, null, null, null),
              ('hld_3', 3, 'global', null, 'deny', 'long before', $1, $4, $4, $1, 'over')`,
      [JSON.stringify(ada), new Date(NOON + 2000), new Date(NOON + 9000), new Date(NOON - 86_400_000)],
    );
    const refused = { kind: "tool_call", outcome: "denied" };
    await bench.send([
      { at: 1, ...call("c1") },
      {
        at: 3,
        kind: "log",
        outcome: "denied",
        data: { tool_name: "search", call_id: "c1", reason: "stopped", denial: "stopped", hold_id: "hld_1" },
      },
      { at: 4, ...refused, data: { tool_name: "rm", reason: "stopped: it burns" } },
      { at: 10, ...refused, data: { tool_name: "pay", reason: "too much", denial: "policy", policy: "no-payments" } },
    ]);
    const { items } = await replay();
    expect(
      items.map((moment) => (isEvent(moment) ? moment.name : moment.type === "hold" ? moment.change : "")),
    ).toEqual(["search", "stopped", "rm", "resumed", "pay"]);
    const [first, second, third] = items.filter(isEvent);
    expect(first?.denied?.hold).toMatchObject({ id: "hld_1", reason: "it burns" });
    expect(first?.answer?.outcome).toBe("denied");
    expect(second?.denied).toMatchObject({ reason: "stopped: it burns", hold: { id: "hld_1" } });
    expect(third?.denied).toMatchObject({ policy: "no-payments", hold: null });
  });

  test("marks gaps: silence of the supervisor, idleness, and what was told late", async () => {
    const redactor = createRedactor(DEFAULT_REDACTION);
    const session = bench.newId("session");
    await registerSession({ ...bench.ctx, redactor }, { sessionId: session, agentId: "scout", host: "h", command: [] });
    const agent = { id: "scout", session };
    const beat = (at: number): Told => ({ at, agent, kind: "heartbeat" });
    await bench.send([
      { at: 0, agent, kind: "prompt", data: { content: "begin" } },
      ...Array.from({ length: 20 }, (_, index) => beat(5 + index * 5)),
      { at: 105, agent, kind: "command", data: { command: "true" } },
      { at: 165, agent, kind: "command", data: { command: "false" } },
      { at: 500, agent, kind: "lifecycle", data: { event_type: "gate", runtime: "sdk" } },
    ]);
    await bench.send([{ at: 170, agent, kind: "log", data: { message: "late" } }]);
    const { items } = await replay({ session });
    const gaps = items.filter((moment) => moment.type === "gap");
    expect(gaps.map(({ cause, at }) => [cause, (Date.parse(at) - NOON) / 1000])).toEqual([
      ["idle", 0],
      ["silence", 105],
      ["silence", 170],
    ]);
    expect(items.filter(isEvent).find(({ text }) => text?.text === "late")?.lateMs).toBe(330_000);
    expect(items.filter(isEvent).some(({ role }) => role === "lifecycle")).toBe(false);
  });

  test("shows alerts at their events and what people did, and lists the moments worth jumping to", async () => {
    const { pool } = bench.test.database;
    await pool.query(
      `insert into incidents (id, title, type, severity, severity_label, state, profile, session_id, began_at, detected_at, opened_at, updated_at)
       values ('INC-1', 'It burns', 'other', 1, 'SEV-1', 'detected', 'p', 's1', now(), now(), now(), now())`,
    );
    await pool.query(
      `insert into timeline (incident_id, key, at, kind, source, actor, text, data)
       values ('INC-1', 'n', $1, 'note', 'incidents', $2, 'I look at it', '{}')`,
      [new Date(NOON + 2500), JSON.stringify(ada)],
    );
    await bench.send([
      { at: 1, kind: "command", data: { command: "ls" } },
      { at: 2, kind: "command", data: { command: "rm -rf /" } },
      { at: 3, kind: "network", outcome: "denied", resource: "http://evil.example" },
    ]);
    const { rows } = await pool.query<{ id: string }>("select id from events where seq = 2");
    await pool.query(
      `insert into alerts (id, fingerprint, rule_id, title, level, severity, incident_type, status, session_id, sentence, detail,
         first_event_at, last_event_at, occurrences, event_ids, created_at, updated_at, source, kind, key, labels, incident_id)
       values ('alr_1', 'f', 'r1', 'Destructive command', 'high', 1, 'other', 'open', 's1', 's', '{}', now(), now(), 1, $1,
         now(), now(), 'detection', 'sigma', 'k', '{}', 'INC-1')`,
      [JSON.stringify(rows.map(({ id }) => id))],
    );
    const { items } = await replay();
    expect(items.map(({ type }) => type)).toEqual(["event", "event", "act", "event"]);
    expect(items[1]).toMatchObject({ alerts: [{ id: "alr_1", incidentId: "INC-1" }] });
    const summary = await summarizeSession(bench.ctx, { session: "s1" });
    expect(sessionReplaySummary.safeParse(summary).error).toBeUndefined();
    expect(summary).toMatchObject({
      session: null,
      events: 3,
      denied: 1,
      agents: [{ id: "scout" }],
      incidents: [{ id: "INC-1" }],
      marks: [
        { seq: 2, cause: "alert", text: "Destructive command" },
        { seq: 3, cause: "denied", text: "http://evil.example" },
      ],
    });
  });

  test("pages in both directions and around an event tell each moment once", async () => {
    const events: Told[] = Array.from({ length: 120 }, (_, index) => {
      const step = index % 3;
      const id = `c${Math.floor(index / 3)}`;
      const what = step === 0 ? { kind: "prompt", data: { content: id } } : step === 1 ? call(id) : answer(id);
      return { at: Math.floor(index / 2), ...what };
    });
    await bench.send(events);
    await bench.test.database.pool.query(
      `insert into holds (id, epoch, scope, target, level, reason, actor, at) values ('hld_1', 1, 'global', null, 'deny', 'r', $1, $2)`,
      [JSON.stringify(ada), new Date(NOON + 20_000)],
    );
    const whole = (await replay()).items;
    expect(whole).toHaveLength(81);
    for (const limit of [1, 7, 50]) {
      const forward: SessionMoment[] = [];
      let page = await replay({ limit });
      forward.push(...page.items);
      while (page.next !== null) forward.push(...(page = await replay({ limit, after: page.next })).items);
      expect(forward, `forward by ${limit}`).toEqual(whole);
      let back = await replay({ limit, end: true });
      const backward = [...back.items];
      while (back.previous !== null) backward.unshift(...(back = await replay({ limit, before: back.previous })).items);
      expect(backward, `backward by ${limit}`).toEqual(whole);
    }
    const around = (await replay({ event: 61, limit: 40 })).items.filter(isEvent).map(({ seq }) => seq);
    expect(around).toContain(61);
    expect(around[0]).toBeGreaterThan(35);
  });

  test("bounds a page in bytes, cuts long texts, and keeps hostile content as text", async () => {
    const long = "x".repeat(200_000);
    for (const from of [0, 60]) {
      const said = { kind: "model_output", data: { content: long } };
      await bench.send(Array.from({ length: 60 }, (_, index) => ({ at: from + index, ...said })));
    }
    const page = await replay();
    expect(page.items.length).toBeLessThan(120);
    expect(page.next).not.toBeNull();
    expect(page.items.filter(isEvent)[0]?.text).toEqual({ text: long.slice(0, 8192), length: 200_000 });
    await bench.send([
      { at: 500, kind: "log", data: { message: "\u0000<script>\u001b]0;x\u0007\u202e" }, resource: "=1+1" },
    ]);
    const { items } = await replay({ end: true, limit: 1 });
    expect(items[0]).toMatchObject({ text: { text: "\u0000<script>\u001b]0;x\u0007\u202e" } });
  });

  test("tells an unknown session, a foreign cursor and a NUL apart from an empty one", async () => {
    await expect(replay()).rejects.toMatchObject({ code: "not_found" });
    await expect(summarizeSession(bench.ctx, { session: "s1" })).rejects.toMatchObject({ code: "not_found" });
    await expect(replay({ session: "a\u0000b" })).rejects.toMatchObject({ code: "bad_request" });
    await bench.send([{ at: 1, kind: "prompt" }]);
    for (const after of ["x", "1", "1.", "9999999999999999.1", "1.1.1"]) {
      await expect(replay({ after })).rejects.toMatchObject({ code: "bad_request" });
    }
    await expect(replay({ event: 77 })).rejects.toMatchObject({ code: "not_found" });
    expect(await replay({ agent: "other" }).catch(({ code }: { code: string }) => code)).toBe("not_found");
  });
});

const happenings = array(
  record({
    tool: constantFrom("a", "b"),
    id: constantFrom(undefined, "1", "2"),
    part: constantFrom("begins", "ends", "none"),
  }),
  { maxLength: 60 },
);

test("E-5: joining loses no event, tells none twice, and gives a call at most one answer", () => {
  check(
    property(happenings, integer({ min: 0, max: 60 }), (given, cut) => {
      const readings = given.map(({ tool, id, part }, index) => {
        const kind = part === "begins" ? "tool_call" : "log";
        const data = {
          ...(part === "none" ? {} : { tool_name: tool, ...(id === undefined ? {} : { call_id: id }) }),
          ...(part === "ends" ? { duration_ms: 1, response: "r" } : {}),
          ...(part === "begins" ? { arguments: {} } : {}),
        };
        const at = new Date(NOON + index).toISOString();
        return readMoment({
          seq: index + 1,
          id: `e${index}`,
          time: at,
          receivedTime: at,
          source: "t",
          agent: { id: "x" },
          kind,
          outcome: "unknown",
          data,
        });
      });
      const whole = joinCalls(readings, { from: 0, to: readings.length });
      const told = whole.flatMap(({ seq, answer: came }) => [seq, ...(came === null ? [] : [came.seq])]);
      expect(told.toSorted((a, b) => a - b)).toEqual(readings.map(({ moment }) => moment.seq));
      expect(whole.every(({ seq, answer: came }) => came === null || came.seq > seq)).toBe(true);
      const parts = [
        joinCalls(readings, { from: 0, to: cut }),
        joinCalls(readings, { from: cut, to: readings.length }),
      ];
      expect(parts.flat()).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});
