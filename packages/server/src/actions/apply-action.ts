import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { LIVE_ACTION_STATES, newActionRequest } from "@firebreak/protocol";
import type { ActionPreview, ActionView, NewActionRequest } from "@firebreak/protocol";
import { sql } from "kysely";
import type { z } from "zod";
import { FirebreakError, canonicalJson, toIso } from "../kernel/index.ts";
import { inTransaction, toStoredJson, toStoredText } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { ActionRow } from "./action-row.ts";
import { toActionView } from "./action-row.ts";
import { alone, findEffector } from "./call-effector.ts";
import { tellAction } from "./change-action.ts";
import type { ActionContext } from "./context.ts";
import { performApply } from "./perform-apply.ts";
import { previewAction } from "./preview-action.ts";

/**
 * Applies an effector outside a playbook. What is asked for is on record before anything happens, what came of it after;
 * a refusal or failure of the effector is a `failed` action, not an error. With the idempotency key of an earlier request
 * nothing is done, and that one's action is returned.
 *
 * @throws FirebreakError not_found (effector, incident); invalid_body; conflict when the same is in force already, or the
 *   key belongs to another request
 */
export async function applyAction(ctx: ActionContext, input: z.input<typeof newActionRequest>): Promise<ActionView> {
  const request = parseRequest(input);
  const earlier = request.idempotencyKey === undefined ? undefined : await findByKey(ctx, request.idempotencyKey);
  if (earlier !== undefined) return toActionView(requireSame(earlier, request));
  checkExpiry(ctx, request);
  const preview = await previewAction(ctx, request);
  const id = ctx.newId("action");
  const row = await alone(ctx, id, async () => {
    const inserted = await insertAction(ctx, id, request, preview);
    if (inserted.id !== id) return inserted;
    ctx.fault?.("inserted");
    return performApply(ctx, inserted, {});
  });
  if (row === null) throw new Error(`the fresh id ${id} is under way already`);
  return toActionView(row);
}

function parseRequest(input: unknown): NewActionRequest {
  const parsed = newActionRequest.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    where: `/${issue.path.map(String).join("/")}`,
    message: issue.message,
  }));
  throw new FirebreakError("invalid_body", "The action cannot be taken; see the fields.", { errors });
}

function checkExpiry(ctx: ActionContext, { effector: name, forSeconds }: NewActionRequest): void {
  if (forSeconds === undefined || findEffector(ctx, name).expiry !== "none") return;
  const message = `what ${name} does does not end by time`;
  const errors = [{ where: "/forSeconds", message }];
  throw new FirebreakError("invalid_body", `${message}; leave the time out.`, { errors });
}

async function findByKey({ database }: ActionContext, key: string): Promise<ActionRow | undefined> {
  return database.kysely.selectFrom("actions").selectAll().where("idempotency_key", "=", key).executeTakeFirst();
}

const hashOf = (request: NewActionRequest) =>
  createHash("sha256").update(canonicalJson(request.parameters)).digest("hex");

function requireSame(row: ActionRow, request: NewActionRequest): ActionRow {
  if (row.effector === request.effector && row.parameters_sha256 === hashOf(request)) return row;
  throw new FirebreakError(
    "conflict",
    `The idempotency key belongs to ${row.id}, which is another action. Use a new key.`,
  );
}

/** @returns the new row, or the one that has this key already */
async function insertAction(
  ctx: ActionContext,
  id: string,
  request: NewActionRequest,
  preview: ActionPreview,
): Promise<ActionRow> {
  return inTransaction(ctx.database, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('firebreak.actions', 0))`.execute(trx);
    const { idempotencyKey = null, incidentId = null } = request;
    if (idempotencyKey !== null) {
      const same = trx.selectFrom("actions").selectAll().where("idempotency_key", "=", idempotencyKey);
      const earlier = await same.executeTakeFirst();
      if (earlier !== undefined) return requireSame(earlier, request);
    }
    await refuseSecond(trx, ctx, request);
    if (incidentId !== null) await requireIncident(trx, incidentId);
    const row = await trx
      .insertInto("actions")
      .values({ id, ...columnsOf(ctx, request, preview), incident_id: incidentId, idempotency_key: idempotencyKey })
      .returningAll()
      .executeTakeFirstOrThrow();
    await tellAction(trx, ctx, row);
    return row;
  });
}

function columnsOf(ctx: ActionContext, request: NewActionRequest, preview: ActionPreview) {
  const now = ctx.clock.now();
  const parameters = toStoredJson(request.parameters);
  if (parameters === null) throw new FirebreakError("invalid_body", "The parameters are too large.");
  const { forSeconds } = request;
  return {
    effector: request.effector,
    parameters,
    parameters_sha256: hashOf(request),
    changes: toStoredJson(preview.changes) ?? "[]",
    blast_radius: toStoredJson(preview.blastRadius) ?? "{}",
    state: "applying" as const,
    message: null,
    failure: null,
    output: "{}",
    reason: toStoredText(request.reason),
    requested_by: JSON.stringify(ctx.actor),
    host: hostname(),
    home: ctx.home,
    requested_at: toIso(now),
    expires_at: forSeconds === undefined ? null : toIso(now + forSeconds * 1000),
    end_reason: null,
    end_cause: null,
    tries: 0,
  };
}

/** Two of the same would undo each other: the first to end would take the other's effect with it. */
async function refuseSecond(trx: Trx, ctx: ActionContext, request: NewActionRequest): Promise<void> {
  const other = await trx
    .selectFrom("actions")
    .select(["id", "state"])
    .where("host", "=", hostname())
    .where("home", "=", ctx.home)
    .where("effector", "=", request.effector)
    .where("parameters_sha256", "=", hashOf(request))
    .where("state", "in", LIVE_ACTION_STATES)
    .executeTakeFirst();
  if (other === undefined) return;
  const { id, state } = other;
  throw new FirebreakError(
    "conflict",
    `${id} does just this and is ${state.replace("_", " ")}. Undo it before you ask again.`,
  );
}

async function requireIncident(trx: Trx, id: string): Promise<void> {
  const found = await trx.selectFrom("incidents").select("id").where("id", "=", id).executeTakeFirst();
  if (found === undefined) throw new FirebreakError("not_found", `There is no incident ${id}.`);
}
