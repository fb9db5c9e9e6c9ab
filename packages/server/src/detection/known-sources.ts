import type { Logsource } from "@firebreak/sigma";

/** A log source that events reach here, with the names of its fields as far as they are fixed. */
export interface KnownSource {
  readonly logsource: Logsource;
  readonly fields: readonly string[];
}

/** @returns the sources whose events a rule of this logsource (in lower case) looks at */
export function sourcesFor(wanted: Logsource, sources: readonly KnownSource[]): readonly KnownSource[] {
  return sources.filter(({ logsource }) => Object.entries(wanted).every(([key, value]) => value === logsource[key]));
}
