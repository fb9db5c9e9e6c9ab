import { z } from "zod";
import { recordDeletion } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { recordSegment } from "../archive/archive-batch.ts";
import { parseKeys, readSegment, removeSegment, segmentFile, writeSegment } from "../archive/segment-file.ts";
import type { SegmentRow } from "../archive/segments.ts";
import { breathe } from "../breathe.ts";
import { holdOfLine, lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import type { ActiveHold } from "../holds/active-holds.ts";
import { noteErased, Tally } from "./job.ts";
import type { Finding, PersonJob } from "./job.ts";
import { maskJson, matchesJson } from "./terms.ts";

/** A line of the archive: an entry of the log as its text, or a row with what belongs to it. */
const archivedLine = z.looseObject({
  from: z.string(),
  to: z.string(),
  entry: z.number().optional(),
  body: z.string().optional(),
});

interface Line {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** its place in the log; undefined for other rows */
  readonly entry: number | undefined;
  /** what stands there afterwards: null when the line goes; undefined when it does not match */
  readonly after: string | null | undefined;
}

/** The archive's files: written anew without the entries that match, and with other rows masked. */
export async function eraseInSegments(job: PersonJob): Promise<Finding[]> {
  const { ctx } = job;
  const tally = new Tally();
  const keys = await ctx.database.kysely.selectFrom("log_keys").select("verifier_key").execute();
  const verifiers = parseKeys(keys.map(({ verifier_key }) => verifier_key));
  const ids = await ctx.database.kysely
    .selectFrom("archive_segments")
    .selectAll()
    .where("deleted_at", "is", null)
    .orderBy("id")
    .execute();
  for (const segment of ids) {
    await job.beat();
    await eraseInSegment(job, segment, verifiers, tally);
  }
  return tally.finding("archive", "delete");
}

async function eraseInSegment(
  job: PersonJob,
  segment: SegmentRow,
  verifiers: Parameters<typeof readSegment>[2],
  tally: Tally,
): Promise<void> {
  const { home, database } = job.ctx;
  let lines: Line[];
  try {
    const file = await readSegment(home, segment.file, verifiers);
    lines = await parseLines(file.lines, job);
  } catch {
    tally.matches += 1;
    tally.keep(1, `${segment.file} cannot be read, or is not what was signed: see \`firebreak retention show\``);
    return;
  }
  const found = lines.filter(({ after }) => after !== undefined);
  if (found.length === 0) return;
  tally.matches += found.length;
  const hold = holdOf(lines, await readActiveHolds(database.kysely));
  if (hold !== undefined) tally.hold(found.length, hold.caseId);
  else if (job.erases) await replace(job, segment, lines);
}

/** A file of the archive is held as a whole when one of its rows is. */
function holdOf(lines: readonly Line[], holds: readonly ActiveHold[]): ActiveHold | undefined {
  if (holds.length === 0) return undefined;
  for (const line of lines) {
    const hold = holdOfLine(line, holds);
    if (hold !== undefined) return hold;
  }
  return undefined;
}

async function parseLines(texts: readonly string[], { matcher }: PersonJob): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [at, text] of texts.entries()) {
    await breathe(at);
    const line = archivedLine.parse(JSON.parse(text));
    const { from, to, entry, body } = line;
    const content: unknown = body === undefined ? { row: line["row"], children: line["children"] } : JSON.parse(body);
    const about = { text, entry, fromMs: Date.parse(from), toMs: Date.parse(to) };
    if (!matchesJson(content, matcher)) lines.push({ ...about, after: undefined });
    else if (body !== undefined) lines.push({ ...about, after: null });
    else {
      const masked = maskJson(content, matcher);
      lines.push({ ...about, after: JSON.stringify(Object.assign({}, line, masked)) });
    }
  }
  return lines;
}

/**
 * A new file in the place of an old one: written first, then both recorded in one transaction, then the old one goes.
 * `sweepArchive` removes what a crash leaves of either.
 */
async function replace(job: PersonJob, segment: SegmentRow, lines: readonly Line[]): Promise<void> {
  const { ctx, id: erasureId, actor, policy } = job;
  const state = await ctx.database.kysely.selectFrom("log_state").select("origin").executeTakeFirstOrThrow();
  const left = lines.filter(({ after }) => after !== null);
  const id = ctx.newId("archiveSegment");
  const file = segmentFile(segment.tier, { class: segment.class, id, newestMs: segment.newest.getTime() });
  const about = {
    id,
    origin: state.origin,
    class: segment.class,
    pack: segment.pack,
    table: segment.table_name,
    oldest: segment.oldest.toISOString(),
    newest: segment.newest.toISOString(),
    createdAt: toIso(ctx.clock.now()),
    replaces: segment.id,
  };
  const texts = left.map(({ text, after }) => after ?? text);
  const manifest = left.length === 0 ? null : await writeSegment(ctx.home, file, texts, about, ctx.logKey);
  const gone = lines.filter(({ after }) => after === null).flatMap(({ entry }) => entry ?? []);
  const count = lines.filter(({ after }) => after !== undefined).length;
  const isHeld = await inTransaction(ctx.database, async (trx) => {
    await lockHolds(trx);
    if (holdOf(lines, await readActiveHolds(trx)) !== undefined) return true;
    const now = ctx.clock.now();
    await trx
      .updateTable("archive_segments")
      .set({ deleted_at: toIso(now) })
      .where("id", "=", segment.id)
      .execute();
    if (manifest !== null) {
      const rows = left.map(({ entry = null }) => ({ entry }));
      await recordSegment(trx, ctx, { file, manifest, batch: { rows }, tier: segment.tier });
    }
    await recordDeletion(trx, ctx.logKey, {
      at: now,
      actor,
      target: segment.id,
      policy,
      entries: gone,
      detail: {
        class: "person",
        from: "archive",
        rows: count,
        erasure: erasureId,
        replacedBy: manifest === null ? null : id,
      },
    });
    await noteErased(trx, erasureId, "archive", count);
    return false;
  });
  await removeSegment(ctx.home, isHeld ? file : segment.file);
}
