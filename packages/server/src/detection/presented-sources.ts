import type { KnownSource } from "./known-sources.ts";
import { AGENT_SOURCE } from "./present-event.ts";
import { PROCESS_SOURCES } from "./present-processes.ts";

/** Everything that stored events are presented as. A rule for another logsource loads, and is never asked. */
export const KNOWN_SOURCES: readonly KnownSource[] = [AGENT_SOURCE, ...PROCESS_SOURCES];
