import { createHash } from "node:crypto";
import { formatId } from "@firebreak/protocol";
import type { FieldError, RunId } from "@firebreak/protocol";
import type { Transaction } from "kysely";
import { z } from "zod";
import { personOf } from "../approvals/index.ts";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { Schema, Trx } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import type { PlaybookDocument } from "./format.ts";
import type { LoadedPlaybook } from "./load-playbooks.ts";
import { findLockHolder, renderLocks, takePlace } from "./target-locks.ts";
import { insertRows } from "./journal.ts";
import { durationMs } from "./plan.ts";
import { collectCalled } from "./called-playbooks.ts";
import { templatesOf } from "./lint-references.ts";
import { placeSteps } from "./placed-step.ts";
import { findReferences } from "./references.ts";
import { rowsOfPlaybook } from "./step-rows.ts";

/** @returns always the same run id for the same incident and playbook, so that a repeated event makes one run */
export function deriveRunId(incidentId: string, playbookId: string): RunId {
  const digest = createHash("sha256")
    .update(JSON.stringify([incidentId, playbookId]))
    .digest();
  return formatId("run", digest.readUIntBE(16, 6), digest.subarray(0, 16));
}

export interface RunRequest {
  readonly playbookId: string;
  readonly incidentId: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** true: every step only says what it would do */
  readonly observe?: boolean;
  /** given: a second request with the same id changes nothing */
  readonly runId?: RunId;
}

/**
 * Asks for a run in the caller's transaction; the work engine executes it after the commit.
 *
 * @throws FirebreakError not_found for an unknown playbook, invalid_body for inputs that do not fit, conflict when the
 *   playbook does not wait for a lock that another run has
 */
export async function requestRun(
  trx: Transaction<Schema>,
  ctx: Pick<PlaybookVerbs, "clock" | "newId" | "actor" | "playbooks">,
  request: RunRequest,
): Promise<{ readonly runId: RunId; readonly created: boolean }> {
  const playbook = findPlaybook(ctx.playbooks, request.playbookId);
  const called = collectCalled(ctx.playbooks, playbook.document);
  const inputs = checkInputs(playbook.document, request.inputs);
  checkIncident([playbook.document, ...called.documents.values()], request.incidentId);
  const runId = request.runId ?? ctx.newId("run");
  const at = ctx.clock.now();
  const { locks, yieldsLocks } = request.observe
    ? { locks: [], yieldsLocks: false }
    : renderLocks(playbook.document, { inputs, runId, incidentId: request.incidentId }, called.documents);
  const inserted = await trx
    .insertInto("playbook_runs")
    .values({
      id: runId,
      playbook_id: playbook.document.id,
      playbook_title: playbook.document.title,
      playbook_hash: playbook.hash,
      playbook_text: playbook.text,
      incident_id: request.incidentId,
      inputs: JSON.stringify(inputs),
      state: "pending",
      reason: null,
      requested_by: JSON.stringify(ctx.actor),
      requested_at: toIso(at),
      mode: request.observe ? "observe" : "run",
      owner: personOf(ctx.actor),
      locks: JSON.stringify(locks),
      yields_locks: yieldsLocks,
      books: JSON.stringify(called.texts),
      phase_boxes: JSON.stringify(request.observe ? {} : phaseBoxesOf(playbook.document)),
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return { runId, created: false };
  await insertRows(trx, runId, rowsOfPlaybook(playbook.document, called.documents));
  if (locks.length > 0) await queueUp(trx, { id: runId, locks }, playbook.document.onLocked);
  const detail = {
    playbookId: playbook.document.id,
    playbookHash: playbook.hash,
    incidentId: request.incidentId,
    inputs,
    observes: request.observe ?? false,
  };
  await recordAudit(trx, { at, actor: ctx.actor, action: "playbook.request_run", target: runId, detail });
  await emitDomainEvent(trx, { type: "run.requested", runId });
  await notifyLive(trx, "run", runId);
  return { runId, created: true };
}

function phaseBoxesOf({ phases }: PlaybookDocument): Record<string, number> {
  const timed = phases.flatMap(({ id, timeBox }) =>
    timeBox === undefined ? [] : [[id, durationMs(timeBox)] as const],
  );
  return Object.fromEntries(timed);
}

/** @throws FirebreakError conflict when another run has one of the locks and the playbook does not wait */
async function queueUp(
  trx: Trx,
  run: { readonly id: string; readonly locks: readonly string[] },
  onLocked: PlaybookDocument["onLocked"],
): Promise<void> {
  const place = await takePlace(trx, run.locks);
  if (onLocked === "refuse") {
    const holder = await findLockHolder(trx, { ...run, lockPlace: null });
    if (holder !== null) {
      const message = `${holder.playbookTitle} (run ${holder.runId}) has ${holder.lock}; wait until it has ended, or abort it`;
      throw new FirebreakError("conflict", message);
    }
  }
  await trx.updateTable("playbook_runs").set({ lock_place: place.toString() }).where("id", "=", run.id).execute();
}

/** @throws FirebreakError not_found */
export function findPlaybook(playbooks: ReadonlyMap<string, LoadedPlaybook>, id: string): LoadedPlaybook {
  const playbook = playbooks.get(id);
  if (playbook) return playbook;
  const known = [...playbooks.keys()].join(", ") || "none";
  throw new FirebreakError("not_found", `there is no playbook ${id} that may run; loaded are: ${known}`);
}

/** Said before anything runs: in the middle of containment it would be too late. */
function checkIncident(documents: readonly PlaybookDocument[], incidentId: string | null): void {
  if (incidentId !== null) return;
  for (const document of documents) {
    const needed = placeSteps(document)
      .flatMap(templatesOf)
      .flatMap(({ value }) => findReferences(value))
      .some(({ segment }) => segment.kind === "reference" && segment.path[0] === "incident");
    if (!needed) continue;
    throw new FirebreakError(
      "invalid_body",
      `the playbook ${document.id} runs only for an incident; name the incident`,
    );
  }
}

const INPUT_SCHEMAS = {
  string: z.string().max(4000),
  number: z.number(),
  boolean: z.boolean(),
  list: z.array(z.string().max(4000)).max(1000),
} as const;

/**
 * Fills in defaults and checks names and types. An input that may be left out and is, is null in the result.
 *
 * @throws FirebreakError invalid_body
 */
export function checkInputs(
  document: PlaybookDocument,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const errors: FieldError[] = [];
  const inputs: [string, unknown][] = [];
  for (const [name, input] of Object.entries(document.inputs)) {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    const value = own ?? input.default ?? null;
    if (value === null && input.required) errors.push({ where: `/inputs/${name}`, message: "this input is needed" });
    if (value !== null && !INPUT_SCHEMAS[input.type].safeParse(value).success) {
      errors.push({
        where: `/inputs/${name}`,
        message: `this input must be a ${input.type} (4000 characters at most)`,
      });
    }
    inputs.push([name, value]);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(document.inputs, name))
      errors.push({ where: `/inputs/${name}`, message: "the playbook has no such input" });
  }
  if (errors.length > 0) {
    const list = errors.map((error) => `${error.where}: ${error.message}`).join("; ");
    throw new FirebreakError("invalid_body", `the playbook ${document.id} cannot run with these inputs: ${list}`, {
      errors,
    });
  }
  return Object.fromEntries(inputs);
}
