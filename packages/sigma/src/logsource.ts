import type { Logsource } from "./types.ts";

const fold = (text: string | undefined): string => text?.toLowerCase() ?? "";

const keys = new WeakMap<Logsource, string>();

/** One text for a logsource, the same for all spellings and orders of it. Hosts reuse the object, so it is kept. */
export function logsourceKey(logsource: Logsource): string {
  let key = keys.get(logsource);
  if (key === undefined) keys.set(logsource, (key = buildKey(logsource)));
  return key;
}

function buildKey(logsource: Logsource): string {
  let key = "";
  for (const name of Object.keys(logsource).sort()) key += `${name}=${fold(logsource[name])}\n`;
  return key;
}

/** Whether a record presents everything the rule's logsource (in lower case) names. */
export function matchesLogsource(wanted: Logsource | undefined, presented: Logsource): boolean {
  return Object.entries(wanted ?? {}).every(
    ([key, value]) => Object.hasOwn(presented, key) && value === fold(presented[key]),
  );
}
