import { EVENT_KINDS } from "@firebreak/protocol";
import { z } from "zod";

/** How a line becomes a record: `otlp` maps take the spans, logs and metrics of OpenTelemetry, which are records already. */
export const PARSERS = ["json", "syslog", "access-log", "text", "otlp"] as const;
export type Parser = (typeof PARSERS)[number];

const scalar = z.union([z.string().max(1024), z.number(), z.boolean()]);

export interface Translation {
  readonly from: ValueSource;
  readonly values?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly otherwise?: string | number | boolean | undefined;
  readonly as?: "text" | "json" | undefined;
}

/**
 * Where a value comes from: `$.a.b` (the record), `$item.a` (the element of `each`), `$match.name` (a group of the
 * entry's pattern), `$path.name` (a part of the file's path), `$line`; any other text, number or truth value stands for
 * itself. Of a list the first that is there counts.
 */
export type ValueSource = string | number | boolean | Translation | readonly ValueSource[];

export const valueSource: z.ZodType<ValueSource> = z.lazy(() =>
  z.union([
    scalar,
    z.array(valueSource).min(1).max(20),
    z.strictObject({
      from: valueSource,
      values: z.record(z.string(), scalar).optional(),
      otherwise: scalar.optional(),
      /** `text`: the texts in a nested value, one after another; `json`: a text that holds JSON, read */
      as: z.enum(["text", "json"]).optional(),
    }),
  ]),
);

const condition = z.union([
  scalar,
  z.array(scalar).min(1).max(200),
  z.strictObject({ present: z.boolean() }),
  z.strictObject({ not: z.union([scalar, z.array(scalar).min(1).max(200)]) }),
]);
export type Condition = z.infer<typeof condition>;

const entry = z.strictObject({
  /** all must hold */
  when: z.record(z.string(), condition).default({}),
  /** must be found in the text; its named groups are `$match.name` */
  match: z.strictObject({ in: valueSource, pattern: z.string().min(1).max(2000) }).optional(),
  kind: z.enum(EVENT_KINDS),
  outcome: valueSource.optional(),
  risk: valueSource.optional(),
  resource: valueSource.optional(),
  data: z.record(z.string().min(1).max(128), valueSource).default({}),
  /** makes its event and lets the entries below make theirs */
  continue: z.boolean().default(false),
});

export const fieldMapSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -"),
  title: z.string().trim().min(1).max(200),
  parser: z.enum(PARSERS),
  /** patterns of paths this map is meant for; `{name}` stands for one part of a path and is `$path.name` */
  files: z.array(z.string().min(1).max(512)).max(20).default([]),
  /** IANA zone, or `local`, of times that name none */
  timeZone: z.string().max(64).refine(isTimeZone, "use an IANA time zone like Europe/Berlin, or local").default("UTC"),
  time: valueSource.optional(),
  /** the lines may be chained by hashes, which are checked: `data.chain_status` says `intact`, `broken` or `unverifiable` */
  chained: z.boolean().default(false),
  agent: z.strictObject({
    id: valueSource,
    pack: valueSource.optional(),
    session: valueSource.optional(),
    run: valueSource.optional(),
  }),
  /** a list in the record: its elements make events one by one, as `$item` */
  each: valueSource.optional(),
  /** the first whose conditions hold makes the event; when none does, the line is passed over */
  events: z.array(entry).min(1).max(100),
});
export type FieldMap = z.infer<typeof fieldMapSchema>;
export type MapEntry = FieldMap["events"][number];

function isTimeZone(value: string): boolean {
  if (value === "local") return true;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** @returns a name as agents and packs have them, as near to the text as it can be, or undefined when nothing is left */
export function fitEntityName(text: string): string | undefined {
  const fitted = text
    .slice(0, 512)
    .replaceAll(/[^A-Za-z0-9._:@-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 128);
  return fitted === "" ? undefined : fitted;
}

/** @returns printable text of at most 128 characters, or undefined for none */
export function fitPrintableName(text: string): string | undefined {
  const fitted = text
    .slice(0, 128)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, "?");
  return fitted === "" ? undefined : fitted;
}
