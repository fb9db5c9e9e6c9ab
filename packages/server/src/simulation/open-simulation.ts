import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNewId, silentLogger, systemClock } from "../kernel/index.ts";
import { openDatabase } from "../storage/index.ts";
import type { Simulation } from "./simulate.ts";

/**
 * Opens a database of its own for simulations, in a temporary folder that goes when it is closed: nothing of a simulation
 * is to be found among incidents and runs.
 *
 * @throws OperatorError when the database cannot be started, with the way out
 */
export async function openSimulation(
  given: Pick<Simulation, "profile" | "effectors" | "playbooks">,
  signal?: AbortSignal,
): Promise<Simulation & { readonly close: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), "firebreak-simulation-"));
  const clear = () => rm(home, { recursive: true, force: true });
  const common = { home, clock: systemClock, logger: silentLogger };
  try {
    const database = await openDatabase({ ...common, ...(signal === undefined ? {} : { signal }) });
    const close = async () => {
      await database.close();
      await clear();
    };
    return { ...given, ...common, database, newId: createNewId(() => systemClock.now()), close };
  } catch (error) {
    await clear();
    throw error;
  }
}
