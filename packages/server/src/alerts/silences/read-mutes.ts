import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema, Trx } from "../../storage/index.ts";
import type { Mute } from "../pipeline/types.ts";
import { toMute } from "./silence-row.ts";

/** Compiled once each: a row never changes but for its early end, and one that ended is not read any more. */
const compiled = new Map<string, { readonly kind: "silence" | "maintenance"; readonly mute: Mute }>();
const COMPILED_MAX = 2_000;

export interface Mutes {
  readonly silences: readonly Mute[];
  readonly windows: readonly Mute[];
}

/** @returns the silences and maintenance windows that are on, or are between two weekly stretches, at `now` */
export async function readMutes(kysely: Kysely<Schema>, now: number): Promise<Mutes> {
  const live = await kysely
    .selectFrom("silences")
    .select("id")
    .where("expired_at", "is", null)
    .where("ends_at", ">", new Date(now))
    .where("starts_at", "<=", new Date(now))
    .orderBy("id")
    .execute();
  await compileUnknown(
    kysely,
    live.map(({ id }) => id).filter((id) => !compiled.has(id)),
  );
  const found = live.flatMap(({ id }) => compiled.get(id) ?? []);
  const ofKind = (kind: string) => found.filter((one) => one.kind === kind).map(({ mute }) => mute);
  return { silences: ofKind("silence"), windows: ofKind("maintenance") };
}

async function compileUnknown(kysely: Kysely<Schema>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  if (compiled.size + ids.length > COMPILED_MAX) compiled.clear();
  const rows = await kysely.selectFrom("silences").selectAll().where("id", "in", ids).execute();
  for (const row of rows) compiled.set(row.id, { kind: row.kind, mute: toMute(row) });
}

const LOCK = "silences";

/**
 * Whoever decides on an alert shares this lock, whoever changes silences has it alone: so a decision either sees the
 * change, or is committed before it and found by it.
 */
export async function lockMutes(trx: Trx, mode: "to decide" | "to change"): Promise<void> {
  const lock =
    mode === "to decide"
      ? sql`select pg_advisory_xact_lock_shared(hashtext(${LOCK}))`
      : sql`select pg_advisory_xact_lock(hashtext(${LOCK}))`;
  await lock.execute(trx);
}
