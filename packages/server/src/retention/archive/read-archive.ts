import type { ArchiveLines } from "@firebreak/protocol";
import { findActLeaves, findEventLeaves, isLogged } from "../../audit/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import { z } from "zod";
import type { RetentionContext } from "../context.ts";
import { parseKeys, readSegment } from "./segment-file.ts";
import { viewSegment } from "./segments.ts";

const loggedLine = z.object({ entry: z.number().int(), seq: z.number().int(), body: z.string() });

/**
 * Reads rows of a segment, after its signature, its hash and, of entries of the log, each line that is given were checked.
 *
 * @throws FirebreakError `not_found`; `conflict` when it is not what was archived
 */
export async function readArchive(
  ctx: Pick<RetentionContext, "database" | "home">,
  { id, after, limit }: { readonly id: string; readonly after: number; readonly limit: number },
): Promise<ArchiveLines> {
  const { kysely } = ctx.database;
  const row = await kysely.selectFrom("archive_segments").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no segment ${id}.`);
  if (row.deleted_at !== null) {
    throw new FirebreakError(
      "not_found",
      `The segment ${id} was deleted at ${row.deleted_at.toISOString()} as the policy says.`,
    );
  }
  const keys = await kysely.selectFrom("log_keys").select("verifier_key").execute();
  const { manifest, lines } = await readSegment(ctx.home, row.file, parseKeys(keys.map((one) => one.verifier_key)));
  if (manifest.sha256 !== row.sha256)
    throw new FirebreakError("conflict", `The segment ${id} is another than was recorded.`);
  const page = lines.slice(after, after + limit);
  if (manifest.table === "events" || manifest.table === "audit_log") await checkLogged(ctx, manifest.table, page);
  const next = after + page.length;
  return { segment: viewSegment(row), lines: page, next: next < lines.length ? String(next) : null };
}

async function checkLogged(
  { database: { kysely } }: Pick<RetentionContext, "database">,
  table: "events" | "audit_log",
  page: readonly string[],
): Promise<void> {
  const rows = page.map((line) => loggedLine.parse(JSON.parse(line)));
  const leaves =
    table === "events"
      ? await findEventLeaves(
          kysely,
          rows.map(({ seq }) => seq),
        )
      : await findActLeaves(kysely, new Map(rows.map(({ seq, entry }) => [seq, entry])));
  const wrong = rows.find(({ seq, body }) => !isLogged(body, leaves.get(seq)));
  if (wrong === undefined) return;
  throw new FirebreakError(
    "conflict",
    `Entry ${wrong.entry} of the segment is not what was logged. Run \`firebreak audit verify\`.`,
  );
}
