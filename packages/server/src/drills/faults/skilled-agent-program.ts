/**
 * The agent of the fault skill-installed: `skilled-agent-program.js FOLDER`. Takes up every skill that lies in the folder, as
 * agents do: runs its `run.mjs` and says so. It stays for two minutes at most, and what it started with it.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LIFE_SECONDS = 120;
const LOOK_EVERY_MS = 100;

const folder = process.argv[2] ?? "";
const taken = new Set<string>();
for (let i = 0; i < (LIFE_SECONDS * 1000) / LOOK_EVERY_MS; i++) {
  for (const skill of readdirSync(folder).filter((name) => !taken.has(name))) {
    const program = path.join(folder, skill, "run.mjs");
    if (!existsSync(program)) continue;
    taken.add(skill);
    spawn(process.execPath, [program], { stdio: "ignore" });
    process.stdout.write(
      `${JSON.stringify({ kind: "tool_call", outcome: "success", data: { tool: "skill", skill } })}\n`,
    );
  }
  writeFileSync("skills-taken", [...taken].join("\n"));
  await sleep(LOOK_EVERY_MS);
}
