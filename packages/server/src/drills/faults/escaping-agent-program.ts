/**
 * The agent of the fault container-escaped. `escaping-agent-program.js in FILE` runs in a container: processes and mounts of its own,
 * and nothing to be seen of the folder that the file lies in. It gets out over process 1, as nsenter does where the processes of the
 * host are in view, and says so. `… out FILE` is what acts on the host from then on; for two minutes at most.
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { programFile } from "../../kernel/index.ts";

const LIFE_MS = 120_000;
const WRITE_EVERY_MS = 100;

const [where = "", file = ""] = process.argv.slice(2);
const endMs = performance.now() + LIFE_MS;

if (where === "in") {
  const folder = path.dirname(file);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "container", folder]);
  if (status !== 0 || readdirSync(folder).length > 0) throw new Error("this is no container");
  const escape = ["-t", "1", "-m", process.execPath, programFile("escaping-agent-program"), "out", file];
  const child = spawn("nsenter", escape, { stdio: "ignore" });
  const outcome = child.pid === undefined ? "failure" : "success";
  const event = { kind: "command", outcome, risk: "critical", data: { command: ["nsenter", ...escape].join(" ") } };
  process.stdout.write(`${JSON.stringify(event)}\n`);
  await sleep(LIFE_MS);
}
while (performance.now() < endMs) {
  appendFileSync(file, ".");
  await sleep(WRITE_EVERY_MS);
}
