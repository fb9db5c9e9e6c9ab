import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import {
  codeOf,
  createNewId,
  openSigningKey,
  silentLogger,
  systemClock,
} from "../../packages/server/src/kernel/index.ts";
import { createGateFeed, openKillswitch } from "../../packages/server/src/killswitch/index.ts";

/** Fills the file system it is given, stops, and prints what became of it. */
const home = process.argv[2] ?? "";
const options = { home, clock: systemClock, newId: createNewId(() => systemClock.now()), logger: silentLogger };
const actor = { kind: "cli", id: "test", name: "test" } as const;
const killswitch = openKillswitch(options);
const key = openSigningKey(home, "lease-key");
const feed = createGateFeed({ ...options, killswitch, key, instance: options.newId("supervisor"), leaseMs: 4_000 });

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

/** What a gate of another host is told of a stop that the disk cannot take. */
async function isPushed(): Promise<boolean> {
  const stream = new PassThrough();
  const nonce = "0123456789abcdef";
  feed.attach({
    agent: "far",
    session: null,
    packs: [],
    role: "gate",
    nonce,
    stream,
    isStillAllowed: async () => true,
  });
  const stop = { scope: "global", target: null, level: "deny", reason: "no disk left", actor } as const;
  const refusal = await killswitch.add(stop).then(String, codeOf);
  return refusal === "storage_unavailable" && String(stream.read()).includes("no disk left");
}

const exhausted = await stopUntilFull();
const pushed = await isPushed();
process.stdout.write(JSON.stringify({ first: "durable", reopened, exhausted, pushed }));
feed.close();
killswitch.close();
again.close();
