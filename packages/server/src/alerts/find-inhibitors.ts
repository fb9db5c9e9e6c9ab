import { sql } from "kysely";
import type { Labels } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import type { CompiledRules } from "./pipeline/compile-rules.ts";
import type { Candidate } from "./pipeline/types.ts";

export interface Inhibitor {
  readonly id: string;
  readonly labels: Labels;
}

/** Open alerts looked at for one inhibition; more than these share the wanted labels only if an inhibition is too wide. */
const INHIBITORS_MAX = 1_000;

/**
 * Reads the open alerts that may inhibit this one: those with the labels that an inhibition's source asks for literally,
 * and with this alert's values of the labels that must be equal. The stage decides on the rest.
 */
export async function findInhibitors(
  trx: Trx,
  { labels, id }: Pick<Candidate, "labels" | "id">,
  inhibitions: CompiledRules["inhibitions"],
): Promise<Inhibitor[]> {
  const found: Inhibitor[] = [];
  for (const { target, source, sourceMatchers, equal } of inhibitions) {
    if (!target(labels)) continue;
    const wanted = Object.fromEntries(
      [
        ...equal.map((name) => [name, labels[name] ?? ""] as const),
        ...sourceMatchers.filter(({ op }) => op === "=").map(({ name, value }) => [name, value] as const),
      ].filter(([, value]) => value !== ""),
    );
    const rows = await trx
      .selectFrom("alerts")
      .select(["id", "labels"])
      .where("status", "=", "open")
      .where("id", "<>", id)
      .where(sql<boolean>`labels @> ${JSON.stringify(wanted)}::jsonb`)
      .limit(INHIBITORS_MAX)
      .execute();
    found.push(...rows.filter((row) => source(row.labels)));
  }
  return found;
}
