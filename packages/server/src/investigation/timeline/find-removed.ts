import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";
import type { Draft } from "./entry.ts";
import { gap } from "./gap.ts";

/** Classes of the retention policy that hold telemetry. */
const TELEMETRY = ["events", "debug", "metrics"] as const;
const ROWS_MAX = 50;

/** What the retention policy took out of the database in the window: moved to the archive, or deleted. */
export async function findRemoved({ database }: ReadContext, scope: Scope): Promise<Draft[]> {
  const from = new Date(scope.fromMs);
  const to = new Date(scope.toMs);
  const { pack } = scope.incident;
  const segments = await database.kysely
    .selectFrom("archive_segments")
    .select(["id", "file", "oldest", "newest", "row_count"])
    .where("class", "in", TELEMETRY)
    .where("deleted_at", "is", null)
    .where("oldest", "<=", to)
    .where("newest", ">=", from)
    .where((where) => where.or([where("pack", "is", null), where("pack", "=", pack)]))
    .orderBy("oldest")
    .limit(ROWS_MAX)
    .execute();
  const notices = await database.kysely
    .selectFrom("retention_notices")
    .select(["id", "class", "covers_from", "covers_before", "deleted", "ended_at"])
    .where("class", "in", TELEMETRY)
    .where("deleted", ">", "0")
    .where("covers_before", ">=", from)
    .where((where) => where.or([where("covers_from", "is", null), where("covers_from", "<=", to)]))
    .where((where) => where.or([where("pack", "is", null), where("pack", "=", pack)]))
    .orderBy("announced_at")
    .limit(ROWS_MAX)
    .execute();
  const at = (time: Date | null) => Math.max(scope.fromMs, Math.min(scope.toMs, time?.getTime() ?? scope.fromMs));
  return [
    ...segments.map((row) =>
      gap(
        "archived",
        row.id,
        at(row.oldest),
        `${row.row_count} rows of telemetry of this time lie in the archive (${row.file}) and are not shown; some may be of these agents`,
      ),
    ),
    ...notices.map((row) =>
      gap(
        "deleted_by_policy",
        row.id,
        at(row.covers_from),
        `The retention policy deleted ${row.deleted} rows of the class ${row.class} from before ${row.covers_before.toISOString()}; some may be of these agents`,
      ),
    ),
  ];
}
