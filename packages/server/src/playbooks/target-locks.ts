import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import { emitDomainEvent } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import type { PlaybookDocument } from "./format.ts";
import type { RunRecord } from "./journal.ts";
import { inputsOfCall } from "./inputs-of-call.ts";
import { placeSteps } from "./placed-step.ts";
import { resolveReferences, toScopeInputs } from "./references.ts";

/** The input by which a playbook says what agent it is about. */
const AGENT_INPUT = "agentId";
const LOCK_CHARACTERS_MAX = 500;
const LOCKS_MAX = 100;

export interface RunLocks {
  readonly locks: readonly string[];
  /** given up while the run waits for a person */
  readonly yieldsLocks: boolean;
}

/**
 * What a run locks, with its inputs filled in. A playbook that declares nothing and is about an agent, or calls one that is,
 * locks that agent, but only while it acts: whoever contains an agent must not wait for a person who has not answered in
 * another run.
 *
 * @throws FirebreakError `invalid_body` when a lock has no value
 */
export function renderLocks(
  document: Pick<PlaybookDocument, "id" | "locks" | "phases">,
  scope: {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly runId: string;
    readonly incidentId: string | null;
  },
  called: ReadonlyMap<string, PlaybookDocument>,
): RunLocks {
  if (document.locks.length === 0) {
    const locks = [...new Set(agentsOf(document, scope, called))].map((agentId) => `agent:${agentId}`);
    return { locks: locks.slice(0, LOCKS_MAX).toSorted(), yieldsLocks: true };
  }
  const references = {
    inputs: toScopeInputs(scope.inputs),
    run: { id: scope.runId },
    incident: { id: scope.incidentId },
  };
  const locks = document.locks.flatMap((lock) => {
    const resolution = resolveReferences(lock, references);
    const values = resolution.ok ? [resolution.value].flat() : [];
    const texts = values.filter((value) => typeof value === "string" || typeof value === "number").map(String);
    if (texts.length > 0) return texts;
    const why = resolution.ok ? "it is no text" : `no value for ${resolution.missing.join(", ")}`;
    throw new FirebreakError("invalid_body", `the playbook ${document.id} cannot lock “${lock}”: ${why}`);
  });
  const distinct = [...new Set(locks.map((lock) => lock.slice(0, LOCK_CHARACTERS_MAX)))];
  return { locks: distinct.slice(0, LOCKS_MAX).toSorted(), yieldsLocks: false };
}

/** @returns the agents that a playbook without locks is about, and those that it calls, as far as they are known at the start */
function agentsOf(
  document: Pick<PlaybookDocument, "phases">,
  scope: { readonly inputs: Readonly<Record<string, unknown>> },
  called: ReadonlyMap<string, PlaybookDocument>,
): string[] {
  const agentId = scope.inputs[AGENT_INPUT];
  const within = placeSteps(document).flatMap(({ step }) => {
    const book = step.type === "sub-playbook" ? called.get(step.playbook) : undefined;
    if (step.type !== "sub-playbook" || book === undefined) return [];
    const inputs = inputsOfCall(book, step.inputs, { ...scope, inputs: toScopeInputs(scope.inputs) });
    return agentsOf(book, { ...scope, inputs }, called);
  });
  return [...(typeof agentId === "string" ? [agentId] : []), ...within];
}

/**
 * @returns the run's place among those that want one of its locks: the last one. Until the transaction ends nobody else gets a
 * place for these locks, so that places are in the order of the commits
 */
export async function takePlace(trx: Trx, locks: readonly string[]): Promise<bigint> {
  for (const lock of locks) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`firebreak.target.${lock}`}, 0))`.execute(trx);
  }
  const { last } = await trx
    .selectFrom("playbook_runs")
    .select((expression) => expression.fn.max("lock_place").as("last"))
    .where("lock_place", "is not", null)
    .where(wantsOneOf(locks))
    .executeTakeFirstOrThrow();
  return last === null ? 1n : BigInt(last) + 1n;
}

/** The run that has one of the locks of another. */
export interface LockHolder {
  readonly runId: string;
  readonly playbookTitle: string;
  readonly lock: string;
}

/** @returns the run before this one, or null when this one may act */
export async function findLockHolder(
  kysely: Database["kysely"],
  { id, locks, lockPlace }: Pick<RunRecord, "id" | "locks" | "lockPlace">,
): Promise<LockHolder | null> {
  if (locks.length === 0) return null;
  let query = kysely
    .selectFrom("playbook_runs")
    .select(["id", "playbook_title", "locks"])
    .where("lock_place", "is not", null)
    .where("id", "!=", id)
    .where(wantsOneOf(locks));
  if (lockPlace !== null) query = query.where("lock_place", "<", lockPlace.toString());
  const row = await query.orderBy("lock_place").limit(1).executeTakeFirst();
  if (row === undefined) return null;
  const lock = row.locks.find((candidate) => locks.includes(candidate)) ?? "";
  return { runId: row.id, playbookTitle: row.playbook_title, lock };
}

/** Gives the run's locks up and lets those go on that wait for one. In the transaction that ends the run or its acting. */
export async function leavePlace(trx: Trx, { id, locks }: Pick<RunRecord, "id" | "locks">): Promise<void> {
  if (locks.length === 0) return;
  await trx.updateTable("playbook_runs").set({ lock_place: null }).where("id", "=", id).execute();
  const waiting = await trx
    .selectFrom("playbook_runs")
    .select("id")
    .where("lock_place", "is not", null)
    .where("id", "!=", id)
    .where("state", "in", ["pending", "waiting"])
    .where(wantsOneOf(locks))
    .orderBy("lock_place")
    .execute();
  for (const run of waiting) await emitDomainEvent(trx, { type: "run.requested", runId: run.id });
}

function wantsOneOf(locks: readonly string[]) {
  return sql<boolean>`locks ?| ${[...locks]}::text[]`;
}
