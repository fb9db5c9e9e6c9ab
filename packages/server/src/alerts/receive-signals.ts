import { createHash } from "node:crypto";
import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, notifyLive } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import { readOccurrence } from "./occurrence.ts";
import { writeAcknowledgement, writeResolution } from "./settle.ts";
import { redactSignalByDefault } from "./redact-signal.ts";
import type { RedactSignal } from "./redact-signal.ts";
import { normaliseSignal, signalSchema } from "./signal.ts";
import type { Signal } from "./signal.ts";
import { toStorableJson } from "./storable-text.ts";

export interface SignalContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  /** by default as a profile that says nothing asks */
  readonly redactSignal?: RedactSignal;
  /** whose token or key brought the signals */
  readonly actor: Actor;
}

export type SignalOutcome =
  | { readonly outcome: "opened" | "extended" | "acknowledged" | "resolved"; readonly alertId: string }
  | { readonly outcome: "dropped"; readonly reason: "nothing_open"; readonly alertId: null };

/** Signals of one call, so that one transaction stays short. */
export const SIGNALS_MAX = 10_000;

const NOTHING_OPEN: SignalOutcome = { outcome: "dropped", reason: "nothing_open", alertId: null };

/**
 * Takes in what senders say, all of it or nothing: when this returns it is committed. A trigger extends the open alert
 * of its source and key, or opens one; acknowledge and resolve act on the open one, and are dropped without. The same
 * signal again changes nothing but the count.
 *
 * @returns one outcome per signal, in their order
 * @throws FirebreakError `invalid_body` when a receiver built a signal that breaks its contract
 */
export async function receiveSignals(
  ctx: SignalContext,
  signals: readonly Signal[],
): Promise<readonly SignalOutcome[]> {
  const arrivals = parseSignals(signals).map((signal, index) => {
    const normal = normaliseSignal(signal);
    return { index, signal: normal, fingerprint: signalFingerprint(normal) };
  });
  // Locks are taken in one order, so that two senders of the same alerts do not wait for each other.
  arrivals.sort((a, b) =>
    a.fingerprint === b.fingerprint ? a.index - b.index : a.fingerprint < b.fingerprint ? -1 : 1,
  );
  return inTransaction(ctx.database, async (trx) => {
    const outcomes: SignalOutcome[] = Array.from({ length: arrivals.length }, () => NOTHING_OPEN);
    const redact = ctx.redactSignal ?? redactSignalByDefault;
    for (const { index, signal, fingerprint } of arrivals) {
      outcomes[index] = await receive(trx, ctx, { signal: redact(signal), fingerprint });
    }
    return outcomes;
  });
}

interface Arrival {
  readonly signal: Signal;
  readonly fingerprint: string;
}

function parseSignals(signals: readonly Signal[]): Signal[] {
  if (signals.length > SIGNALS_MAX) {
    throw new FirebreakError("payload_too_large", `At most ${SIGNALS_MAX} alerts are taken at once. Send fewer.`);
  }
  const parsed = signalSchema.array().safeParse(signals);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ where: `/${issue.path.map(String).join("/")}`, message: issue.message }));
  throw new FirebreakError("invalid_body", "An alert from outside was not read into the form it must have.", {
    errors,
  });
}

/** The same key under another source is another alert. */
export function signalFingerprint({ source, key }: Pick<Signal, "source" | "key">): string {
  return createHash("sha256")
    .update(JSON.stringify(["signal", source, key]))
    .digest("hex");
}

async function receive(trx: Trx, ctx: SignalContext, arrival: Arrival): Promise<SignalOutcome> {
  switch (actionOf(arrival.signal, ctx.clock.now())) {
    case "trigger":
      return trigger(trx, ctx, arrival);
    case "acknowledge":
      return acknowledge(trx, ctx, arrival);
    case "resolve":
      return resolve(trx, ctx, arrival);
  }
}

/** What ended before it arrived is over, whatever the sender calls it. */
function actionOf({ action, endsAtMs }: Signal, now: number): Signal["action"] {
  return action === "trigger" && endsAtMs !== null && endsAtMs <= now ? "resolve" : action;
}

async function trigger(trx: Trx, ctx: SignalContext, arrival: Arrival): Promise<SignalOutcome> {
  const known = await extendAlert(trx, ctx, arrival);
  if (known !== undefined) return { outcome: "extended", alertId: known };
  const opened = await insertAlert(trx, ctx, arrival);
  if (opened === undefined) return trigger(trx, ctx, arrival); // somebody else opened it between the two statements
  const { source, kind, key } = arrival.signal;
  const act = { action: "alert.open", target: opened, detail: { source, kind, key } };
  await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, ...act });
  await emitDomainEvent(trx, { type: "alert.opened", alertId: opened });
  await notifyLive(trx, "alert", opened);
  return { outcome: "opened", alertId: opened };
}

/** What every signal says anew. */
function contentOf(ctx: SignalContext, signal: Signal) {
  const now = ctx.clock.now();
  return {
    title: signal.title,
    level: SEVERITY_NAMES[signal.severity],
    severity: signal.severity,
    agent_id: signal.agentId,
    pack: signal.pack,
    sentence: signal.text ?? signal.title,
    detail: toStorableJson(signal.detail),
    labels: toStorableJson(signal.labels),
    annotations: toStorableJson(signal.annotations),
    links: toStorableJson(signal.links),
    notes: toStorableJson(signal.notes),
    group_key: signal.groupKey,
    last_event_at: toIso(now),
    ends_at: signal.endsAtMs === null ? null : toIso(signal.endsAtMs),
    stale_at: signal.staleAfterMs === null ? null : toIso(Math.min(now + signal.staleAfterMs, FAR_FUTURE_MS)),
    stale_since: null,
    updated_at: toIso(now),
  };
}

const FAR_FUTURE_MS = Date.UTC(9999, 0);

async function insertAlert(
  trx: Trx,
  ctx: SignalContext,
  { signal, fingerprint }: Arrival,
): Promise<string | undefined> {
  const now = ctx.clock.now();
  const row = await trx
    .insertInto("alerts")
    .values({
      ...contentOf(ctx, signal),
      id: ctx.newId("alert"),
      fingerprint,
      rule_id: null,
      source: signal.source,
      kind: signal.kind,
      key: signal.key,
      occurrence: await readOccurrence(trx, fingerprint),
      incident_type: "other",
      status: "open",
      session_id: null,
      // A sender's clock may run ahead of ours; nothing begins after it was heard.
      first_event_at: toIso(Math.min(signal.startsAtMs, now)),
      occurrences: 1,
      event_ids: "[]",
      resolution: null,
      held_by: null,
      incident_id: null,
      created_at: toIso(now),
    })
    .onConflict((conflict) => conflict.column("fingerprint").where("status", "=", "open").doNothing())
    .returning("id")
    .executeTakeFirst();
  return row?.id;
}

async function extendAlert(
  trx: Trx,
  ctx: SignalContext,
  { signal, fingerprint }: Arrival,
): Promise<string | undefined> {
  const row = await trx
    .updateTable("alerts")
    .set((expression) => ({ ...contentOf(ctx, signal), occurrences: expression("occurrences", "+", 1) }))
    .where("fingerprint", "=", fingerprint)
    .where("status", "=", "open")
    .returning("id")
    .executeTakeFirst();
  if (row !== undefined) await notifyLive(trx, "alert", row.id);
  return row?.id;
}

async function acknowledge(trx: Trx, ctx: SignalContext, { fingerprint }: Arrival): Promise<SignalOutcome> {
  const open = await lockOpen(trx, fingerprint);
  if (open === undefined) return NOTHING_OPEN;
  if (open.acknowledged_at === null) await writeAcknowledgement(trx, ctx, open.id);
  return { outcome: "acknowledged", alertId: open.id };
}

async function resolve(trx: Trx, ctx: SignalContext, { fingerprint }: Arrival): Promise<SignalOutcome> {
  const open = await lockOpen(trx, fingerprint);
  if (open === undefined) return NOTHING_OPEN;
  await writeResolution(trx, ctx, open.id, "sender");
  return { outcome: "resolved", alertId: open.id };
}

function lockOpen(trx: Trx, fingerprint: string) {
  return trx
    .selectFrom("alerts")
    .select(["id", "acknowledged_at"])
    .where("fingerprint", "=", fingerprint)
    .where("status", "=", "open")
    .forUpdate()
    .executeTakeFirst();
}
