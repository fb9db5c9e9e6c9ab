import { sql } from "kysely";
import type { ReadContext } from "../context.ts";

/** Parts of the impact whose events tell the story; files that were read are too many. */
const SECTIONS = ["credentials", "outflow", "persistence"];
const REFS_MAX = 1_000;

/** @returns the refs of the events behind what the newest impact says of credentials, of what left and of what stays */
export async function readTelling({ database }: ReadContext, incidentId: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ ref: string }>`
    select event ->> 'ref' as ref
    from (select body from impacts where incident_id = ${incidentId} order by version desc limit 1) newest,
      jsonb_array_elements(body -> 'statements') statement, jsonb_array_elements(statement -> 'events') event
    where statement ->> 'section' = any(${SECTIONS}::text[])
    limit ${REFS_MAX}`.execute(database.kysely);
  return new Set(rows.map(({ ref }) => ref));
}
