import type { RetentionClass, RetentionPlan, RetentionPreview } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import type { RetentionContext } from "./context.ts";
import { measureCopies } from "./copies/measure-copies.ts";
import { readActiveHolds } from "./holds/active-holds.ts";
import type { ActiveHold } from "./holds/active-holds.ts";
import { deletedBefore, firstDue } from "./notices.ts";
import { measureOriginals } from "./originals.ts";
import { measure } from "./rows.ts";
import { schedulesOf, toArchive } from "./schedules.ts";
import type { Schedule } from "./schedules.ts";
import { measureSegments } from "./archive/segments.ts";
import { EVIDENCE, storesOf } from "./stores.ts";

/**
 * Says what the policy would archive with the next pass, and what it would delete until the end of a notice that began now.
 * Nothing is changed.
 */
export async function previewRetention(
  ctx: RetentionContext,
  filter: { readonly class?: RetentionClass | undefined },
): Promise<RetentionPreview> {
  const now = ctx.clock.now();
  const schedules = schedulesOf(ctx.profile.retention).filter(
    (schedule) => filter.class === undefined || schedule.class === filter.class,
  );
  const plans = await ctx.database.kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (trx) => {
      const holds = await readActiveHolds(trx);
      const found: RetentionPlan[] = [];
      for (const schedule of schedules) {
        const dueAt = await firstDue(trx, schedule, now);
        for (const plan of await planOf(trx, schedule, holds, now)) {
          if (plan.rows > 0) found.push({ lockedUntil: null, ...plan, dueAt: plan.act === "delete" ? dueAt : null });
        }
      }
      return found;
    });
  return { at: toIso(now), plans };
}

type Kysely = RetentionContext["database"]["kysely"];
type Plan = Omit<RetentionPlan, "dueAt" | "lockedUntil"> & { readonly lockedUntil?: string | null };

async function planOf(kysely: Kysely, schedule: Schedule, holds: readonly ActiveHold[], now: number): Promise<Plan[]> {
  const about = { class: schedule.class, pack: schedule.pack };
  const plans: Plan[] = [];
  const ends = deletedBefore(schedule, now);
  for (const store of storesOf(schedule.class)) {
    const archived = toArchive(schedule, now);
    if (archived !== undefined) {
      const amount = await measure(kysely, store, schedule, archived, holds);
      plans.push({ ...about, act: "archive", place: store.table, ...amount });
    }
    if (ends === undefined) continue;
    const amount = await measure(kysely, store, schedule, { beforeMs: ends }, holds);
    plans.push({ ...about, act: "delete", place: store.table, ...amount });
    if (store !== EVIDENCE) continue;
    const copies = await measureCopies(kysely, schedule, { beforeMs: ends }, holds);
    plans.push(...copies.map((copy) => ({ ...about, act: "delete" as const, ...copy, cases: amount.cases })));
  }
  if (ends === undefined) return plans;
  const archived = await measureSegments(kysely, schedule, { beforeMs: ends });
  plans.push({ ...about, act: "delete", place: "archive", ...archived });
  if (schedule.class === "pii") {
    const amount = await measureOriginals(kysely, schedule, { beforeMs: ends }, holds);
    plans.push({ ...about, act: "delete", place: "originals", ...amount });
  }
  return plans;
}
