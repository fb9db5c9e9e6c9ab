/** The agent of the fault agent-misbehaves: `agent-program.js FILE`. Does the acts of the file, and stays for two minutes at most. */
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { systemClock, toIso } from "../../kernel/index.ts";

const LIFE_SECONDS = 120;
/** of processor time; then the kernel ends it */
const BURN_SECONDS = 25;
const script = z.array(
  z.object({
    kind: z.string(),
    outcome: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
    times: z.number(),
    /** so many children that do nothing but take a processor each, for seconds only */
    burns: z.number().int().max(256).default(0),
    /** a file or folder below the one that it works in */
    deletes: z.string().optional(),
  }),
);

const acts = script.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
spawn("sleep", [String(LIFE_SECONDS)], { stdio: "ignore" });
for (const { times, deletes, burns, ...act } of acts) {
  for (let i = 0; i < times; i++) process.stdout.write(`${JSON.stringify({ ...act, risk: "high" })}\n`);
  for (let i = 0; i < burns; i++) burn();
  if (deletes !== undefined && path.resolve(deletes).startsWith(`${process.cwd()}/`))
    rmSync(deletes, { recursive: true });
}
function burn(): void {
  spawn("/bin/sh", ["-c", `ulimit -t ${BURN_SECONDS}; while :; do :; done`], { stdio: "ignore" });
}

// what stands still writes no more
for (let i = 0; i < LIFE_SECONDS * 10; i++) {
  appendFileSync("still-here", `${toIso(systemClock.now())}\n`);
  await sleep(100);
}
