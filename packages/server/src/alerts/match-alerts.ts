import type { Matcher } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { compileValueTest, FirebreakError } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";

/** Different values of one label that a regular expression is asked about. */
const VALUES_MAX = 200_000;

/**
 * The matchers as conditions on rows of `alerts`. Regular expressions are asked here, once for each different value of
 * their label, so that the database and the pipeline never read one differently, and none can be too dear.
 *
 * @param within which alerts' values are looked at: what the caller restricts its query to
 * @throws FirebreakError `invalid_body` for a pattern that does not compile, or a label with too many values
 */
export async function conditionsOf(
  kysely: Kysely<Schema>,
  matchers: readonly Matcher[],
  within: "open" | "all",
): Promise<RawBuilder<boolean>[]> {
  const literal = matchers.filter(({ op }) => op === "=" || op === "!=").map(literalCondition);
  const patterns = matchers.filter(({ op }) => op === "=~" || op === "!~");
  const asked: RawBuilder<boolean>[] = [];
  for (const matcher of patterns) asked.push(await patternCondition(kysely, matcher, [...literal, ...asked], within));
  return [...literal, ...asked];
}

const valueOf = (name: string) => sql<string>`coalesce(labels->>${name}, '')`;

function literalCondition({ name, op, value }: Matcher): RawBuilder<boolean> {
  // containment is what the index on labels answers
  if (op === "=" && value !== "") return sql<boolean>`labels @> ${JSON.stringify({ [name]: value })}::jsonb`;
  return op === "=" ? sql<boolean>`${valueOf(name)} = ${value}` : sql<boolean>`${valueOf(name)} <> ${value}`;
}

async function patternCondition(
  kysely: Kysely<Schema>,
  { name, op, value }: Matcher,
  before: readonly RawBuilder<boolean>[],
  within: "open" | "all",
): Promise<RawBuilder<boolean>> {
  const test = compileValueTest({ op, value });
  if (!test.ok) throw new FirebreakError("invalid_body", `${name}${op}: ${test.problem}.`);
  const where = within === "open" ? [sql<boolean>`status = 'open'`, ...before] : before;
  const { rows } = await sql<{ value: string }>`
    select distinct ${valueOf(name)} as value from alerts
    where ${where.length === 0 ? sql<boolean>`true` : sql.join(where, sql` and `)}
    limit ${VALUES_MAX + 1}`.execute(kysely);
  if (rows.length > VALUES_MAX) {
    throw new FirebreakError(
      "invalid_body",
      `The label ${name} has more than ${VALUES_MAX} values. Add a condition with = on another label.`,
    );
  }
  const all = rows.map((row) => row.value);
  const matched = all.filter(test.value);
  if (matched.length === all.length) return sql<boolean>`true`;
  return sql<boolean>`${valueOf(name)} = any(${matched}::text[])`;
}
