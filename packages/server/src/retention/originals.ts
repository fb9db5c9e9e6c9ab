import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { eraseRevealable } from "../originals/index.ts";
import type { ErasureScope } from "../originals/index.ts";
import { toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Schema } from "../storage/index.ts";
import type { RetentionContext } from "./context.ts";
import { lockHolds, readActiveHolds } from "./holds/active-holds.ts";
import type { ActiveHold } from "./holds/active-holds.ts";
import type { Amount } from "./rows.ts";
import { countDeleted } from "./notices.ts";
import { describeSchedule } from "./schedules.ts";
import type { Schedule, Stretch } from "./schedules.ts";

/** What redaction took out of an agent's events, encrypted, that is due. */
interface OldOriginals {
  readonly agent: string;
  readonly rows: number;
  readonly bytes: number;
}

const dayOf = (ms: number): string => toIso(ms).slice(0, 10);

function scopeOf({ fromMs, beforeMs }: Stretch): Pick<ErasureScope, "since" | "before"> {
  return { ...(fromMs === undefined ? {} : { since: dayOf(fromMs) }), before: dayOf(beforeMs) };
}

async function findOld(kysely: Kysely<Schema>, schedule: Schedule, stretch: Stretch): Promise<OldOriginals[]> {
  const { since = "-infinity", before } = scopeOf(stretch);
  const { rows } = await sql<OldOriginals>`
    select agent_id as agent, count(originals.*)::float8 as rows, coalesce(sum(octet_length(sealed)), 0)::float8 as bytes
    from original_keys k left join originals on originals.key_id = k.id left join agents on agents.id = k.agent_id
    where wrapped is not null and day >= ${since}::date and day < ${before}::date and ${isOfSchedule(schedule)}
    group by agent_id order by agent_id`.execute(kysely);
  return rows;
}

function isOfSchedule({ pack, otherPacks }: Schedule): RawBuilder<boolean> {
  if (pack !== null) return sql<boolean>`agents.pack = ${pack}`;
  return sql<boolean>`not coalesce(agents.pack = any(${[...otherPacks]}::text[]), false)`;
}

/** A hold of a session holds all originals of its time: keys are of agents and days. */
export function holdOfOriginals(
  holds: readonly ActiveHold[],
  { agent, since, before }: ErasureScope,
): ActiveHold | undefined {
  const fromMs = since === undefined ? -Infinity : Date.parse(since);
  const toMs = before === undefined ? Infinity : Date.parse(before);
  const meets = (range: { readonly fromMs: number; readonly toMs: number }) =>
    toMs > range.fromMs && fromMs <= range.toMs;
  const isOfAgent = ({ agents }: ActiveHold) => agent === undefined || agents.includes(agent);
  const isInScope = (hold: ActiveHold): boolean => {
    switch (hold.scope) {
      case "all":
      case "session":
        return true;
      case "agent":
      case "pack":
        return isOfAgent(hold);
      case "incident":
        return meets(hold.window) && (hold.ofAllAgents || isOfAgent(hold));
      case "evidence":
        return false;
      default:
        return hold.scope satisfies never;
    }
  };
  return holds.find((hold) => meets(hold) && isInScope(hold));
}

/** @returns the legal holds that forbid that these originals are erased, a sentence each */
export async function findHoldsOnOriginals(
  { database }: Pick<RetentionContext, "database">,
  scope: ErasureScope,
): Promise<string[]> {
  const holds = await readActiveHolds(database.kysely);
  return holds.flatMap((hold) =>
    holdOfOriginals([hold], scope) === undefined
      ? []
      : [`the legal hold ${hold.id} of case ${hold.caseId} holds some of it`],
  );
}

/** Counts the originals that are due, and of them what these hold. */
export async function measureOriginals(
  kysely: Kysely<Schema>,
  schedule: Schedule,
  stretch: Stretch,
  holds: readonly ActiveHold[],
): Promise<Amount & { readonly held: number; readonly cases: string[] }> {
  const amount = { rows: 0, bytes: 0, held: 0, cases: new Set<string>() };
  for (const { agent, rows, bytes } of await findOld(kysely, schedule, stretch)) {
    amount.rows += rows;
    amount.bytes += bytes;
    const hold = holdOfOriginals(holds, { agent, ...scopeOf(stretch) });
    if (hold === undefined) continue;
    amount.held += rows;
    amount.cases.add(hold.caseId);
  }
  return { ...amount, oldest: null, newest: null, cases: [...amount.cases] };
}

/**
 * Destroys the keys of originals that are due, agent by agent, but of those that are held: nobody can read them any more.
 *
 * @returns how many originals that was
 */
export async function eraseOldOriginals(
  ctx: RetentionContext,
  schedule: Schedule,
  stretch: Stretch,
  noticeId: string,
): Promise<number> {
  let erased = 0;
  for (const { agent, rows } of await findOld(ctx.database.kysely, schedule, stretch)) {
    const scope = { agent, ...scopeOf(stretch) };
    const erasure = await inTransaction(ctx.database, async (trx) => {
      await lockHolds(trx);
      if (holdOfOriginals(await readActiveHolds(trx), scope) !== undefined) return null;
      const done = await eraseRevealable(trx, ctx, { scope, reason: describeSchedule(schedule) });
      if (done !== null) await countDeleted(trx, noticeId, rows);
      return done;
    });
    if (erasure !== null) erased += rows;
  }
  if (erased > 0) ctx.originals?.keys?.data.forget();
  return erased;
}
