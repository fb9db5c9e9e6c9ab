import { randomBytes } from "node:crypto";
import type { NewPersonErasureRequest, PersonErasure } from "@firebreak/protocol";
import { newPersonErasureRequest } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { digestOf, openQuestion, viewErasure } from "./erasure-row.ts";
import type { ErasureRow } from "./erasure-row.ts";
import { compileTerms } from "./terms.ts";

/** Looked for at once; each reads everything there is. */
const OPEN_MAX = 10;
const LIST_MAX = 200;

/**
 * Begins to look for a person. Nothing is changed; what is looked for is on record nowhere but in its row, and there until it
 * is over. The reason names it no more than the audit log does: what matches in it is masked.
 *
 * @throws FirebreakError `bad_request` for a pattern that is none; `conflict` beyond {@link OPEN_MAX}
 */
export async function findPerson(ctx: RetentionContext, request: NewPersonErasureRequest): Promise<PersonErasure> {
  const { values, patterns, reason, ...asked } = newPersonErasureRequest.parse(request);
  const also = [...new Set(asked.also)].toSorted();
  const matcher = compileTerms({ values, patterns });
  const terms = { values, patterns, salt: randomBytes(16).toString("hex") };
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const { count } = await trx
      .selectFrom("person_erasures")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("state", "not in", ["done", "withdrawn"])
      .executeTakeFirstOrThrow();
    if (Number(count) >= OPEN_MAX) {
      throw new FirebreakError("conflict", `${OPEN_MAX} erasures of persons are open. Carry one out or withdraw it.`);
    }
    const row = await trx
      .insertInto("person_erasures")
      .values({
        id: ctx.newId("personErasure"),
        state: "searching",
        terms: JSON.stringify(terms),
        also: JSON.stringify(also),
        reason: matcher.mask(reason.toWellFormed().replaceAll("\u0000", "\uFFFD")),
        requested_by: JSON.stringify(ctx.actor),
        requested_at: toIso(now),
        problem: null,
        next_at: toIso(now),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = {
      reason: row.reason,
      values: values.length,
      patterns: patterns.length,
      also: row.also,
      digest: digestOf(terms, also),
    };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "person_erasure.find", target: row.id, detail });
    await notifyLive(trx, "retention", row.id);
    return viewErasure(row, null);
  });
}

/** @returns erasures of persons, those that are open first, then the newest */
export async function listPersonErasures({ database }: Pick<RetentionContext, "database">): Promise<PersonErasure[]> {
  const rows = await database.kysely
    .selectFrom("person_erasures")
    .selectAll()
    .orderBy((expression) => expression("ended_at", "is not", null))
    .orderBy("id", "desc")
    .limit(LIST_MAX)
    .execute();
  return Promise.all(rows.map(async (row) => viewErasure(row, await questionOf(database, row))));
}

/** @throws FirebreakError `not_found` */
export async function getPersonErasure(
  { database }: Pick<RetentionContext, "database">,
  id: string,
): Promise<PersonErasure> {
  const row = await database.kysely.selectFrom("person_erasures").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no erasure ${id}.`);
  return viewErasure(row, await questionOf(database, row));
}

async function questionOf({ kysely }: RetentionContext["database"], { id, state }: ErasureRow): Promise<string | null> {
  return state === "asked" ? openQuestion(kysely, id) : null;
}
