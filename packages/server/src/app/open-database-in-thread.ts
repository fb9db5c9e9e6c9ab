import { silentLogger, systemClock } from "../kernel/index.ts";
import { openDatabase } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";

/** Where a thread finds what its server works on. */
export interface Place {
  readonly home: string;
  readonly databaseUrl: string | undefined;
}

/** A connection of a thread's own, beside those of its server. What is lost of it fails the work, and the server tells of that. */
export function openDatabaseInThread({ home, databaseUrl }: Place): Promise<Database> {
  const surroundings = { clock: systemClock, logger: silentLogger };
  return openDatabase({ home, databaseUrl, ...surroundings, migrate: false, share: true });
}
