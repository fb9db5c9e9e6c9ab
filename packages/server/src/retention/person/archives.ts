import { openItems, readContent } from "../../evidence/index.ts";
import { messageOf } from "../../kernel/index.ts";
import { sql } from "kysely";
import { deleteArchive } from "../delete-evidence.ts";
import { isHeld, lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import { BatchChanged } from "../batch.ts";
import { EVIDENCE } from "../stores.ts";
import { noteErased, Tally } from "./job.ts";
import type { Finding, PersonJob } from "./job.ts";

/** What is looked at around the seam of two pieces: longer values than this are not looked for. */
const SEAM_CHARACTERS = 2_048;

/** Archives of evidence are sealed: one that holds something of the person goes whole, or stays whole; its copies with it. */
export async function eraseEvidence(job: PersonJob): Promise<Finding[]> {
  const { kysely } = job.ctx.database;
  const tally = new Tally();
  const copies = new Map<string, Tally>();
  const archives = await kysely.selectFrom("evidence_archives").select(["id", "directory"]).orderBy("id").execute();
  for (const archive of archives) {
    await job.beat();
    const problem = await lookInto(job, archive.directory);
    if (problem === null) continue;
    await judge(job, archive.id, problem, { tally, copies });
  }
  await tellOfDue(job, copies);
  const act = job.also.has("evidence") ? "delete" : "keep";
  return [...tally.finding("evidence", act), ...[...copies].flatMap(([place, found]) => found.finding(place, act))];
}

/** @returns null when nothing of it matches; `""` when something does; why it cannot be told otherwise */
async function lookInto({ matcher, beat }: PersonJob, directory: string): Promise<string | null> {
  try {
    for await (const { item, handle, bytes } of openItems(directory)) {
      let isFound = matcher.matches(item.name);
      let before = "";
      for await (const piece of readContent(handle, bytes)) {
        const text = before + piece.toString("utf8");
        isFound ||= matcher.matches(text);
        if (isFound) break;
        before = text.slice(-SEAM_CHARACTERS);
      }
      if (isFound) return "";
      await beat();
    }
    return null;
  } catch (fault) {
    return `it cannot be looked into: ${messageOf(fault)}`;
  }
}

interface Tallies {
  readonly tally: Tally;
  readonly copies: Map<string, Tally>;
}

async function judge(job: PersonJob, id: string, problem: string, { tally, copies }: Tallies): Promise<void> {
  const { kysely } = job.ctx.database;
  const places = (
    await kysely.selectFrom("evidence_copies").select("place").where("archive_id", "=", id).execute()
  ).map(({ place }) => place);
  const all = [tally, ...places.map((place) => tallyOf(copies, place))];
  for (const one of all) one.matches += 1;
  const keep = (why: string) => all.forEach((one) => one.keep(1, why));
  if (problem !== "") return keep(problem);
  const holds = await readActiveHolds(kysely);
  const holders = [];
  for (const hold of holds) {
    const { rows } =
      await sql`select from evidence_archives t where t.id = ${id} and ${isHeld(EVIDENCE, [hold])}`.execute(kysely);
    if (rows.length > 0) holders.push(hold.caseId);
  }
  const [caseId] = holders;
  if (caseId !== undefined) return all.forEach((one) => one.hold(1, caseId));
  if (!job.also.has("evidence"))
    return keep("evidence is sealed, and kept for claims: name `evidence` to erase such archives whole");
  if (!(await isSettled(job, id))) return keep("its incident is not over yet");
  if (job.erases) await erase(job, id);
}

function tallyOf(copies: Map<string, Tally>, place: string): Tally {
  const tally = copies.get(place) ?? new Tally();
  copies.set(place, tally);
  return tally;
}

async function isSettled({ ctx }: PersonJob, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from evidence_archives t where t.id = ${id} and ${sql.raw(EVIDENCE.settled)}`.execute(ctx.database.kysely);
  return rows.length > 0;
}

async function erase({ ctx, id: erasureId, actor, policy }: PersonJob, id: string): Promise<void> {
  try {
    await deleteArchive({ ...ctx, actor }, id, {
      policy,
      detail: { class: "person", erasure: erasureId },
      drop: async (trx) => {
        await lockHolds(trx);
        const holds = await readActiveHolds(trx);
        const { rows } = await sql`
          delete from evidence_archives t where t.id = ${id} and ${sql.raw(EVIDENCE.settled)}
            and not ${isHeld(EVIDENCE, holds)} returning t.id`.execute(trx);
        if (rows.length !== 1) throw new BatchChanged("a legal hold was applied, or its incident was opened again");
        await noteErased(trx, erasureId, "evidence", 1);
      },
    });
  } catch (fault) {
    if (!(fault instanceof BatchChanged)) throw fault;
  }
}

/** Copies of archives that were deleted: nothing here can look into them any more, and they are deleted anyhow. */
async function tellOfDue({ ctx }: PersonJob, copies: Map<string, Tally>): Promise<void> {
  const due = await ctx.database.kysely
    .selectFrom("evidence_copies")
    .select(["place", "last_error"])
    .where("state", "=", "deleting")
    .execute();
  for (const { place, last_error: problem } of due) {
    const tally = tallyOf(copies, place);
    tally.matches += 1;
    tally.keep(1, `of an archive that was deleted, and due to be deleted: ${problem ?? "not tried yet"}`);
  }
}
