import { CLOCK_KINDS, isSettled } from "@firebreak/protocol";
import type { ClockKind, ClockView, Severity } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { Profile } from "../kernel/index.ts";
import type { IncidentClocksTable } from "../storage/index.ts";
import { addTimelineEntry } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";

export type ClockRow = Selectable<IncidentClocksTable>;

const MINUTE_MS = 60_000;

const WORDS: Readonly<Record<ClockKind, string>> = {
  respond: "response",
  contain: "containment",
  resolve: "resolution",
};

/** @returns milliseconds from detection to each target the profile sets for the severity */
export function clockTargetsMs(profile: Pick<Profile, "severities">, severity: Severity): Map<ClockKind, number> {
  const target = profile.severities[severity];
  const minutes: Record<ClockKind, number | undefined> = {
    respond: target.respondMinutes,
    contain: target.containMinutes,
    resolve: target.resolveMinutes,
  };
  return new Map(
    CLOCK_KINDS.flatMap((kind) => {
      const value = minutes[kind];
      return value === undefined ? [] : [[kind, value * MINUTE_MS] as const];
    }),
  );
}

/** @returns true when the clock was missed: marked so, or stopped or still running past its time */
export function isBreached(clock: Pick<ClockRow, "due_at" | "stopped_at" | "breached_at">, now: number): boolean {
  if (clock.breached_at !== null) return true;
  return (clock.stopped_at?.getTime() ?? now) > clock.due_at.getTime();
}

export function toClockView(clock: ClockRow, now: number): ClockView {
  return {
    kind: clock.kind,
    startedAt: clock.started_at.toISOString(),
    dueAt: clock.due_at.toISOString(),
    stoppedAt: clock.stopped_at?.toISOString() ?? null,
    breached: isBreached(clock, now),
  };
}

/** @returns the clocks in the order respond, contain, resolve */
export function sortClocks<T extends { kind: ClockKind }>(clocks: readonly T[]): T[] {
  return clocks.toSorted((a, b) => CLOCK_KINDS.indexOf(a.kind) - CLOCK_KINDS.indexOf(b.kind));
}

/** Sets the clocks the severity has, running since the detection. */
export async function startClocks(trx: Trx, ctx: IncidentContext, incident: IncidentRow): Promise<void> {
  const startedAt = incident.detected_at;
  const values = [...clockTargetsMs(ctx.profile, incident.severity)].map(([kind, targetMs]) => ({
    incident_id: incident.id,
    kind,
    started_at: startedAt,
    due_at: new Date(startedAt.getTime() + targetMs),
  }));
  if (values.length > 0) await trx.insertInto("incident_clocks").values(values).execute();
}

/** Stops the clocks of these kinds that still run; one that stops past its time is marked as missed. */
export async function stopClocks(
  trx: Trx,
  ctx: IncidentContext,
  incidentId: string,
  kinds: readonly ClockKind[],
  at: number,
): Promise<void> {
  if (kinds.length === 0) return;
  const stopped = await trx
    .updateTable("incident_clocks")
    .set({ stopped_at: new Date(at) })
    .where("incident_id", "=", incidentId)
    .where("kind", "in", kinds)
    .where("stopped_at", "is", null)
    .returningAll()
    .execute();
  for (const clock of stopped.filter((row) => row.breached_at === null && isBreached(row, at))) {
    await markBreached(trx, ctx, clock, at);
  }
}

/** Lets stopped clocks of these kinds run on, towards the same time as before. */
export async function restartClocks(trx: Trx, incidentId: string, kinds: readonly ClockKind[]): Promise<void> {
  if (kinds.length === 0) return;
  await trx
    .updateTable("incident_clocks")
    .set({ stopped_at: null })
    .where("incident_id", "=", incidentId)
    .where("kind", "in", kinds)
    .execute();
}

/** Moves the clocks that still run to the targets of a new severity; what the record says of the past stays. */
export async function retargetClocks(trx: Trx, ctx: IncidentContext, incident: IncidentRow): Promise<void> {
  const now = ctx.clock.now();
  const targets = clockTargetsMs(ctx.profile, incident.severity);
  const rows = await trx.selectFrom("incident_clocks").selectAll().where("incident_id", "=", incident.id).execute();
  const stopped = new Set(rows.filter((row) => row.stopped_at !== null).map((row) => row.kind));
  await trx
    .deleteFrom("incident_clocks")
    .where("incident_id", "=", incident.id)
    .where("stopped_at", "is", null)
    .execute();
  const finished = { respond: incident.acknowledged_at, contain: incident.contained_at, resolve: incident.resolved_at };
  // A clock that only the new severity has must not run for an incident that is over.
  const settledAt = isSettled(incident.state) ? (incident.resolved_at ?? incident.closed_at ?? new Date(now)) : null;
  for (const [kind, targetMs] of targets) {
    if (stopped.has(kind)) continue;
    const dueAt = new Date(incident.detected_at.getTime() + targetMs);
    const before = rows.find((row) => row.kind === kind);
    await trx
      .insertInto("incident_clocks")
      .values({
        incident_id: incident.id,
        kind,
        started_at: incident.detected_at,
        due_at: dueAt,
        stopped_at: finished[kind] ?? settledAt,
        breached_at: dueAt.getTime() < now ? (before?.breached_at ?? null) : null,
      })
      .execute();
  }
}

/** Marks a clock as missed, once, and says so on the timeline. */
export async function markBreached(
  trx: Trx,
  ctx: Pick<IncidentContext, "actor" | "clock">,
  clock: ClockRow,
  at: number,
): Promise<void> {
  await trx
    .updateTable("incident_clocks")
    .set({ breached_at: new Date(at) })
    .where("incident_id", "=", clock.incident_id)
    .where("kind", "=", clock.kind)
    .where("breached_at", "is", null)
    .execute();
  const dueAt = clock.due_at.toISOString();
  await addTimelineEntry(trx, ctx, {
    incidentId: clock.incident_id,
    key: `clock:${clock.kind}:${dueAt}`,
    at,
    kind: "clock",
    source: "clocks",
    text: `The time for the ${WORDS[clock.kind]} ran out at ${dueAt}.`,
    data: { clock: clock.kind, dueAt },
  });
}
