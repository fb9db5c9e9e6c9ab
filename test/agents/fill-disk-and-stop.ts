import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";

/** Fills the file system it is given, stops, and prints what became of it. */
const home = process.argv[2] ?? "";
const options = { home, clock: systemClock, newId: createNewId(() => systemClock.now()), logger: silentLogger };
const actor = { kind: "cli", id: "test", name: "test" } as const;
const killswitch = openKillswitch(options);

function fillDisk(): void {
  try {
    for (;;) appendFileSync(join(home, "filler"), Buffer.alloc(1024, 1));
  } catch (fault) {
    if (codeOf(fault) !== "ENOSPC") throw fault;
  }
}

fillDisk();
await killswitch.add({ scope: "agent", target: "one", level: "kill", reason: "disk full", actor });
const again = openKillswitch(options);
const reopened = again.current().holds.map((hold) => `${hold.scope}:${hold.target ?? ""}`);

async function stopUntilFull(): Promise<string> {
  for (let i = 0; i < 2000; i++) {
    fillDisk();
    const target = `more-${i}`;
    try {
      await killswitch.add({ scope: "agent", target, level: "kill", reason: "x".repeat(900), actor });
    } catch (fault) {
      const inForce = killswitch.current().holds.some((hold) => hold.target === target);
      return codeOf(fault) === "storage_unavailable" && inForce ? "in force here" : String(fault);
    }
  }
  return "never full";
}

const exhausted = await stopUntilFull();
process.stdout.write(JSON.stringify({ first: "durable", reopened, exhausted }));
killswitch.close();
again.close();
