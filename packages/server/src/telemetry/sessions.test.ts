import type { Actor, Hold } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock, createNewId, DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  beatSession,
  getAgent,
  getSession,
  HEARTBEAT_SILENCE_MAX_MS,
  listAgents,
  listSessions,
  markLostSessions,
  recordSessionState,
  registerSession,
} from "./index.ts";
import type { RegisterContext } from "./index.ts";

const redactor = createRedactor(DEFAULT_REDACTION);
const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const newId = createNewId(() => clock.now());
const actor: Actor = { kind: "token", id: "tok_1", name: "supervisor" };
let test: TestDatabase;
let ctx: RegisterContext;

beforeAll(async () => {
  test = await createTestDatabase();
  ctx = { database: test.database, clock, newId, actor, redactor };
});
afterAll(() => test.close());

const register = (agentId: string, sessionId = newId("session")) =>
  registerSession(ctx, {
    sessionId,
    agentId,
    pack: "research",
    host: "h",
    supervisorPid: 42,
    command: ["node", "a\u0000b"],
  });

describe("sessions", () => {
  it("are registered once, however often the supervisor says so", async () => {
    const first = await register("scout-1");
    expect(first).toMatchObject({ state: "running", agentId: "scout-1", command: ["node", "a\uFFFDb"] });
    expect(await register("scout-1", first.id)).toEqual(first);
    await expect(register("other", first.id)).rejects.toMatchObject({ code: "conflict" });
    await expect(registerSession(ctx, { agentId: "no/slash", host: "h", command: [] })).rejects.toMatchObject({
      code: "invalid_body",
      errors: [{ where: "/agentId", message: expect.any(String) }],
    });
    const { rows } = await test.database.pool.query("select 1 from audit_log where target = $1", [first.id]);
    expect(rows).toHaveLength(1);
  });

  it("are lost when heartbeats stop, come back with one, and stay exited", async () => {
    const { id } = await register("scout-2");
    clock.advance(HEARTBEAT_SILENCE_MAX_MS);
    expect((await markLostSessions(ctx, clock.now())).map((session) => session.id)).not.toContain(id);
    clock.advance(1);
    expect((await markLostSessions(ctx, clock.now())).map((session) => session.id)).toContain(id);
    expect(await markLostSessions(ctx, clock.now())).toEqual([]);
    expect((await getSession(ctx, id)).state).toBe("lost");
    expect((await beatSession(ctx, { sessionId: id, state: "frozen" })).state).toBe("frozen");
    expect((await beatSession(ctx, { sessionId: id })).state).toBe("frozen");
    const exited = await recordSessionState(ctx, { sessionId: id, state: "exited", exitSignal: "SIGKILL" });
    expect(exited).toMatchObject({ state: "exited", exitCode: null, exitSignal: "SIGKILL" });
    expect(exited.endedAt).not.toBeNull();
    expect(await recordSessionState(ctx, { sessionId: id, state: "running" })).toEqual(exited);
    expect(await beatSession(ctx, { sessionId: id })).toEqual(exited);
    await expect(beatSession(ctx, { sessionId: newId("session") })).rejects.toMatchObject({ code: "not_found" });
  });

  it("are listed newest first in pages; agents show the latest and the holds that bear on them", async () => {
    const older = await register("scout-3");
    clock.advance(1000);
    const newer = await register("scout-3");
    const hold = (id: string, level: Hold["level"], scope: Hold["scope"], target: string | null): Hold => ({
      id,
      epoch: 1,
      scope,
      target,
      level,
      reason: "test",
      actor,
      incidentId: null,
      at: "2026-03-01T12:00:00.000Z",
      expiresAt: null,
    });
    const holds = [
      hold("a", "deny", "pack", "research"),
      hold("b", "freeze", "session", newer.id),
      hold("c", "kill", "agent", "x"),
    ];
    const agent = await getAgent(ctx, "scout-3", holds);
    expect(agent.session?.id).toBe(newer.id);
    expect(agent.holds.map(({ id }) => id)).toEqual(["b", "a"]);
    const sessions = await listSessions(ctx, { agent: "scout-3", limit: 1 });
    expect(sessions.items[0]?.id).toBe(newer.id);
    const rest = await listSessions(ctx, { agent: "scout-3", limit: 1, after: sessions.next ?? "" });
    expect(rest).toMatchObject({ items: [{ id: older.id }], next: null });
    const first = await listAgents(ctx, { limit: 2 }, []);
    const second = await listAgents(ctx, { limit: 2, after: first.next ?? "" }, []);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(["scout-1", "scout-2", "scout-3"]);
    await expect(getAgent(ctx, "nobody", [])).rejects.toMatchObject({ code: "not_found" });
  });
});
