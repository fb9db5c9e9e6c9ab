import type { ReplayResult } from "@firebreak/protocol";
import { REPLAY_LIMITS } from "@firebreak/protocol";
import { DEFAULT_LIMITS } from "@firebreak/sigma";
import { listRaisedAlerts, toStorableJson } from "../../alerts/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import { inTransaction, isTransientDatabaseError, notifyLive } from "../../storage/index.ts";
import { findSeqBefore, readBodiesAfter } from "../../telemetry/index.ts";
import { textsInForce } from "../context.ts";
import type { WorkshopContext } from "../context.ts";
import type { ReplayAnswers, ReplayMessage, ReplayReady, RuleTexts } from "../worker/tasks.ts";

type RunContext = Pick<WorkshopContext, "database" | "clock" | "logger" | "workshop">;

const PAGE = 500;
const PROGRESS_EVERY_MS = 500;
const TIMEOUT_MS = 30 * 60_000;
/** Commits of events overlap: the order of their numbers and that of their receipt differ by less than this. */
const OVERLAP_MS = 60_000;

interface Range {
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly ruleIds: readonly string[] | null;
  readonly rules: RuleTexts;
}

/**
 * Runs a replay that was asked for. The events are judged in a thread of its own that has no way to the database: it can
 * raise nothing. A repeat begins anew; one that ended or was cancelled is left alone.
 */
export async function runReplay(ctx: RunContext, id: string, signal: AbortSignal): Promise<void> {
  const range = await begin(ctx, id);
  if (range === undefined) return;
  try {
    const result = await replay(ctx, range, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    if (result !== undefined) await end(ctx, id, { state: "done", result });
  } catch (fault) {
    // the node stops or its database is away: another try begins anew
    if (signal.aborted || isTransientDatabaseError(fault)) throw fault;
    ctx.logger.warn("a replay failed", { replay: id, problem: messageOf(fault) });
    await end(ctx, id, { state: "failed", problem: messageOf(fault) });
  }
}

async function begin({ database, clock, workshop }: RunContext, id: string): Promise<Range | undefined> {
  const row = await database.kysely
    .updateTable("replays")
    .set({ state: "running", started_at: toIso(clock.now()), events: 0, matches: 0, share: 0 })
    .where("id", "=", id)
    .where("state", "in", ["pending", "running"])
    .returning(["range_from", "range_to", "rule_ids", "rules"])
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const inForce = textsInForce(workshop);
  return {
    id,
    fromMs: row.range_from.getTime(),
    // what is to come has not failed to happen
    toMs: Math.min(row.range_to.getTime(), clock.now()),
    ruleIds: row.rule_ids,
    rules: row.rules === null ? inForce : { ...inForce, sources: row.rules },
  };
}

/** @returns undefined when it was cancelled */
async function replay(ctx: RunContext, range: Range, signal: AbortSignal): Promise<ReplayResult | undefined> {
  const startMs = ctx.clock.monotonicMs();
  const { rules, ruleIds, fromMs, toMs } = range;
  const line = ctx.workshop.workers.open({ kind: "replay", rules, ruleIds, fromMs, toMs }, signal);
  try {
    const ready = answerTo("ready", await line.ask());
    const alerts = await listRaisedAlerts(ctx, { ruleIds: ready.ruleIds, fromMs, toMs: toMs + OVERLAP_MS });
    await say(line, { kind: "alerts", alerts });
    const outcome = await judgePages(ctx, range, line, ready);
    if (outcome === "cancelled") return undefined;
    const done = await say(line, { kind: "end" });
    const seconds = Math.round(ctx.clock.monotonicMs() - startMs) / 1000;
    return { ...done, truncated: outcome === "truncated", seconds };
  } finally {
    await line.end();
  }
}

async function judgePages(
  ctx: RunContext,
  { id, fromMs, toMs }: Range,
  line: WorkerLine,
  { windowMs }: ReplayReady,
): Promise<"complete" | "truncated" | "cancelled"> {
  // as live detection after a restart: correlations begin with what happened before
  const warmMs = fromMs - windowMs - DEFAULT_LIMITS.latenessMs - OVERLAP_MS;
  let seq = await findSeqBefore(ctx.database, warmMs);
  let toldMs = ctx.clock.monotonicMs();
  for (let read = 0; read < REPLAY_LIMITS.eventsMax; read += PAGE) {
    const bodies = await readBodiesAfter(ctx, seq, PAGE);
    const last = bodies.at(-1);
    if (last === undefined) return "complete";
    seq = Number(last.seq);
    const done = await say(line, { kind: "page", bodies });
    if (done.throughMs > toMs + OVERLAP_MS) return "complete";
    if (ctx.clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) continue;
    toldMs = ctx.clock.monotonicMs();
    const share = Math.min(1, Math.max(0, (done.throughMs - warmMs) / (toMs - warmMs)));
    if (!(await tell(ctx, id, { events: done.events, matches: done.matches, share }))) return "cancelled";
  }
  return "truncated";
}

/** @returns false when the replay was cancelled */
async function tell(
  { database }: RunContext,
  id: string,
  progress: { readonly events: number; readonly matches: number; readonly share: number },
): Promise<boolean> {
  return inTransaction(database, async (trx) => {
    const row = await trx
      .updateTable("replays")
      .set(progress)
      .where("id", "=", id)
      .where("state", "=", "running")
      .returning("id")
      .executeTakeFirst();
    await notifyLive(trx, "replay", id);
    return row !== undefined;
  });
}

type Ending =
  | { readonly state: "done"; readonly result: ReplayResult }
  | { readonly state: "failed"; readonly problem: string };

async function end({ database, clock }: RunContext, id: string, ending: Ending): Promise<void> {
  const outcome =
    ending.state === "done"
      ? {
          result: toStorableJson(ending.result),
          events: ending.result.events,
          matches: ending.result.matches,
          share: 1,
        }
      : { problem: ending.problem };
  await inTransaction(database, async (trx) => {
    await trx
      .updateTable("replays")
      .set({ ...outcome, state: ending.state, ended_at: toIso(clock.now()), rules: null })
      .where("id", "=", id)
      .where("state", "=", "running")
      .execute();
    await notifyLive(trx, "replay", id);
  });
}

async function say<K extends ReplayMessage["kind"]>(
  line: WorkerLine,
  message: ReplayMessage & { readonly kind: K },
): Promise<ReplayAnswers[K]> {
  return answerTo(message.kind, await line.ask(message));
}

/** Guarantee: the worker of this same build answers in this order with these types. */
function answerTo<K extends keyof ReplayAnswers>(_kind: K, said: unknown): ReplayAnswers[K] {
  return said as ReplayAnswers[K];
}
