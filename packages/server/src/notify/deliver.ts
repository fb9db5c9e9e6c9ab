import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import { ATTEMPTS_MAX, dueAt } from "./schedule.ts";
import { sendToChannel } from "./send-to-channel.ts";
import type { DeliveryRow, NotifyContext, OutgoingMessage, SendResult, Trx } from "./types.ts";

export type DeliveryOutcome = "delivered" | "retry" | "failed";

const storedBody = z.object({
  text: z.string(),
  incident: z.record(z.string(), z.unknown()),
  question: z.object({ id: z.string(), title: z.string(), expiresAt: z.string() }).optional(),
});

/**
 * Makes one attempt at a delivery, if it is due and nobody else makes it. `retry` means that it waits for its next
 * time; {@link retryDueDeliveries} takes it up then. A process that dies between sending and recording leaves it in
 * `sending`; it is sent again with the same idempotency key: rather twice than never.
 *
 * @throws FirebreakError `not_found`
 */
export async function deliver(ctx: NotifyContext, deliveryId: string): Promise<DeliveryOutcome> {
  const row = await readDelivery(ctx, deliveryId);
  const due = dueAt(row);
  if (due === null) return row.state === "delivered" ? "delivered" : "failed";
  if (due > ctx.clock.now()) return "retry";
  const claimed = await claimDelivery(ctx, row);
  if (claimed === undefined) return "retry";
  const result = await sendToChannel(ctx, claimed, await messageOfDelivery(ctx, claimed));
  return recordResult(ctx, claimed, result);
}

async function readDelivery(ctx: NotifyContext, id: string): Promise<DeliveryRow> {
  const row = await ctx.database.kysely.selectFrom("deliveries").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no delivery ${id}.`);
  return row;
}

/** The condition on state and attempts lets exactly one of several workers go on. */
async function claimDelivery(ctx: NotifyContext, row: DeliveryRow): Promise<DeliveryRow | undefined> {
  return ctx.database.kysely
    .updateTable("deliveries")
    .set({ state: "sending", attempts: row.attempts + 1, updated_at: new Date(ctx.clock.now()) })
    .where("id", "=", row.id)
    .where("state", "=", row.state)
    .where("attempts", "=", row.attempts)
    .where("updated_at", "=", row.updated_at)
    .returningAll()
    .executeTakeFirst();
}

/** The link by which a question is answered is in the message only, nowhere else. */
async function messageOfDelivery(ctx: NotifyContext, row: DeliveryRow): Promise<OutgoingMessage> {
  const { question, ...body } = storedBody.parse(row.body);
  const message = {
    deliveryId: row.id,
    attempt: row.attempts,
    template: row.template,
    subject: row.subject,
    text: body.text,
    incident: body.incident,
  };
  if (question === undefined) return message;
  const channel = ctx.profile.channels.find(({ name }) => name === row.channel);
  const link = await ctx.makeAnswerLink(question.id, channel?.person ?? null);
  const how =
    link.person === null
      ? "Answer it after signing in"
      : `Answer it as ${link.person}, by this link, which is yours alone`;
  return { ...message, text: `${body.text}${how}: ${link.url}\n`, question: { ...question, url: link.url } };
}

async function recordResult(ctx: NotifyContext, row: DeliveryRow, result: SendResult): Promise<DeliveryOutcome> {
  const final = result.kind === "retry" && row.attempts >= ATTEMPTS_MAX ? giveUp(result.error) : result;
  await inTransaction(ctx.database, async (trx) => {
    const written = await trx
      .updateTable("deliveries")
      .set(columnsOf(final, new Date(ctx.clock.now())))
      .where("id", "=", row.id)
      .where("state", "=", "sending")
      .where("attempts", "=", row.attempts)
      .returning("id")
      .executeTakeFirst();
    if (written === undefined) return;
    const { channel, template, attempts, incident_id: incidentId } = row;
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "notification.send",
      target: row.id,
      detail: { result: final.kind, channel, template, attempts, incidentId },
    });
    await notifyLive(trx, "delivery", row.id);
    await recordOnTimeline(trx, ctx, row, final);
  });
  return final.kind;
}

function giveUp(error: string): SendResult {
  return { kind: "failed", error: `Given up after ${ATTEMPTS_MAX} attempts. ${error}` };
}

function columnsOf(result: SendResult, now: Date) {
  switch (result.kind) {
    case "delivered":
      return {
        state: "delivered" as const,
        receipt: result.receipt,
        last_error: null,
        delivered_at: now,
        updated_at: now,
      };
    case "retry":
      return { state: "pending" as const, last_error: result.error, updated_at: now };
    case "failed":
      return { state: "failed" as const, last_error: result.error, updated_at: now };
    default:
      return result satisfies never;
  }
}

/** The record shows how it ended, and the first time that it did not go through at once. */
async function recordOnTimeline(trx: Trx, ctx: NotifyContext, row: DeliveryRow, result: SendResult): Promise<void> {
  if (row.incident_id === null) return;
  const what = `Notification "${row.template}" by ${row.channel_kind} to ${row.channel}`;
  const entry = {
    delivered: { key: "delivered", text: `${what} delivered at attempt ${row.attempts}.` },
    retry: { key: "retry", text: `${what} not delivered yet; it is tried again.` },
    failed: { key: `failed:${row.attempts}`, text: `${what} failed.` },
  }[result.kind];
  const said = result.kind === "delivered" ? { receipt: result.receipt } : { error: result.error };
  await ctx.recordTimeline(trx, {
    incidentId: row.incident_id,
    key: `delivery:${row.id}:${entry.key}`,
    at: ctx.clock.now(),
    kind: "notification",
    source: "notify",
    text: `${entry.text} ${result.kind === "delivered" ? result.receipt : result.error}`,
    data: { deliveryId: row.id, attempts: row.attempts, ...said },
  });
}
