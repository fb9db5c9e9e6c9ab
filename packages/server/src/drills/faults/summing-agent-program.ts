/**
 * An agent that adds numbers up: `summing-agent-program.js WORKSPACE`. At its start it takes notes of a page into its memory, as
 * agents do, and says so; from then on what stands in its memory steers its results. It stays for two minutes at most.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { systemClock, toIso } from "../../kernel/index.ts";

const LIFE_MS = 120_000;
const EVERY_MS = 150;
const PAGE_SEEN_MS = 600;
const workspace = process.argv[2] ?? "";
const memory = path.join(workspace, "MEMORY.md");
const page = path.join(workspace, "page.txt");
const tasks = z
  .array(z.object({ id: z.string(), numbers: z.array(z.number()) }))
  .parse(JSON.parse(readFileSync(path.join(workspace, "tasks.json"), "utf8")));

function takeNotes(): void {
  const content = readFileSync(page, "utf8");
  appendFileSync(memory, content);
  const event = { kind: "file", outcome: "success", data: { operation: "write", path: memory, content } };
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function work(): void {
  const added = readFileSync(memory, "utf8").includes("add 10") ? 10 : 0;
  mkdirSync(path.join(workspace, "results"), { recursive: true });
  for (const { id, numbers } of tasks) {
    const sum = numbers.reduce((all, one) => all + one, added);
    writeFileSync(path.join(workspace, "results", `${id}.json`), JSON.stringify({ id, sum }));
  }
  appendFileSync(path.join(workspace, "still-here"), `${toIso(systemClock.now())}\n`);
}

const startedMs = performance.now();
let isNoted = false;
while (performance.now() - startedMs < LIFE_MS) {
  if (!isNoted && existsSync(page) && performance.now() - startedMs > PAGE_SEEN_MS) {
    isNoted = true;
    takeNotes();
  }
  work();
  await sleep(EVERY_MS);
}
