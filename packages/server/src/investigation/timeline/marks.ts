import type { Annotation, TimelineMarkRequest } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { InvestigationContext, ReadContext } from "../context.ts";

/** The curated view as it is now: what every mark in its order leaves. */
export interface Marks {
  readonly pinned: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly annotations: ReadonlyMap<string, readonly Annotation[]>;
}

/** marks of one incident */
const MARKS_MAX = 10_000;

export async function readMarks({ database }: ReadContext, incidentId: string): Promise<Marks> {
  const rows = await database.kysely
    .selectFrom("timeline_marks")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("id")
    .limit(MARKS_MAX)
    .execute();
  const pinned = new Set<string>();
  const hidden = new Set<string>();
  const annotations = new Map<string, Annotation[]>();
  for (const { ref, act, text, actor, at } of rows) {
    if (act === "pin") pinned.add(ref);
    else if (act === "unpin") pinned.delete(ref);
    else if (act === "hide") hidden.add(ref);
    else if (act === "unhide") hidden.delete(ref);
    else {
      const list = annotations.get(ref) ?? [];
      list.push({ text: text ?? "", actor, at: at.toISOString() });
      annotations.set(ref, list);
    }
  }
  return { pinned, hidden, annotations };
}

/**
 * Writes an edit of the curated view. A pin of what is pinned, and the like, changes nothing and writes nothing.
 *
 * @throws FirebreakError not_found, conflict when the incident has too many marks
 */
export async function markEntry(
  ctx: InvestigationContext,
  incidentId: string,
  mark: TimelineMarkRequest,
): Promise<void> {
  await refuseUnknownRef(ctx, incidentId, mark.ref);
  await inTransaction(ctx.database, async (trx) => {
    await trx.selectFrom("incidents").select("id").where("id", "=", incidentId).forUpdate().executeTakeFirstOrThrow();
    const marks = await readMarks({ ...ctx, database: { kysely: trx } }, incidentId);
    if (!changes(marks, mark)) return;
    await refuseTooMany(trx, incidentId);
    const at = ctx.clock.now();
    const { ref, act, text = null } = mark;
    await trx
      .insertInto("timeline_marks")
      .values({ incident_id: incidentId, ref, act, text, actor: JSON.stringify(ctx.actor), at: toIso(at) })
      .execute();
    await recordAudit(trx, {
      at,
      actor: ctx.actor,
      action: "timeline.mark",
      target: incidentId,
      detail: { ref, act, text },
    });
    await notifyLive(trx, "incident", incidentId);
  });
}

function changes({ pinned, hidden }: Marks, { act, ref }: TimelineMarkRequest): boolean {
  switch (act) {
    case "pin":
      return !pinned.has(ref);
    case "unpin":
      return pinned.has(ref);
    case "hide":
      return !hidden.has(ref);
    case "unhide":
      return hidden.has(ref);
    case "annotate":
      return true;
    default:
      return act satisfies never;
  }
}

async function refuseTooMany(trx: InvestigationContext["database"]["kysely"], incidentId: string): Promise<void> {
  const { count } = await trx
    .selectFrom("timeline_marks")
    .select((select) => select.fn.countAll<string>().as("count"))
    .where("incident_id", "=", incidentId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= MARKS_MAX) {
    throw new FirebreakError(
      "conflict",
      `The timeline of ${incidentId} has ${MARKS_MAX} marks already; write a note instead.`,
    );
  }
}

/** Rows are looked up; what is put together from rows (sessions, gaps …) is taken at its name. */
async function refuseUnknownRef(ctx: ReadContext, incidentId: string, ref: string): Promise<void> {
  const { kysely } = ctx.database;
  const [, kind = "", id = ""] = /^([a-z]+):(.+)$/.exec(ref) ?? [];
  const isKnown = await (async () => {
    if (["session", "stop", "evidence", "act", "gap"].includes(kind)) return /^[^\p{Cc}\p{Cs}]+$/u.test(id);
    if (!/^\d{1,18}$/.test(id)) return false;
    if (kind === "event") {
      return (await kysely.selectFrom("events").select("seq").where("seq", "=", id).executeTakeFirst()) !== undefined;
    }
    if (kind !== "record") return false;
    const row = kysely.selectFrom("timeline").select("id").where("id", "=", id).where("incident_id", "=", incidentId);
    return (await row.executeTakeFirst()) !== undefined;
  })();
  if (!isKnown)
    throw new FirebreakError("not_found", `The timeline of ${incidentId} has no entry ${ref.slice(0, 100)}.`);
}
