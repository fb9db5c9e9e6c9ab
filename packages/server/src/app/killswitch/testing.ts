/** What tests of the kill switch in a running house share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createNewId, readConfig, silentLogger, systemClock } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import { openHouse } from "../open-house.ts";
import type { OpenHouse } from "../open-house.ts";
import { repositoryRoot } from "../testing.ts";

export interface TestHouse {
  readonly home: string;
  readonly house: OpenHouse;
  /** ends it, and removes its home and its database */
  close(): Promise<void>;
}

/** A house with a home and a database of its own. @param furnish puts files into the home before it is opened */
export async function openTestHouse(
  clock: Clock = systemClock,
  furnish: (home: string) => void = () => {},
): Promise<TestHouse> {
  const home = mkdtempSync(path.join(tmpdir(), "firebreak-house-"));
  furnish(home);
  const database = await createTestDatabase();
  const house = await openHouse({
    config: readConfig({ FIREBREAK_HOME: home, DATABASE_URL: database.databaseUrl }),
    environment: {},
    version: "0.0.0",
    dataDir: repositoryRoot,
    clock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
  });
  const close = async () => {
    await house.close();
    await database.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { home, house, close };
}
