import { sql } from "kysely";
import { toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { ScanContext } from "./context.ts";
import { insertScan } from "./request-scan.ts";
import type { DueCondition } from "../storage/index.ts";

const DAY_MS = 86_400_000;

/** Whether the list has changed since {@link lookBack} looked at it. */
export const hasNewIndicators: DueCondition = () =>
  sql<boolean>`(select version from indicator_version) > (select version from indicator_look_back)`;

/** Asks for a scan of the last days when indicators are new, one at a time: what comes meanwhile is looked for by the next. */
export async function lookBack(ctx: ScanContext, days: number): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const known = await trx.selectFrom("indicator_look_back").select("version").forUpdate().executeTakeFirstOrThrow();
    const { version } = await trx.selectFrom("indicator_version").select("version").executeTakeFirstOrThrow();
    if (version <= known.version) return;
    const waiting = await trx
      .selectFrom("indicator_scans")
      .select("id")
      .where("after_version", "is not", null)
      .where("state", "in", ["pending", "running"])
      .executeTakeFirst();
    if (waiting !== undefined) return;
    await trx.updateTable("indicator_look_back").set({ version }).execute();
    const fresh = await trx
      .selectFrom("indicators")
      .select("id")
      .where("effect", "=", "match")
      .where("since_version", ">", known.version)
      .limit(1)
      .executeTakeFirst();
    if (fresh === undefined || days === 0) return;
    const since = toIso(ctx.clock.now() - days * DAY_MS);
    await insertScan(
      trx,
      ctx,
      { target: { kind: "events", since }, alert: true },
      { after: known.version, through: version },
    );
  });
}
