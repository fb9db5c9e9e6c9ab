import type { Clock, Config, Logger } from "../kernel/index.ts";
import { exportDatabase, importDatabase, openDatabase, readDatabaseStatus } from "../storage/index.ts";
import type { Database, DatabaseStatus } from "../storage/index.ts";

export interface ToolSurroundings {
  readonly config: Pick<Config, "home" | "databaseUrl">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the database without the rest of the house, for one task, as it is. The bundled server is started for it and
 * stopped; with `share` the one of a Firebreak that runs is used beside it.
 */
async function withDatabase<T>(
  { config, clock, logger }: ToolSurroundings,
  share: boolean,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase({
    databaseUrl: config.databaseUrl,
    home: config.home,
    clock,
    logger,
    migrate: false,
    share,
  });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

export function databaseStatus(surroundings: ToolSurroundings): Promise<DatabaseStatus> {
  return withDatabase(surroundings, true, readDatabaseStatus);
}

/** @returns rows and jobs written */
export function exportTo(surroundings: ToolSurroundings, file: string): Promise<number> {
  return withDatabase(surroundings, true, (database) => exportDatabase(database, file, surroundings.clock));
}

/** @returns rows and jobs read */
export function importFrom(surroundings: ToolSurroundings, file: string): Promise<number> {
  return withDatabase(surroundings, false, (database) => importDatabase(database, file));
}
