import { FirebreakError } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";

/** @throws FirebreakError not_found */
export async function refuseUnknownIncident(kysely: Pick<Trx, "selectFrom">, id: string): Promise<void> {
  const found = await kysely.selectFrom("incidents").select("id").where("id", "=", id).executeTakeFirst();
  if (found === undefined) throw new FirebreakError("not_found", `there is no incident ${id}`);
}
