import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { AlertsTable, Trx } from "../storage/index.ts";
import { toStorableText } from "./storable-text.ts";

export type AlertRow = Selectable<AlertsTable>;

/** @throws FirebreakError `not_found` */
export async function lockAlert(trx: Trx, id: string): Promise<AlertRow> {
  const row = await trx
    .selectFrom("alerts")
    .selectAll()
    .where("id", "=", toStorableText(id))
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined)
    throw new FirebreakError("not_found", `There is no alert ${id}. List the alerts to find its id.`);
  return row;
}

/** @returns those that there are, in the order of their ids, which is that of their opening */
export async function lockAlerts(trx: Trx, ids: readonly string[]): Promise<AlertRow[]> {
  if (ids.length === 0) return [];
  return trx.selectFrom("alerts").selectAll().where("id", "in", ids).orderBy("id").forUpdate().execute();
}
