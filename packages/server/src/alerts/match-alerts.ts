import type { Matcher } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { compileValueTest, FirebreakError } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";

/** Different combinations of values that regular expressions are asked about. */
const COMBINATIONS_MAX = 200_000;

/** Which alerts are looked at: what the caller restricts its query to. */
export type Within = "open" | "all";

/**
 * The matchers as conditions on rows of `alerts`. Regular expressions are asked here, once for each different value of
 * their label, so that the database and the pipeline never read one differently, and none can be too dear.
 *
 * @throws FirebreakError `invalid_body` for a pattern that does not compile, or a label with too many values
 */
export async function conditionsOf(
  kysely: Kysely<Schema>,
  matchers: readonly Matcher[],
  within: Within,
): Promise<RawBuilder<boolean>[]> {
  return (await countMatches(kysely, matchers, within, [])).conditions;
}

/** How many alerts of equal extra columns match. */
export interface MatchCount {
  readonly extra: readonly unknown[];
  readonly count: number;
}

/**
 * Counts what matches by the extra columns, in the one look at the table that the regular expressions need anyway.
 *
 * @returns the counts (without patterns only when extra columns were asked for), and the matchers as conditions
 * @throws FirebreakError as {@link conditionsOf}
 */
export async function countMatches(
  kysely: Kysely<Schema>,
  matchers: readonly Matcher[],
  within: Within,
  extra: readonly RawBuilder<unknown>[],
): Promise<{ readonly counts: readonly MatchCount[]; readonly conditions: RawBuilder<boolean>[] }> {
  const literals = matchers.filter(({ op }) => op === "=" || op === "!=").map(literalCondition);
  const patterns = patternsByLabel(matchers);
  if (patterns.length === 0 && extra.length === 0) return { counts: [], conditions: literals };
  const combinations = await readCombinations(kysely, {
    columns: [...patterns.map(({ name }) => valueOf(name)), ...extra],
    where: within === "open" ? [sql<boolean>`status = 'open'`, ...literals] : literals,
  });
  const matched = patterns.map(() => new Set<string>());
  const counts = new Map<string, { readonly extra: readonly unknown[]; count: number }>();
  for (const { values, count } of combinations) {
    const fits = patterns.map(({ test }, index) => test(String(values[index])));
    fits.forEach((fit, index) => fit && matched[index]?.add(String(values[index])));
    if (fits.every(Boolean)) addCount(counts, values.slice(patterns.length), count);
  }
  const asked = patterns.map(
    ({ name }, index) => sql<boolean>`${valueOf(name)} = any(${[...(matched[index] ?? [])]}::text[])`,
  );
  return { counts: [...counts.values()], conditions: [...literals, ...asked] };
}

/** Adds up what differs only in labels: of extra columns there are few combinations, of labels many. */
function addCount(
  counts: Map<string, { readonly extra: readonly unknown[]; count: number }>,
  extra: readonly unknown[],
  count: number,
): void {
  const key = JSON.stringify(extra);
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { extra, count });
  else known.count += count;
}

const valueOf = (name: string) => sql<string>`coalesce(labels->>${name}, '')`;

function literalCondition({ name, op, value }: Matcher): RawBuilder<boolean> {
  // containment is what the index on labels answers
  if (op === "=" && value !== "") return sql<boolean>`labels @> ${JSON.stringify({ [name]: value })}::jsonb`;
  return op === "=" ? sql<boolean>`${valueOf(name)} = ${value}` : sql<boolean>`${valueOf(name)} <> ${value}`;
}

interface LabelPattern {
  readonly name: string;
  readonly test: (value: string) => boolean;
}

function patternsByLabel(matchers: readonly Matcher[]): LabelPattern[] {
  const tests = new Map<string, ((value: string) => boolean)[]>();
  for (const { name, op, value } of matchers) {
    if (op !== "=~" && op !== "!~") continue;
    const compiled = compileValueTest({ op, value });
    if (!compiled.ok) throw new FirebreakError("invalid_body", `${name}${op}: ${compiled.problem}.`);
    tests.set(name, [...(tests.get(name) ?? []), compiled.value]);
  }
  return [...tests].map(([name, all]) => ({ name, test: (value) => all.every((one) => one(value)) }));
}

interface Combinations {
  readonly columns: readonly RawBuilder<unknown>[];
  readonly where: readonly RawBuilder<boolean>[];
}

async function readCombinations(kysely: Kysely<Schema>, { columns, where }: Combinations) {
  const named = columns.map((column, index) => sql`${column} as ${sql.ref(`c${index}`)}`);
  const positions = columns.map((_, index) => sql.lit(index + 1));
  const { rows } = await sql<Readonly<Record<string, unknown>>>`
    select ${sql.join(named)}, count(*)::int as count from alerts
    where ${where.length === 0 ? sql<boolean>`true` : sql.join(where, sql` and `)}
    group by ${sql.join(positions)}
    limit ${COMBINATIONS_MAX + 1}`.execute(kysely);
  if (rows.length > COMBINATIONS_MAX) {
    throw new FirebreakError(
      "invalid_body",
      `The labels under regular expressions have more than ${COMBINATIONS_MAX} values. Add a condition with = on another label.`,
    );
  }
  return rows.map((row) => ({
    values: columns.map((_, index) => row[`c${index}`]),
    count: Number(row["count"]),
  }));
}
