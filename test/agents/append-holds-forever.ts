import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";

/** Adds holds until it is killed and prints each id once it is durable. The argument is FIREBREAK_HOME. */
const newId = createNewId(() => systemClock.now());
const killswitch = openKillswitch({
  home: process.argv[2] ?? "",
  clock: systemClock,
  newId,
  logger: silentLogger,
});
for (let i = 0; i < 10_000; i++) {
  const actor = { kind: "cli", id: "test", name: "test" } as const;
  const hold = await killswitch.add({ scope: "agent", target: `a${i}`, level: "deny", reason: "crash test", actor });
  process.stdout.write(`${hold.id}\n`);
}
