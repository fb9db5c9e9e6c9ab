import type { DrillSummary, DrillView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import type { Database, DrillsTable } from "../../storage/index.ts";

const LISTED_MAX = 200;

interface Filter {
  readonly playbook?: string | undefined;
  readonly limit?: number | undefined;
}

/** @returns the newest drills first, of one playbook or of all, without their steps and checks */
export async function listDrills(database: Pick<Database, "kysely">, filter: Filter = {}): Promise<DrillSummary[]> {
  const { playbook, limit = LISTED_MAX } = filter;
  let query = database.kysely.selectFrom("drills").selectAll();
  if (playbook !== undefined) query = query.where("playbook_id", "=", playbook);
  const rows = await query
    .orderBy("ended_at", "desc")
    .orderBy("id", "desc")
    .limit(Math.max(1, Math.min(limit, LISTED_MAX)))
    .execute();
  return rows.map(({ record }) => {
    const { id, title, profile, playbook: of, firebreakVersion, startedAt, endedAt } = record;
    const { seconds, result, findings, spans, notExercised } = record;
    const said = { seconds, result, findings, spans, notExercised };
    return { id, title, profile, playbook: of, firebreakVersion, startedAt, endedAt, ...said };
  });
}

/** @throws FirebreakError not_found */
export async function getDrill(database: Pick<Database, "kysely">, id: string): Promise<DrillView> {
  const row = await database.kysely.selectFrom("drills").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no drill ${id}.`);
  return toView(row);
}

export function toView(row: Selectable<DrillsTable>): DrillView {
  return { record: row.record, recordedAt: row.recorded_at.toISOString(), recordedBy: row.recorded_by };
}
