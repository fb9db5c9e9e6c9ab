import type { RedactionCategory } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import { unwrapKey } from "./data-keys.ts";
import type { OriginalsContext } from "./context.ts";
import { openSealed } from "./seal-originals.ts";

/** Originals that one key encrypts, some of which were looked for and found. */
export interface FoundOriginals {
  readonly agent: string;
  readonly category: RedactionCategory;
  /** `2026-03-01`, UTC */
  readonly day: string;
  readonly found: number;
  /** all that the key encrypts, those that were found among them */
  readonly all: number;
}

export interface SealedSearch {
  readonly keys: readonly FoundOriginals[];
  /** originals that cannot be opened here: their key is another home's, or gone */
  readonly locked: number;
}

const AT_ONCE = 200;

/**
 * Opens every original that is kept and looks into it. No value leaves this.
 *
 * @param matches asked of each value
 * @param beat asked between keys
 */
export async function searchSealed(
  ctx: Pick<OriginalsContext, "database"> & { readonly originals?: OriginalsContext["originals"] },
  matches: (text: string) => boolean,
  beat: () => Promise<void>,
): Promise<SealedSearch> {
  const { kysely } = ctx.database;
  const found: FoundOriginals[] = [];
  let locked = 0;
  for (let after = "", isMore = true; isMore;) {
    await beat();
    const keys = await kysely
      .selectFrom("original_keys")
      .selectAll()
      .where("wrapped", "is not", null)
      .where("id", ">", after)
      .orderBy("id")
      .limit(AT_ONCE)
      .execute();
    for (const key of keys) {
      const result = await searchKey(ctx, key, matches);
      locked += result.locked;
      if (result.found > 0) {
        const day = dayOf(key.day);
        found.push({ agent: key.agent_id, category: key.category, day, found: result.found, all: result.all });
      }
    }
    after = keys.at(-1)?.id ?? after;
    isMore = keys.length === AT_ONCE;
  }
  return { keys: found, locked };
}

const dayOf = (day: Date | string): string =>
  typeof day === "string"
    ? day.slice(0, 10)
    : new Date(day.getTime() - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

interface KeyRow {
  readonly id: string;
  readonly agent_id: string;
  readonly category: RedactionCategory;
  readonly day: Date | string;
  readonly kek_id: string;
  readonly wrapped: Buffer | null;
}

async function searchKey(
  { database, originals }: Parameters<typeof searchSealed>[0],
  row: KeyRow,
  matches: (text: string) => boolean,
): Promise<{ found: number; all: number; locked: number }> {
  const sealed = await database.kysely
    .selectFrom("originals")
    .select(["event_id", "event_time", "category", "sealed"])
    .where("key_id", "=", row.id)
    .execute();
  const kek = originals?.keys?.ring.find(row.kek_id);
  const name = { agentId: row.agent_id, category: row.category, day: dayOf(row.day) };
  const key = kek === undefined || row.wrapped === null ? null : unwrapKey(kek, row.id, name, row.wrapped);
  if (key === null) return { found: 0, all: sealed.length, locked: sealed.length };
  let [found, locked] = [0, 0];
  for (const one of sealed) {
    const event = { id: one.event_id, time: toIso(one.event_time.getTime()), agentId: row.agent_id };
    const open = openSealed({ id: row.id, key }, event, one);
    if (open === null) locked += 1;
    else if (open.some(({ text }) => matches(text))) found += 1;
  }
  return { found, all: sealed.length, locked };
}
