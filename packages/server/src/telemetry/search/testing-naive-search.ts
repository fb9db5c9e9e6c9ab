/** The search written down a second time, without a database and in another way: for tests to compare with. */
import type { AgentEvent, EventFilters } from "@firebreak/protocol";
import { canonicalJson } from "../../kernel/index.ts";

/** @returns whether the event fits, by looking at it alone; not for `rule` */
export function fitsNaively(event: AgentEvent, filters: EventFilters): boolean {
  const { agent } = event;
  const { text, path, has, resource, since, until } = filters;
  const same = (wanted: string | undefined, value: string | undefined) => wanted === undefined || wanted === value;
  const among = (wanted: readonly string[] | undefined, value: string | undefined) =>
    wanted === undefined || wanted.includes(value ?? "");
  return (
    same(filters.agent, agent.id) &&
    same(filters.pack, agent.pack) &&
    same(filters.session, agent.session) &&
    same(filters.run, agent.run) &&
    same(filters.source, event.source) &&
    among(filters.kind, event.kind) &&
    among(filters.outcome, event.outcome) &&
    among(filters.risk, event.risk) &&
    (since === undefined || event.time >= since) &&
    (until === undefined || event.time < until) &&
    (resource === undefined || fitsResource(event.resource, resource)) &&
    (has ?? []).every((mark) => event[mark] !== undefined) &&
    (path ?? []).every((condition) => fitsPath(event, condition)) &&
    (text === undefined || fitsText(event, text))
  );
}

function fitsResource(value: string | undefined, wanted: string): boolean {
  if (value === undefined) return false;
  return wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}

const isWordCharacter = (character: string | undefined) =>
  character !== undefined && /[a-z0-9\u0080-\u{10ffff}]/u.test(character);

/** Only for texts of words, phrases without escapes, and stars. */
function fitsText(event: AgentEvent, text: string): boolean {
  const { seq: _, ...stored } = event;
  const record = unescapeJson(canonicalJson(stored)).toLowerCase();
  return (text.toLowerCase().match(/"[^"]*"?\*?|\S+/g) ?? []).every((given) => {
    const open = given.endsWith("*");
    const term = given.replace(/\*+$/, "").replaceAll('"', "").trim();
    if (term === "") return true;
    for (let at = record.indexOf(term); at >= 0; at = record.indexOf(term, at + 1)) {
      const after = at + term.length;
      const begins = !isWordCharacter(term[0]) || !isWordCharacter(record[at - 1]);
      const ends = open || !isWordCharacter(term.at(-1)) || !isWordCharacter(record[after]);
      if (begins && ends) return true;
    }
    return false;
  });
}

function unescapeJson(json: string): string {
  return json.replaceAll(/\\(u[0-9a-f]{4}|.)/g, (_, code: string) => (/^["\\]$/.test(code) ? code : " "));
}

/** Only for plain names, `[n]` and `[*]`, with `=`, `!=`, `>=`, `~` or nothing behind them. */
function fitsPath(event: AgentEvent, condition: string): boolean {
  const { seq: _, ...stored } = event;
  const [, steps = "", operator, value = ""] = /^([^=!>~]+)(=|!=|>=|~)?(.*)$/s.exec(condition) ?? [];
  let found: unknown[] = [stored];
  for (const step of steps.match(/[^.[\]]+|\[[^\]]+\]/g) ?? []) found = found.flatMap((one) => follow(one, step));
  const values = found.flatMap((one) => (Array.isArray(one) ? one : [one]));
  const equals = (one: unknown) => one === value || (typeof one !== "string" && JSON.stringify(one) === value);
  if (operator === undefined) return found.length > 0;
  if (operator === "=") return values.some(equals);
  if (operator === "!=") return found.length > 0 && !values.some(equals);
  if (operator === "~")
    return values.some((one) => typeof one === "string" && one.toLowerCase().includes(value.toLowerCase()));
  return values.some((one) => typeof one === "number" && one >= Number(value));
}

function follow(value: unknown, step: string): unknown[] {
  if (step.startsWith("[")) {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const index = step.slice(1, -1);
    return index === "*" ? list : list.slice(Number(index), Number(index) + 1);
  }
  const objects: unknown[] = Array.isArray(value) ? value : [value];
  return objects.flatMap((one) => {
    const isObject = typeof one === "object" && one !== null && !Array.isArray(one);
    return isObject && Object.hasOwn(one, step) ? [(one as Record<string, unknown>)[step]] : [];
  });
}
