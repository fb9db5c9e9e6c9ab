import type { EventFilters } from "@firebreak/protocol";

/** @returns filters as the API takes them: several values of one name in one text, behind commas */
export function toQueryForm(filters: EventFilters): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined) continue;
    query[name] = Array.isArray(value) && name !== "path" ? value.join(",") : value;
  }
  return query;
}
