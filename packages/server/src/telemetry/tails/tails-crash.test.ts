import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { waitFor } from "../../../../../test/harness/processes.ts";
import { createTestDatabase } from "../../storage/testing.ts";

const KILLS = Number(process.env["KILL_ROUNDS"] ?? 25);
/** Steps of the writer and deaths of the reader follow from it. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 100_000);

const place = mkdtempSync(path.join(tmpdir(), "firebreak-tails-crash-"));
const program = bundleEntry(
  path.join(import.meta.dirname, "../test-programs/run-tails.ts"),
  path.join(place, "run-tails.mjs"),
);
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(place, { recursive: true });
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes numbered lines, with and without a time, in pieces, and rotates as logrotate does. */
class Writer {
  readonly #file: string;
  readonly #random: () => number;
  written = 0;

  constructor(file: string, random: () => number) {
    this.#file = file;
    this.#random = random;
  }

  step(): void {
    const dice = this.#random();
    if (dice < 0.08) this.#rotate();
    else for (let count = Math.ceil(this.#random() * 40); count > 0; count--) this.#append();
  }

  #append(): void {
    this.written += 1;
    const time = this.#random() < 0.5 ? { timestamp: new Date().toISOString() } : {};
    const long = this.#random() < 0.01 ? { params: { text: "x".repeat(400_000) } } : {};
    const line = `${JSON.stringify({ ...time, tool_name: "exec", command: `run ${this.written}`, ...long })}\n`;
    const cut = Math.floor(this.#random() * line.length);
    appendFileSync(this.#file, line.slice(0, cut));
    appendFileSync(this.#file, line.slice(cut));
  }

  #rotate(): void {
    if (!existsSync(this.#file)) return;
    const older = readdirSync(path.dirname(this.#file)).filter((name) => /\.\d+$/.test(name));
    for (let number = older.length; number > 0; number--)
      renameSync(`${this.#file}.${number}`, `${this.#file}.${number + 1}`);
    if (this.#random() < 0.5) renameSync(this.#file, `${this.#file}.1`);
    else {
      copyFileSync(this.#file, `${this.#file}.1`);
      truncateSync(this.#file);
    }
  }
}

async function startReader(databaseUrl: string, home: string): Promise<ChildProcess> {
  const maps = path.resolve(import.meta.dirname, "../../../../../maps");
  const child = spawn(process.execPath, [program, databaseUrl, home, maps], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const ended = once(child, "exit").then(() => {
    throw new Error("the reader ended before it was ready");
  });
  if (child.stdout !== null) await Promise.race([once(child.stdout, "data"), ended]);
  ended.catch(() => undefined);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  children.delete(child);
}

test(`D-3: ${KILLS} times kill -9 while logs are written and rotated: every line is stored exactly once`, async () => {
  const random = randomOf(SEED);
  const home = path.join(place, "home");
  mkdirSync(path.join(home, "logs"), { recursive: true, mode: 0o700 });
  const tail = { name: "app", paths: ["~/logs/app.jsonl"], map: "openclaw-tool-execution" };
  writeFileSync(path.join(home, "tails.yaml"), JSON.stringify({ tails: [tail] }));
  const { database, databaseUrl, close } = await createTestDatabase();
  const writer = new Writer(path.join(home, "logs/app.jsonl"), random);
  await kill(await startReader(databaseUrl, home));
  for (let round = 0; round < KILLS; round++) {
    for (let steps = Math.floor(random() * 5); steps > 0; steps--) writer.step();
    const reader = await startReader(databaseUrl, home);
    const untilMs = performance.now() + random() * 250;
    while (performance.now() < untilMs) {
      writer.step();
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
    }
    await kill(reader);
  }
  const last = await startReader(databaseUrl, home);
  const count = async () =>
    (
      await database.pool.query<{ rows: number; lines: number }>(
        "select count(*)::int as rows, count(distinct body::jsonb->'data'->>'command')::int as lines from events",
      )
    ).rows[0];
  const told = await waitFor(`${writer.written} lines (SEED=${SEED})`, 60_000, async () => {
    const counted = await count();
    return counted?.lines === writer.written ? counted : undefined;
  }).catch(count);
  await kill(last);
  expect(told, `SEED=${SEED}`).toEqual({ rows: writer.written, lines: writer.written });
  expect(writer.written).toBeGreaterThan(KILLS * 10);
  await close();
}, 240_000);
