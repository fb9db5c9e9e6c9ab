import type { EventKind, SessionMark, SessionReplaySummary } from "@firebreak/protocol";
import { EVENT_KINDS, eventKind } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import { getSession, readStoredEvent, readTextKey } from "../../telemetry/index.ts";
import { readMoment } from "./read-moment.ts";
import { ofSession } from "./read-session-events.ts";
import type { ReplayContext, SessionName } from "./read-session-events.ts";
import { readAlerts, readIncidents } from "./surroundings.ts";
import type { SessionAlert } from "./surroundings.ts";

const MARKS_MAX = 500;
const MARK_CHARACTERS_MAX = 120;
/** Events of alerts are looked up by their ids. */
const ALERTED_EVENTS_MAX = 2_000;

/**
 * A session as a whole, and the moments of it that are worth jumping to: what was denied, what raised an alert, what failed.
 *
 * @throws FirebreakError not_found
 */
export async function summarizeSession(ctx: ReplayContext, given: SessionName): Promise<SessionReplaySummary> {
  const name = { session: readTextKey("id", given.session), agent: given.agent };
  const session = await findSession(ctx, name.session);
  const groups = await countEvents(ctx, name);
  const alerts = await readAlerts(ctx, name.session);
  const incidents = await readIncidents(ctx, name.session, alerts);
  const marks = await findMarks(ctx, name, alerts);
  const firstAt = earliest(groups.map(({ first }) => first)) ?? session?.startedAt;
  if (firstAt === undefined) {
    throw new FirebreakError(
      "not_found",
      `No event of a session ${name.session} is stored, and no supervisor reported one.`,
    );
  }
  const agents = new Map(groups.map(({ agent, pack }) => [agent, pack]));
  if (agents.size === 0 && session !== null) agents.set(session.agentId, session.pack);
  return {
    id: name.session,
    session,
    agents: [...agents].map(([id, pack]) => ({ id, pack })),
    firstAt,
    lastAt:
      groups
        .map(({ last }) => last)
        .toSorted()
        .at(-1) ??
      session?.endedAt ??
      firstAt,
    events: sum(groups),
    denied: sum(groups.filter(({ outcome }) => outcome === "denied")),
    failed: sum(groups.filter(({ outcome }) => outcome === "failure")),
    kinds: EVENT_KINDS.flatMap((kind) => {
      const count = sum(groups.filter((group) => group.kind === kind));
      return count === 0 ? [] : [{ kind, count }];
    }),
    incidents,
    marks: marks.slice(0, MARKS_MAX),
    marksCut: marks.length > MARKS_MAX,
  };
}

async function findSession(ctx: ReplayContext, id: string) {
  try {
    return await getSession(ctx, id);
  } catch (fault) {
    if (fault instanceof FirebreakError && fault.code === "not_found") return null;
    throw fault;
  }
}

interface Group {
  readonly agent: string;
  readonly pack: string | null;
  readonly kind: EventKind;
  readonly outcome: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

/** A session holds few agents, kinds and outcomes; of hostile ones, the most frequent thousand groups. */
async function countEvents(ctx: ReplayContext, name: SessionName): Promise<Group[]> {
  const rows = await ofSession(
    ctx.database.kysely
      .selectFrom("events")
      .select([
        "agent_id",
        sql<string | null>`max(pack)`.as("pack"),
        "kind",
        "outcome",
        sql<string>`count(*)`.as("count"),
        sql<Date>`min(time)`.as("first"),
        sql<Date>`max(time)`.as("last"),
      ]),
    name,
  )
    .groupBy(["agent_id", "kind", "outcome"])
    .orderBy("count", "desc")
    .limit(1_000)
    .execute();
  return rows.map((row) => ({
    agent: row.agent_id,
    pack: row.pack,
    kind: eventKind.parse(row.kind),
    outcome: row.outcome,
    count: Number(row.count),
    first: row.first.toISOString(),
    last: row.last.toISOString(),
  }));
}

const sum = (groups: readonly Group[]): number => groups.reduce((total, { count }) => total + count, 0);
const earliest = (times: readonly string[]): string | undefined => times.toSorted()[0];

async function findMarks(
  ctx: ReplayContext,
  name: SessionName,
  alerts: readonly SessionAlert[],
): Promise<SessionMark[]> {
  const alerted = [...new Set(alerts.flatMap(({ eventIds }) => eventIds))].slice(0, ALERTED_EVENTS_MAX);
  const rows = await ofSession(ctx.database.kysely.selectFrom("events").select(["seq", "id", "outcome", "body"]), name)
    .where((where) =>
      where.or([where("outcome", "in", ["denied", "failure"]), where(sql`id`, "=", sql`any(${alerted})`)]),
    )
    .orderBy("time")
    .orderBy("seq")
    .limit(MARKS_MAX + 1)
    .execute();
  const titles = new Map(alerts.flatMap(({ eventIds, title }) => eventIds.map((id) => [id, title] as const)));
  return rows.map((row) => {
    const { moment } = readMoment(readStoredEvent(row));
    const title = titles.get(row.id);
    const said = title ?? [moment.name, moment.text?.text ?? moment.resource].filter(Boolean).join(": ");
    const cause = title !== undefined ? "alert" : row.outcome === "denied" ? "denied" : "failure";
    const text = (said === "" ? moment.kind : said)
      .replaceAll(/\s+/g, " ")
      .slice(0, MARK_CHARACTERS_MAX)
      .toWellFormed();
    return { seq: moment.seq, at: moment.at, cause, text };
  });
}
