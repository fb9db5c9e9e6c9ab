import type { Actor, SessionView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import { z } from "zod";
import { entityName } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { anyRow, instant, notifyLive } from "../storage/index.ts";
import type { Database, DueCondition, Instant, Schema } from "../storage/index.ts";
import { toSessionView } from "./session-row.ts";

export interface SessionContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

export interface RegisterContext extends SessionContext {
  readonly redactor: Pick<Redactor, "maskArguments">;
}

/** A supervisor beats every few seconds; silence this long means that nobody knows whether the agent is under control. */
export const HEARTBEAT_SILENCE_MAX_MS = 15_000;

const WATCH: Actor = { kind: "daemon", id: "firebreak", name: "firebreak" };

const plainText = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .transform((text) => text.toWellFormed().replaceAll("\u0000", "\uFFFD"));

const newSession = z.object({
  sessionId: z
    .string()
    .regex(/^ses_[0-9A-Z]{26}$/, "use a session id such as ses_… (26 characters)")
    .optional(),
  agentId: entityName,
  pack: entityName.nullish(),
  host: plainText(255).pipe(z.string().min(1)),
  supervisorPid: z.number().int().positive().max(0x7fffffff).nullish(),
  command: z.array(plainText(32_768)).max(4096),
  workspace: plainText(4096).nullish(),
});
export type NewSession = z.input<typeof newSession>;

/**
 * Makes a supervised session known. Saying it again with the same id changes nothing, so a supervisor may retry.
 *
 * @throws FirebreakError invalid_body; conflict when the id belongs to another agent's session
 */
export async function registerSession(ctx: RegisterContext, input: NewSession): Promise<SessionView> {
  const session = parseSession(input);
  const now = toIso(ctx.clock.now());
  const id = session.sessionId ?? ctx.newId("session");
  return ctx.database.kysely.transaction().execute(async (trx) => {
    await upsertAgent(trx, session.agentId, session.pack ?? null, now);
    const added = await trx
      .insertInto("agent_sessions")
      .values({
        id,
        agent_id: session.agentId,
        pack: session.pack ?? null,
        host: session.host,
        supervisor_pid: session.supervisorPid ?? null,
        command: JSON.stringify(ctx.redactor.maskArguments(session.command)),
        workspace: session.workspace ?? null,
        state: "running",
        started_at: now,
        last_heartbeat_at: now,
        exit_code: null,
        exit_signal: null,
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (added === undefined) return findOwnSession(trx, id, session.agentId);
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "session.register",
      target: id,
      detail: { agentId: session.agentId, pack: session.pack ?? null, host: session.host },
    });
    await notifyLive(trx, "agent", session.agentId);
    return toSessionView(added);
  });
}

function parseSession(input: NewSession): z.output<typeof newSession> {
  const parsed = newSession.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ where: `/${issue.path.join("/")}`, message: issue.message }));
  throw new FirebreakError("invalid_body", "The session cannot be registered; see the fields.", { errors });
}

async function upsertAgent(trx: Transaction<Schema>, id: string, pack: string | null, now: string): Promise<void> {
  await trx
    .insertInto("agents")
    .values({ id, pack, first_seen_at: now, last_seen_at: now })
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet({
        pack: sql`coalesce(excluded.pack, agents.pack)`,
        last_seen_at: sql`greatest(agents.last_seen_at, excluded.last_seen_at)`,
      }),
    )
    .execute();
}

async function findOwnSession(trx: Transaction<Schema>, id: string, agentId: string): Promise<SessionView> {
  const row = await trx.selectFrom("agent_sessions").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  if (row.agent_id === agentId) return toSessionView(row);
  throw new FirebreakError("conflict", `The session ${id} belongs to another agent; register with a new session id.`);
}

export interface SessionStateChange {
  readonly sessionId: string;
  readonly state: SessionView["state"];
  readonly exitCode?: number | null | undefined;
  readonly exitSignal?: string | null | undefined;
}

/**
 * Notes what a supervisor, or a stop, says of its session. `exited` is final: what comes later, also late repeats, is
 * answered with the session as it is.
 *
 * @throws FirebreakError not_found
 */
export async function recordSessionState(ctx: SessionContext, change: SessionStateChange): Promise<SessionView> {
  const nowMs = ctx.clock.now();
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const before = await lockSession(trx, change.sessionId);
    if (before.state === change.state || before.state === "exited") return before;
    const hasExited = change.state === "exited";
    const row = await trx
      .updateTable("agent_sessions")
      .set({
        state: change.state,
        ...(change.state === "lost" ? {} : { last_heartbeat_at: toIso(nowMs) }),
        ...(hasExited
          ? { ended_at: toIso(nowMs), exit_code: change.exitCode ?? null, exit_signal: change.exitSignal ?? null }
          : {}),
      })
      .where("id", "=", change.sessionId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(trx, {
      at: nowMs,
      actor: ctx.actor,
      action: "session.state",
      target: row.id,
      detail: { agentId: row.agent_id, from: before.state, to: change.state },
    });
    await notifyLive(trx, "agent", row.agent_id);
    return toSessionView(row);
  });
}

async function lockSession(trx: Transaction<Schema>, id: string): Promise<SessionView> {
  const row = await trx.selectFrom("agent_sessions").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no session ${id}.`);
  return toSessionView(row);
}

/**
 * A sign of life from a session's supervisor. One that was given up as lost is back, in the state the supervisor names.
 *
 * @throws FirebreakError not_found
 */
export async function beatSession(
  ctx: SessionContext,
  beat: { readonly sessionId: string; readonly state?: "running" | "frozen" | undefined },
): Promise<SessionView> {
  const { sessionId, state = "running" } = beat;
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const before = await lockSession(trx, sessionId);
    if (before.state === "exited") return before;
    const isBack = before.state === "lost";
    const row = await trx
      .updateTable("agent_sessions")
      .set({ last_heartbeat_at: toIso(ctx.clock.now()), ...(isBack ? { state } : {}) })
      .where("id", "=", sessionId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await trx
      .updateTable("agents")
      .set({ last_seen_at: toIso(ctx.clock.now()) })
      .where("id", "=", row.agent_id)
      .execute();
    if (isBack) {
      const act = { action: "session.state", target: row.id };
      const detail = { agentId: row.agent_id, from: before.state, to: state };
      await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, ...act, detail });
      await notifyLive(trx, "agent", row.agent_id);
    }
    return toSessionView(row);
  });
}

const isSilent = (now: Instant) =>
  sql<boolean>`state in ('running', 'frozen')
    and last_heartbeat_at < ${now} - ${HEARTBEAT_SILENCE_MAX_MS}::float8 * interval '1 millisecond'`;

/** Whether {@link markLostSessions} would give one up. */
export const isSessionSilent: DueCondition = (kysely, now) =>
  anyRow(kysely.selectFrom("agent_sessions").where(isSilent(now)));

/** Sessions whose supervisor fell silent. @returns those that were given up as lost now */
export async function markLostSessions(ctx: Pick<SessionContext, "database">, nowMs: number): Promise<SessionView[]> {
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const rows = await trx
      .updateTable("agent_sessions")
      .set({ state: "lost" })
      .where(isSilent(instant(nowMs)))
      .returningAll()
      .execute();
    for (const row of rows) {
      const detail = { agentId: row.agent_id, to: "lost" };
      await recordAudit(trx, { at: nowMs, actor: WATCH, action: "session.state", target: row.id, detail });
      await notifyLive(trx, "agent", row.agent_id);
    }
    return rows.map((row) => toSessionView(row));
  });
}
