import { systemClock } from "../../kernel/index.ts";
import { settleInterrupted } from "../collect/settle-interrupted.ts";

/** Seals what collections of a home had that were killed, and prints what it found. */
const [home = ""] = process.argv.slice(2);
process.stdout.write("begun\n");
process.stdout.write(JSON.stringify(await settleInterrupted({ home, clock: systemClock, tried: new Set() })));
