/** Reads the tails of a home until it is killed: `run-tails.mjs DATABASE_URL HOME MAPS_DIR`. Prints a line when it is ready. */
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { createIntake, loadFieldMaps, openTails } from "../index.ts";

const [databaseUrl = "", home = "", mapsDir = ""] = process.argv.slice(2);
const database = await openDatabase({ databaseUrl, home, clock: systemClock, logger: silentLogger });
const newId = createNewId(() => systemClock.now());
const intake = createIntake({ database, clock: systemClock, newId, logger: silentLogger, onStored: () => {} });
const fieldMaps = await loadFieldMaps([mapsDir]);
const tails = await openTails({ home, userHome: home, fieldMaps, intake, clock: systemClock, logger: silentLogger });
await tails.pass();
process.stdout.write("ready\n");
for (;;) {
  await tails.pass();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
