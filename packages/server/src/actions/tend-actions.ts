import { sql } from "kysely";
import type { Kysely } from "kysely";
import { hostname } from "node:os";
import { toIso, messageOf } from "../kernel/index.ts";
import type { ActionRow } from "./action-row.ts";
import { alone, callEffector } from "./call-effector.ts";
import { changeAction } from "./change-action.ts";
import type { ActionContext } from "./context.ts";
import { isProved, performApply } from "./perform-apply.ts";
import { beginUndo, performUndo } from "./undo-action.ts";
import { confirm, mayRepeat } from "./verify-action.ts";
import { anyRow, instant } from "../storage/index.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";

/** What is in force is compared with the real world this often, and at the start. */
const VERIFY_EVERY_MS = 60_000;
const AT_ONCE = 16;
/** As often as a playbook's step: one that kills Firebreak each time must not do so for ever. */
const INTERRUPTIONS_MAX = 5;

const untended = (kysely: Kysely<Schema>, now: Instant, home: string) =>
  kysely
    .selectFrom("actions")
    .where("host", "=", hostname())
    .where("home", "=", home)
    .where((where) =>
      where.or([
        where("state", "=", "applying"),
        where.and([where("state", "in", ["lost", "undoing", "interrupted"]), where("next_try_at", "<=", now)]),
        where.and([where("state", "in", ["in_force", "lost", "interrupted"]), where("expires_at", "<=", now)]),
        where.and([
          where("state", "=", "in_force"),
          where.or([
            where("verified_at", "is", null),
            where("verified_at", "<=", sql<Date>`${now} - ${VERIFY_EVERY_MS}::float8 * interval '1 millisecond'`),
          ]),
        ]),
      ]),
    );

/** @returns whether {@link tendActions} would find one of this home */
export const isActionDue =
  (home: string): DueCondition =>
  (kysely, now) =>
    anyRow(untended(kysely, now, home));

/** At the start: whatever the last process believed is compared with the real world before it is believed again. */
export async function reconcileActions(ctx: ActionContext): Promise<void> {
  await ctx.database.kysely
    .updateTable("actions")
    .set({ verified_at: null, next_try_at: toIso(ctx.clock.now()) })
    .where("host", "=", hostname())
    .where("home", "=", ctx.home)
    .where("state", "in", ["in_force", "lost", "interrupted", "undoing"])
    .execute();
}

/**
 * One pass over the actions of this machine and home: ends what is over, goes on with what did not work or was
 * interrupted, and compares what is in force with the real world. What is gone is applied again.
 */
export async function tendActions(ctx: ActionContext): Promise<void> {
  const due = await readDue(ctx);
  await Promise.all(due.map((row) => alone(ctx, row.id, () => tendOne(ctx, row))));
}

async function readDue(ctx: ActionContext): Promise<ActionRow[]> {
  const rows = await untended(ctx.database.kysely, instant(ctx.clock.now()), ctx.home)
    .selectAll()
    .orderBy("next_try_at")
    .limit(AT_ONCE + ctx.actionsUnderWay.size)
    .execute();
  return rows.filter(({ id }) => !ctx.actionsUnderWay.has(id)).slice(0, AT_ONCE);
}

async function tendOne(ctx: ActionContext, row: ActionRow): Promise<void> {
  try {
    await advance(ctx, row);
  } catch (fault) {
    ctx.logger.error("an action could not be tended and is tried again", { action: row.id, problem: messageOf(fault) });
  }
}

async function advance(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const isOver = row.expires_at !== null && row.expires_at.getTime() <= ctx.clock.now();
  switch (row.state) {
    case "applying":
      return advance(ctx, await noteInterruption(ctx, row));
    case "interrupted":
      return isOver ? expire(ctx, row) : resolveInterruption(ctx, row);
    case "in_force":
      return isOver ? expire(ctx, row) : keep(ctx, row);
    case "lost":
      return isOver ? expire(ctx, row) : restore(ctx, row);
    case "undoing":
      return performUndo(ctx, row);
    case "done":
    case "failed":
    case "undone":
    case "expired":
      return row;
    default:
      return row.state satisfies never;
  }
}

async function expire(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  return performUndo(ctx, await beginUndo(ctx, row, "expiry", "its time is over"));
}

async function keep(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const confirmed = await confirm(ctx, row);
  return confirmed.state === "lost" ? restore(ctx, confirmed) : confirmed;
}

async function restore(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  if (mayRepeat(ctx, row)) return performApply(ctx, row, { repeats: true });
  const message = `${row.message ?? "it is not in effect"}; it must not run twice: look, then undo it`;
  return changeAction(ctx, row, { state: "lost", message, next_try_at: null });
}

/** It was being applied by a process that is no more: this home's server is this one. */
async function noteInterruption(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const message = "Firebreak died while it was applied; what there is of it is looked at";
  return changeAction(ctx, row, { state: "interrupted", message, tries: row.tries + 1 });
}

/** It holds: fine. It may run twice: it is applied now. Else nobody knows, and a person looks. */
async function resolveInterruption(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const seen = await callEffector(ctx, row, "verify");
  const now = toIso(ctx.clock.now());
  if (isProved(seen) && ctx.effectors.get(row.effector)?.expiry !== "none") {
    const message = "it was interrupted, and is in effect";
    const facts = { applied_at: now, verified_at: now, tries: 0, next_try_at: null };
    return changeAction(ctx, row, { state: "in_force", message, ...facts });
  }
  if (mayRepeat(ctx, row) && row.tries < INTERRUPTIONS_MAX) {
    const again = await changeAction(ctx, row, { state: "applying", message: "applied again after an interruption" });
    return performApply(ctx, again, {});
  }
  const message =
    "Firebreak died while it was applied, and it must not run twice: look what there is of it, then undo it";
  return changeAction(ctx, row, { state: "interrupted", message, next_try_at: null });
}
