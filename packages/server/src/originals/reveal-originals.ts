import { revealRequest, roleAllows } from "@firebreak/protocol";
import type { OriginalsView, RevealRequest, RevealView } from "@firebreak/protocol";
import { sql } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { RevealContext } from "./context.ts";
import { findRedactedEvent, readSealed } from "./read-sealed.ts";
import type { FoundEvent, SealedItem } from "./read-sealed.ts";
import { openSealed } from "./seal-originals.ts";

const HOUR_MS = 3_600_000;
const REVEALS_SHOWN_MAX = 50;

type Revealer = Pick<RevealContext, "actor" | "access" | "profile">;

/** @returns why this caller may see no original, or null: only persons may, and only those of the profile's role */
function refuseRevealer({ actor, access, profile }: Revealer): string | null {
  const { role } = profile.redaction.reveal;
  if (actor.kind !== "person" && actor.kind !== "cli") {
    return "Only a person may see what was redacted: sign in to the console, or use the command line of the server's machine.";
  }
  if (access !== "agent" && roleAllows(access, role)) return null;
  return `Seeing what was redacted needs the role ${role} (redaction.reveal.role of the profile).`;
}

/** What was kept of an event's redacted values and who has seen it, without any value. @throws FirebreakError not_found */
export async function showOriginals(ctx: RevealContext, id: string, time?: string): Promise<OriginalsView> {
  const { kysely } = ctx.database;
  const event = await findRedactedEvent(kysely, id, time);
  const sealed = await readSealed(kysely, ctx.originals, event);
  const reveals = await kysely
    .selectFrom("reveals")
    .select(["at", "actor", "reason", "categories"])
    .where("event_id", "=", id)
    .orderBy("at", "desc")
    .limit(REVEALS_SHOWN_MAX)
    .execute();
  return {
    eventId: event.id,
    time: event.time,
    items: sealed.map(({ category, state, erasure }) => ({ category, state, erasure })),
    reveals: reveals.map(({ at, actor, ...rest }) => ({ at: toIso(at.getTime()), by: actor, ...rest })),
    refusal: refuseRevealer(ctx),
  };
}

/**
 * Gives a person what redaction took out of an event. Who saw what and why is in the audit log before any value is given, also
 * when it was refused; the values themselves are written nowhere.
 *
 * @throws FirebreakError forbidden, not_found, conflict (erased, or it cannot be read), too_many_requests
 */
export async function revealOriginals(ctx: RevealContext, id: string, input: RevealRequest): Promise<RevealView> {
  const request = revealRequest.parse(input);
  const refusal = refuseRevealer(ctx);
  if (refusal !== null) {
    await noteRefusal(ctx, id, request, "forbidden");
    throw new FirebreakError("forbidden", refusal);
  }
  const event = await findRedactedEvent(ctx.database.kysely, id, request.time);
  const outcome = await inTransaction(ctx.database, (trx) => reveal(trx, ctx, event, request));
  const { alertPerHour, perHour } = ctx.profile.redaction.reveal;
  const { count } = outcome;
  const isRefused = outcome.view === null;
  if (isRefused || count >= alertPerHour) await ctx.onManyReveals?.({ actor: ctx.actor, count, isRefused });
  if (outcome.view !== null) return outcome.view;
  throw new FirebreakError(
    "too_many_requests",
    `You have revealed ${count} times within an hour; the profile allows ${perHour} (redaction.reveal.perHour).`,
    { retryAfterSeconds: HOUR_MS / 1000 },
  );
}

interface Outcome {
  /** of the last hour, this one included */
  readonly count: number;
  /** null: refused, one too many */
  readonly view: RevealView | null;
}

async function reveal(trx: Trx, ctx: RevealContext, event: FoundEvent, request: RevealRequest): Promise<Outcome> {
  const { actor, profile } = ctx;
  // of one person one after the other, so that many at once are counted too
  await sql`select pg_advisory_xact_lock(hashtext(${`firebreak reveals of ${actor.id}`}))`.execute(trx);
  const before = await countOfHour(trx, ctx);
  const { perHour } = profile.redaction.reveal;
  if (before >= perHour) {
    await writeAudit(trx, ctx, event.id, { reason: request.reason, refused: "too_many_requests" });
    return { count: before, view: null };
  }
  const sealed = await readSealed(trx, ctx.originals, event);
  const { values, unreadable } = openItems(sealed, event, request);
  const categories = [...new Set(values.map(({ category }) => category))];
  const at = new Date(ctx.clock.now());
  const row = { at, actor_id: actor.id, actor: JSON.stringify(actor), event_id: event.id, categories };
  await trx
    .insertInto("reveals")
    .values({ ...row, reason: request.reason })
    .execute();
  const paths = [...new Set(values.map(({ path }) => path))];
  const detail = { reason: request.reason, agent: event.agentId, time: event.time, categories, paths };
  await writeAudit(trx, ctx, event.id, { ...detail, values: values.length });
  return { count: before + 1, view: { eventId: event.id, values, unreadable, left: perHour - before - 1 } };
}

async function countOfHour(trx: Trx, { actor, clock }: RevealContext): Promise<number> {
  const { count } = await trx
    .selectFrom("reveals")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("actor_id", "=", actor.id)
    .where("at", ">", new Date(clock.now() - HOUR_MS))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** @throws FirebreakError when none of what is asked for can be read, with the reasons */
function openItems(sealed: readonly SealedItem[], event: FoundEvent, { path, category }: RevealRequest) {
  const asked = sealed.filter((item) => category === undefined || item.category === category);
  if (asked.length === 0) {
    const what = category === undefined ? "of this event" : `of the category ${category} of this event`;
    throw new FirebreakError(
      "not_found",
      `Nothing ${what} was kept: the policy made it irreversible, or nothing was found.`,
    );
  }
  const values: RevealView["values"] = [];
  const unreadable: RevealView["unreadable"] = [];
  for (const item of asked) {
    const opened = item.open === null ? null : openSealed(item.open.key, event, { ...item, sealed: item.open.sealed });
    if (opened === null) unreadable.push({ category: item.category, problem: item.problem ?? CHANGED });
    else values.push(...opened.filter((one) => path === undefined || one.path === path));
  }
  if (values.length > 0) return { values, unreadable };
  const [first] = unreadable;
  if (first !== undefined) throw new FirebreakError("conflict", `${first.category}: ${first.problem}`);
  throw new FirebreakError("not_found", `Nothing was taken out at ${path ?? "any place"} of this event.`);
}

const CHANGED = "The ciphertext was changed in the database, or belongs to another event.";

async function noteRefusal(ctx: RevealContext, id: string, { reason }: RevealRequest, refused: string): Promise<void> {
  ctx.onRefusal?.();
  await inTransaction(ctx.database, (trx) => writeAudit(trx, ctx, id.replaceAll("\u0000", "?"), { reason, refused }));
}

function writeAudit(trx: Trx, { clock, actor }: RevealContext, target: string, detail: Record<string, unknown>) {
  const action = "refused" in detail ? "original.refuse" : "original.reveal";
  return recordAudit(trx, { at: clock.now(), actor, action, target, detail });
}
