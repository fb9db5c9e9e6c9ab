import { holdsOfSameStop } from "@firebreak/protocol";
import type { Actor, ApprovalView, Hold, ResumeReceipt, ResumeRequest } from "@firebreak/protocol";
import { z } from "zod";
import type { Caller } from "../../access/index.ts";
import { resolveAlertsOfAgent } from "../../alerts/index.ts";
import {
  answerApproval,
  argumentsOf,
  noteOutcome,
  personOf,
  requestApproval,
  useApproval,
} from "../../approvals/index.ts";
import type { ApprovalRow } from "../../approvals/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { liftHold } from "../../containment/index.ts";
import { canonicalJson, FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { contextFor, DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { beginRestore } from "./gradual-restore.ts";
import { mirrorHolds } from "./mirror-holds.ts";
import { keepReceipt } from "./receipts.ts";
import type { ReceiptOfAct } from "./receipts.ts";
import { openQuestionAbout, RESUME_KIND, RESUME_ROLE, resumeNeeds, stopKeyOf } from "./resume-needs.ts";

const HOUR_MS = 3_600_000;

/** What is approved: exactly these holds end. */
const resumeArguments = z.strictObject({ holdIds: z.array(z.string()).min(1), atOnce: z.boolean() });
type ResumeArguments = z.infer<typeof resumeArguments>;

/**
 * Releases a hold, and with it the other holds of the same automatic stop, when one person may; else asks for the second
 * person, or is that second person's yes when another asked before.
 *
 * @throws FirebreakError `not_found`; `conflict` when it was released before, or when not all was checked that has to be
 */
export async function resumeHold(
  house: House,
  caller: Caller,
  request: ResumeRequest & { readonly id: string },
): Promise<ResumeReceipt> {
  if (personOf(caller.actor) === null) {
    throw new FirebreakError("forbidden", `A ${caller.actor.kind} cannot release a stop; a person has to.`);
  }
  const { holds } = house.killswitch.current();
  const hold = holds.find((candidate) => candidate.id === request.id);
  if (hold === undefined) return refuseUnknownHold(house, request.id);
  const stop = holdsOfSameStop(hold, holds);
  const needs = await resumeNeeds(house, caller, stop);
  const missing = needs.checklist.filter((line) => !request.checked.includes(line));
  if (missing.length > 0) {
    throw new FirebreakError(
      "conflict",
      `Not resumed, because ${needs.why}. Check first, and say so (firebreak resume --checked): ${missing.join("; ")}.`,
    );
  }
  if (needs.persons === 1) {
    const alone = needs.why === null ? {} : { alone: `${needs.why}, and no second person can approve` };
    const { reason, atOnce } = request;
    return releaseHolds(house, caller.actor, stop, { reason, atOnce, address: caller.address ?? null, ...alone });
  }
  return askSecondPerson(house, caller, stop, request);
}

async function refuseUnknownHold({ database }: House, id: string): Promise<never> {
  const past = await database.kysely.selectFrom("holds").select("id").where("id", "=", id).executeTakeFirst();
  if (past !== undefined) throw new FirebreakError("conflict", `The hold ${id} was released before.`);
  throw new FirebreakError("not_found", `There is no hold ${id} in force.`);
}

async function askSecondPerson(
  house: House,
  caller: Caller,
  stop: readonly Hold[],
  { reason, checked, atOnce }: ResumeRequest,
): Promise<ResumeReceipt> {
  const [hold] = stop;
  if (hold === undefined) throw new FirebreakError("not_found", "There is no hold to resume.");
  const asked: ResumeArguments = { holdIds: stop.map((one) => one.id).toSorted(), atOnce };
  const question = await openQuestionAbout(house, caller, stopKeyOf(stop));
  const isSame = question !== undefined && canonicalJson(question.arguments) === canonicalJson(asked);
  if (!isSame) return waiting(hold, await ask(house, caller, { stop, asked, reason }));
  if (personOf(question.requestedBy) === personOf(caller.actor)) return waiting(hold, question);
  const { id, digest } = question;
  const answer = { id, answer: "approved" as const, reason, digest, checked };
  const answered = await answerApproval(contextFor(house, caller.actor), caller, answer);
  const receipt = await carryOutResume(house, answered.id);
  if (receipt !== null) return receipt;
  // the domain event of the answer may have been quicker
  const isOver = !house.killswitch.current().holds.some((one) => one.id === hold.id);
  return isOver
    ? { ...waiting(hold, answered), releasedAt: toIso(house.clock.now()), approval: null }
    : waiting(hold, answered);
}

function waiting(hold: Hold, approval: ApprovalView): ResumeReceipt {
  return { hold, releasedAt: null, approval, resumed: [] };
}

interface Question {
  readonly stop: readonly Hold[];
  readonly asked: ResumeArguments;
  readonly reason: string;
}

async function ask(house: House, caller: Caller, { stop, asked, reason }: Question): Promise<ApprovalView> {
  const ctx = contextFor(house, caller.actor);
  await inTransaction(house.database, (trx) =>
    requestApproval(trx, ctx, {
      kind: RESUME_KIND,
      title: `Resume ${stop.map(whatOf).at(0) ?? "the stop"}`,
      target: stopKeyOf(stop),
      reason,
      arguments: asked,
      preview: stop.map(
        (hold) => `ends the ${hold.level} of ${whatOf(hold)} that ${hold.actor.name} set: ${hold.reason}`,
      ),
      checklist: [...house.killswitchPolicy.checklist],
      incidentId: stop[0]?.incidentId ?? null,
      expiresInMs: 4 * HOUR_MS,
      role: RESUME_ROLE,
    }),
  );
  const question = await openQuestionAbout(house, caller, stopKeyOf(stop));
  if (question !== undefined) return question;
  throw new FirebreakError("conflict", "The question was answered in this moment. Look at the approvals.");
}

const whatOf = (hold: Hold) => (hold.target === null ? "everything" : `${hold.scope} ${hold.target}`);

/**
 * Does what two persons agreed on, once; harmless when repeated. Called by the second answer and, in case this process dies
 * before it is done, by the domain event.
 *
 * @returns null when it is not approved (any more)
 */
export async function carryOutResume(house: House, approvalId: string): Promise<ResumeReceipt | null> {
  const row = await spend(house, approvalId);
  if (row === null) return null;
  const { holdIds, atOnce } = resumeArguments.parse(argumentsOf(row));
  const inForce = house.killswitch.current().holds.filter((hold) => holdIds.includes(hold.id));
  if (inForce.length === 0) {
    await noteOutcome(contextFor(house, DAEMON), row.id, "The stop is released.");
    return null;
  }
  const approvedBy = await approversOf(house, row.id);
  const reason = `${row.reason} (approved by ${approvedBy.map((one) => one.name).join(", ")})`;
  const release = { reason, atOnce, address: null, approvalId, approvedBy };
  const receipt = await releaseHolds(house, row.requested_by, inForce, release);
  await noteOutcome(
    contextFor(house, DAEMON),
    row.id,
    `Released; ${receipt.resumed.length} session(s) told to run again.`,
  );
  return receipt;
}

/** @returns null when it is not approved, or not about a resume */
async function spend(house: House, id: string): Promise<ApprovalRow | null> {
  const found = await house.database.kysely.selectFrom("approvals").selectAll().where("id", "=", id).executeTakeFirst();
  if (found === undefined || found.kind !== RESUME_KIND) return null;
  const isSpendable = found.state === "approved" || (found.state === "used" && found.outcome === null);
  if (!isSpendable) return null;
  const use = { id, kind: RESUME_KIND, arguments: argumentsOf(found), usedFor: id };
  return inTransaction(house.database, (trx) => useApproval(trx, contextFor(house, DAEMON), use));
}

async function approversOf({ database }: House, approvalId: string): Promise<Actor[]> {
  const rows = await database.kysely
    .selectFrom("approval_answers")
    .select("answered_by")
    .where("approval_id", "=", approvalId)
    .where("answer", "=", "approved")
    .execute();
  return rows.map((row) => row.answered_by);
}

interface Release {
  readonly reason: string;
  readonly atOnce: boolean;
  readonly address: string | null;
  /** what two persons agreed in */
  readonly approvalId?: string;
  readonly approvedBy?: readonly Actor[];
  /** why one person was enough for what takes two */
  readonly alone?: string;
}

/**
 * Sessions that no other hold covers run again; the agent's open alerts are settled, so that its next misbehaviour raises a
 * new one and is contained again.
 */
async function releaseHolds(
  house: House,
  actor: Actor,
  stop: readonly Hold[],
  release: Release,
): Promise<ResumeReceipt> {
  const { killswitch, clock, config } = house;
  const [hold] = stop;
  if (hold === undefined) throw new FirebreakError("not_found", "There is no hold to release.");
  if (!release.atOnce) await beginRestore(house, hold, actor, release.reason);
  for (const one of stop) await killswitch.release(one.id, { actor, reason: release.reason });
  const lifted = await liftHold({ home: config.home, hold, holds: killswitch.current().holds, clock });
  const releasedAt = toIso(clock.now());
  const resumed = lifted.map(({ sessionId, agentId, state }) => ({ sessionId, agentId, state }));
  await recordResume(house, actor, hold, release, {
    kind: "resume",
    version: 1,
    holds: [...stop],
    releasedAt,
    releasedBy: actor,
    approvedBy: [...(release.approvedBy ?? [])],
    alone: release.alone ?? null,
    reason: release.reason,
    resumed,
  });
  await mirrorHolds(house);
  return { hold, releasedAt, approval: null, resumed };
}

/** The timeline is told by the mirror of the journal, as for a release without the server. */
async function recordResume(
  house: House,
  actor: Actor,
  hold: Hold,
  release: Release,
  content: ReceiptOfAct,
): Promise<void> {
  const { clock } = house;
  await inTransaction(house.database, async (trx) => {
    await recordAudit(trx, {
      at: clock.now(),
      actor,
      action: "killswitch.resume",
      target: hold.id,
      detail: {
        reason: release.reason,
        result: "released",
        ipAddress: release.address,
        approvalId: release.approvalId ?? null,
        alone: release.alone ?? null,
      },
    });
    await keepReceipt(trx, house, content);
    if (hold.scope === "agent" && hold.target !== null) await resolveAlertsOfAgent(trx, { clock, actor }, hold.target);
  });
}
