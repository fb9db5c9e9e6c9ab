import { createHash, randomBytes } from "node:crypto";
import { actor, role } from "@firebreak/protocol";
import type { Actor } from "@firebreak/protocol";
import { z } from "zod";
import { personBehind } from "../access/index.ts";
import { canonicalJson, FirebreakError, toIso } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";

/** What PostgreSQL and canonical JSON can hold, cut to a length that people read. */
const text = (charactersMax: number) =>
  z.string().transform((given) => given.slice(0, charactersMax).toWellFormed().replaceAll("\u0000", "\uFFFD").trim());

const MINUTE_MS = 60_000;
const EXPIRY_MS_MAX = 7 * 24 * 60 * MINUTE_MS;
/** Open questions; automation that asks without end is refused beyond this. */
const OPEN_MAX = 1_000;
const ARGUMENTS_BYTES_MAX = 64 * 1024;

const newApproval = z.strictObject({
  /** makes a repeat harmless: the same id is the same question; left out, a new one */
  id: z.string().max(64).optional(),
  /** what the answer allows: `killswitch.resume` */
  kind: z.string().regex(/^[a-z][a-z_-]*(\.[a-z][a-z_-]*)+$/),
  title: text(200),
  target: text(200).nullable().default(null),
  reason: text(1000),
  /** exactly what will be done, and nothing else may be done with the answer */
  arguments: z.record(z.string(), z.unknown()),
  /** what would change, a line each */
  preview: z.array(text(500)).max(100),
  /** what whoever approves has to have checked */
  checklist: z.array(text(500)).max(50).default([]),
  incidentId: z.string().max(64).nullable().default(null),
  /** milliseconds from now */
  expiresInMs: z.number().int().min(1_000).max(EXPIRY_MS_MAX),
  role,
  /** how many different persons, other than who asks */
  answersNeeded: z.number().int().min(1).max(10).default(1),
  /** for whom it is asked, beside `ctx.actor`: the persons behind them cannot approve it either */
  onBehalfOf: z.array(actor).max(10).default([]),
  /** milliseconds from now; unanswered by then, those concerned are told again */
  remindAfterMs: z.number().int().min(1_000).max(EXPIRY_MS_MAX).nullable().default(null),
  /** a role that may answer too once they were told again */
  escalateTo: role.exclude(["viewer"]).nullable().default(null),
});
export type NewApproval = z.input<typeof newApproval>;

/**
 * Asks. In the caller's transaction, so that what waits for the answer and the question appear together. Who asks is
 * `ctx.actor`; when that is a person, or a token that a person made, that person cannot approve it.
 *
 * @returns the question; the one there is when its id was asked before
 * @throws FirebreakError `invalid_body` for arguments that JSON cannot say or that are too large; `too_many_requests`
 */
export async function requestApproval(trx: Trx, ctx: ApprovalContext, request: NewApproval): Promise<ApprovalRow> {
  const input = newApproval.parse(request);
  const id = input.id ?? ctx.newId("approval");
  const existing = await trx.selectFrom("approvals").selectAll().where("id", "=", id).executeTakeFirst();
  if (existing !== undefined) return existing;
  await refuseTooMany(trx);
  const now = ctx.clock.now();
  const askers = await personsBehind(trx, [ctx.actor, ...input.onBehalfOf]);
  const row = await trx
    .insertInto("approvals")
    .values({
      id,
      ...boundArguments(input.kind, input.arguments),
      kind: input.kind,
      title: input.title,
      target: input.target,
      reason: input.reason,
      preview: JSON.stringify(input.preview),
      checklist: JSON.stringify(input.checklist),
      incident_id: input.incidentId,
      requested_by: JSON.stringify(ctx.actor),
      requested_at: toIso(now),
      expires_at: toIso(now + input.expiresInMs),
      role: input.role,
      answers_needed: input.answersNeeded,
      state: "pending",
      used_for: null,
      outcome: null,
      askers: JSON.stringify(askers),
      remind_at: input.remindAfterMs === null ? null : toIso(now + input.remindAfterMs),
      escalate_to: input.escalateTo,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await leaveTrace(trx, ctx, row, {
    action: "approval.request",
    text: `${ctx.actor.name} asks: ${row.title}.`,
    detail: { title: row.title, reason: row.reason, target: row.target, expiresAt: row.expires_at.toISOString() },
  });
  return row;
}

async function personsBehind(trx: Trx, actors: readonly Actor[]): Promise<string[]> {
  const persons = new Set<string>();
  for (const one of actors) {
    const person = await personBehind(trx, one);
    if (person !== null) persons.add(person);
  }
  return [...persons];
}

/** @returns the arguments as text, with the nonce and the digest that bind an answer to this one question */
function boundArguments(kind: string, given: Record<string, unknown>) {
  const nonce = randomBytes(16).toString("hex");
  const argumentsText = canonicalArguments(given);
  return { arguments: argumentsText, nonce, digest: digestOf(kind, argumentsText, nonce) };
}

/** @throws FirebreakError `invalid_body` */
export function canonicalArguments(given: Readonly<Record<string, unknown>>): string {
  let argumentsText: string;
  try {
    argumentsText = canonicalJson(given);
  } catch (fault) {
    throw new FirebreakError("invalid_body", "The arguments of an approval must be plain JSON.", { cause: fault });
  }
  if (Buffer.byteLength(argumentsText) <= ARGUMENTS_BYTES_MAX) return argumentsText;
  throw new FirebreakError("invalid_body", `The arguments of an approval take at most ${ARGUMENTS_BYTES_MAX} bytes.`);
}

/** SHA-256 of `{"arguments":…,"kind":…,"nonce":…}` in canonical JSON; the arguments are canonical already. */
function digestOf(kind: string, argumentsText: string, nonce: string): string {
  const bound = `{"arguments":${argumentsText},"kind":${JSON.stringify(kind)},"nonce":${JSON.stringify(nonce)}}`;
  return createHash("sha256").update(bound).digest("hex");
}

async function refuseTooMany(trx: Trx): Promise<void> {
  const { count } = await trx
    .selectFrom("approvals")
    .select((expression) => expression.fn.countAll<string>().as("count"))
    .where("state", "=", "pending")
    .executeTakeFirstOrThrow();
  if (Number(count) < OPEN_MAX) return;
  throw new FirebreakError(
    "too_many_requests",
    `${OPEN_MAX} questions wait for an answer already. Answer some of them first: firebreak approvals list.`,
  );
}
