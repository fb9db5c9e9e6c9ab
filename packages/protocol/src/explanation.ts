import { z } from "zod";

const logsource = z.record(z.string(), z.string());

/** One line of an explanation; `depth` says under which it stands. */
export const explainedLine = z.object({
  depth: z.number().int(),
  holds: z.boolean(),
  kind: z.enum(["all", "any", "atLeast", "not", "selection", "filter", "test"]),
  what: z.string(),
  omitted: z.number().int(),
  /** the values of a field against the patterns of the rule */
  test: z
    .object({
      field: z.string(),
      modifier: z.string(),
      isPresent: z.boolean(),
      values: z.array(z.string()),
      patterns: z.array(z.object({ pattern: z.string(), holds: z.boolean() })),
    })
    .nullable(),
});
export type ExplainedLine = z.infer<typeof explainedLine>;

export const explanationView = z.object({
  ruleId: z.string(),
  title: z.string(),
  level: z.string(),
  kind: z.enum(["selection", "correlation"]),
  logsource: logsource.nullable(),
  /** whether the last event makes it report */
  matched: z.boolean(),
  events: z.array(
    z.object({
      index: z.number().int(),
      matched: z.boolean(),
      presentations: z.array(
        z.object({ logsource, covered: z.boolean(), holds: z.boolean(), lines: z.array(explainedLine) }),
      ),
    }),
  ),
  correlation: z
    .object({
      type: z.string(),
      condition: z.string(),
      groupBy: z.array(z.string()),
      timespanMs: z.number(),
      rules: z.array(z.string()),
      steps: z.array(
        z.object({
          index: z.number().int(),
          ruleId: z.string(),
          at: z.string(),
          outcome: z.enum(["counted", "reported", "late", "no_group"]),
          groupBy: z.record(z.string(), z.string()),
          count: z.number(),
        }),
      ),
    })
    .nullable(),
});
export type ExplanationView = z.infer<typeof explanationView>;
