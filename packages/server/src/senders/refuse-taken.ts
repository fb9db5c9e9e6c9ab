import { FirebreakError } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";

/**
 * A name that was another source's until shortly before is its address still.
 *
 * @param own the source that takes the name, when there is one already
 * @throws FirebreakError `conflict`
 */
export async function refuseTaken(trx: Trx, name: string, now: number, own = ""): Promise<void> {
  const other = await trx
    .selectFrom("sources")
    .select("name")
    .where("id", "<>", own)
    .where((where) =>
      where.or([
        where("name", "=", name),
        where.and([where("previous_name", "=", name), where("previous_name_until", ">", new Date(now))]),
      ]),
    )
    .executeTakeFirst();
  if (other === undefined) return;
  const why = other.name === name ? "There is" : `${other.name} was called so until a while ago: there is`;
  throw new FirebreakError("conflict", `${why} a source ${name} already. Choose another name.`);
}
