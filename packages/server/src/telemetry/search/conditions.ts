import type { EventFilters } from "@firebreak/protocol";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import { readTextKey } from "../read-events.ts";
import { parsePathCondition } from "./path-conditions.ts";
import type { PathCondition } from "./path-conditions.ts";
import { parseTerms, toPattern } from "./text-terms.ts";
import type { TextTerm } from "./text-terms.ts";

/** What is searched for, read once. */
export interface Search {
  readonly filters: EventFilters;
  readonly terms: readonly TextTerm[];
  readonly paths: readonly PathCondition[];
  /** null: from the first event on */
  readonly sinceMs: number | null;
  /** null: to the last event */
  readonly untilMs: number | null;
}

/** @throws FirebreakError bad_request for a text or a path that cannot be read, and for a time without length */
export function readSearch(filters: EventFilters): Search {
  const search = {
    filters,
    terms: parseTerms(readTextKey("text", filters.text ?? "")),
    paths: (filters.path ?? []).map((path) => parsePathCondition(readTextKey("path", path))),
    sinceMs: filters.since === undefined ? null : Date.parse(filters.since),
    untilMs: filters.until === undefined ? null : Date.parse(filters.until),
  };
  const { sinceMs, untilMs } = search;
  if (sinceMs === null || untilMs === null || sinceMs < untilMs) return search;
  throw new FirebreakError("bad_request", "until: it must be later than since.");
}

const COLUMNS = { agent: "agent_id", pack: "pack", session: "session_id", run: "run_id", source: "source" } as const;
const LISTS = ["kind", "outcome", "risk"] as const;

/** @returns what must hold for an event, but for its time: cheap conditions first, as PostgreSQL tries them in order */
export function toConditions({ filters, terms, paths }: Search): RawBuilder<boolean>[] {
  const conditions: RawBuilder<boolean>[] = [];
  for (const [name, column] of Object.entries(COLUMNS)) {
    const value = filters[name as keyof typeof COLUMNS];
    if (value !== undefined) conditions.push(sql`${sql.ref(column)} = ${readTextKey(name, value)}`);
  }
  for (const name of LISTS) {
    const values = filters[name];
    if (values !== undefined) conditions.push(sql`${sql.ref(name)} = any(${values})`);
  }
  if (filters.rule !== undefined) conditions.push(isNamedByAlert(readTextKey("rule", filters.rule)));
  const pieces = terms.flatMap(({ text }) => text.split(" "));
  for (const { field, words } of paths) {
    if (field !== undefined && isStoredAsIs(field)) conditions.push(holdsMember(field));
    else pieces.push(...words);
  }
  for (const piece of new Set(pieces)) if (AS_STORED.test(piece)) conditions.push(holdsPiece(piece));
  for (const term of terms) conditions.push(sql`firebreak_event_text(body) ~ ${toPattern(term)}`);
  for (const path of paths) conditions.push(...toPathConditions(path));
  for (const mark of filters.has ?? []) conditions.push(sql`firebreak_event_json(body) -> ${mark}::text is not null`);
  if (filters.resource !== undefined) conditions.push(isOfResource(readTextKey("resource", filters.resource)));
  return conditions;
}

/** What JSON writes as it is, in one case or the other. */
const AS_STORED = /^[!#-[\]-~]+$/;

/** Passes more than it should and costs little: signs of the stored JSON, whatever stands around them. */
function holdsPiece(piece: string): RawBuilder<boolean> {
  return sql`body ilike ${`%${piece.replaceAll(/[%_]/g, String.raw`\$&`)}%`} collate "C"`;
}

type Field = NonNullable<PathCondition["field"]>;

function isStoredAsIs({ names, value }: Field): boolean {
  return AS_STORED.test(value) && AS_STORED.test(names.at(-1) ?? "");
}

/** Passes few that it should not: the member as canonical JSON has it, or with a list, of which one item is enough. */
function holdsMember({ names, value }: Field): RawBuilder<boolean> {
  const name = names.at(-1) ?? "";
  const stored = [`"${name}":${value}`, `"${name}":"${value}"`, `"${name}":[`];
  // most events do not have the value at all, and are done with one look at their text
  return sql`(${holds(value)} and (${sql.join(stored.map(holds), sql` or `)}))`;
}

const holds = (text: string) => sql<boolean>`strpos(body, ${text}) > 0`;

function isNamedByAlert(rule: string): RawBuilder<boolean> {
  return sql`events.id in (select jsonb_array_elements_text(event_ids) from alerts where rule_id = ${rule})`;
}

function toPathConditions({ path, variables, butExists }: PathCondition): RawBuilder<boolean>[] {
  const json = sql`firebreak_event_json(body)`;
  const fits = sql<boolean>`jsonb_path_exists(${json}, ${path}::jsonpath, ${JSON.stringify(variables)}::jsonb, true)`;
  if (butExists === undefined) return [fits];
  return [sql`jsonb_path_exists(${json}, ${butExists}::jsonpath, '{}', true)`, sql`not ${fits}`];
}

function isOfResource(resource: string): RawBuilder<boolean> {
  const stored = sql`firebreak_event_json(body) ->> 'resource'`;
  if (!resource.endsWith("*")) return sql`${stored} = ${resource}`;
  return sql`starts_with(${stored}, ${resource.slice(0, -1)})`;
}
