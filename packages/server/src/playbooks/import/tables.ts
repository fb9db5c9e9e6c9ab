import type { Table } from "./block.ts";
import { severityOf } from "./words.ts";

export type TableKind = "decision" | "severity" | "contacts" | "steps" | "other";

const CONDITION =
  /^(issues?|problems?|symptoms?|conditions?|if|when|causes?|errors?|failures?|faults?|incident types?|incident|alert|types?|scenario|situation|trigger|finding|observation|result|status|state|likely cause|possible causes?|root causes?|question)\b/i;
const REMEDY =
  /\b(remed\w*|actions?|fix(es)?|solutions?|resolutions?|mitigations?|then|responses?|commands?|what to do|steps?|do this|workarounds?|next|how to|containment)\b/i;
const STEP = /^(steps?|actions?|tasks?|what|checks?|activity|procedure|to do)\b/i;
const CONTACT = /\b(contacts?|e-?mail|phone|pager\w*|slack|telephone|reach|responsib\w*|escalation)\b/i;
const PERSON = /^(roles?|names?|team|who|person|entity|contact|responder|level|escalation|position|owner)\b/i;

/** What a table is, by its header and its first column. */
export function kindOfTable({ header, rows }: Table): TableKind {
  const [first = "", ...others] = header;
  const severities = rows.filter(({ cells }) => severityOf(cells[0]?.text ?? "") !== null).length;
  if (/\b(sev\w*|priority|level)\b/i.test(first) && severities >= 2 && severities === rows.length) return "severity";
  if (PERSON.test(first) && others.some((name) => CONTACT.test(name))) return "contacts";
  if (rows.length === 0 || header.length < 2) return "other";
  if (CONDITION.test(first) && others.some((name) => REMEDY.test(name))) return "decision";
  return stepColumn(header) >= 0 && !CONDITION.test(first) ? "steps" : "other";
}

/** The column that says what to do; -1 when there is none. */
export function remedyColumn(header: readonly string[]): number {
  return header.findIndex((name, index) => index > 0 && REMEDY.test(name));
}

/** Steps in a table are numbered, or the column says so. */
export function stepColumn(header: readonly string[]): number {
  const numbered = /^(#|no\.?|nr\.?|step|order)$/i.test(header[0]?.trim() ?? "");
  const from = numbered && header.length > 1 ? 1 : 0;
  const column = header.findIndex((name, index) => index >= from && STEP.test(name));
  return column < 0 && numbered ? 1 : column;
}
