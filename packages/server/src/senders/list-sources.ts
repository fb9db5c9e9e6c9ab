import type { SourceDetail, SourceView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { SourceContext } from "./context.ts";
import { SOURCES_MAX } from "./directory.ts";
import { listRefusals } from "./refusals.ts";
import { setupOf } from "./setup.ts";
import { toSourceView } from "./source.ts";
import type { SourceRow } from "./source.ts";

type ReadContext = Pick<SourceContext, "database" | "sources">;

/** @returns all sources by name, with what was heard of them until now */
export async function listSources(ctx: ReadContext): Promise<SourceView[]> {
  await ctx.sources.flush();
  const rows = await ctx.database.kysely.selectFrom("sources").selectAll().orderBy("name").limit(SOURCES_MAX).execute();
  return rows.map(toSourceView);
}

const REFUSALS_SHOWN = 20;

/**
 * One source with its last refusals, and how its sender is configured: the key's place is marked, because nobody knows the key.
 *
 * @throws FirebreakError `not_found`
 */
export async function getSource(ctx: ReadContext, name: string, url: string): Promise<SourceDetail> {
  await ctx.sources.flush();
  const source = toSourceView(await findSource(ctx, name));
  const { items } = await listRefusals(ctx, { source: name, limit: REFUSALS_SHOWN });
  return { source, setup: setupOf(source, url, null), refusals: items };
}

/** @throws FirebreakError `not_found` */
export async function findSource(ctx: Pick<SourceContext, "database">, name: string): Promise<SourceRow> {
  const row = await ctx.database.kysely.selectFrom("sources").selectAll().where("name", "=", name).executeTakeFirst();
  if (row === undefined) throw unknownSource(name);
  return row;
}

export function unknownSource(name: string): FirebreakError {
  return new FirebreakError("not_found", `There is no source ${name}. firebreak source list shows those there are.`);
}
