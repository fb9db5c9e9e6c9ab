import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, afterEach, vi } from "vitest";
import { z } from "zod";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { OperatorError, silentLogger, systemClock } from "../../kernel/index.ts";
import { locateNativeDir } from "./binaries.ts";
import { startEmbeddedPostgres } from "./start.ts";
import type { EmbeddedConnection, EmbeddedOptions, EmbeddedPostgres } from "./start.ts";

/** What the tests of the bundled database share. Everything started or mounted here ends with the test. */

export const isRoot = process.getuid?.() === 0;
export const nativeDir = locateNativeDir();
export const place = mkdtempSync(join(tmpdir(), "firebreak-embedded-"));
const running = new Set<EmbeddedPostgres>();
const children = new Set<ChildProcess>();
const mounts: string[] = [];
let program: string | undefined;

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all([...running].map(async (embedded) => embedded.stop()));
  running.clear();
  children.clear();
  for (const mounted of mounts.splice(0)) execFileSync("/bin/umount", ["-l", mounted]);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

export const makeHome = (parent = place) => mkdtempSync(join(parent, "h-"));

export function mount(options: readonly string[], path: string): void {
  execFileSync("/bin/mount", [...options, path]);
  if (!mounts.includes(path)) mounts.push(path);
}

export async function start(home: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const embedded = await startEmbeddedPostgres({ home, clock: systemClock, logger: silentLogger, ...options });
  running.add(embedded);
  return embedded;
}

export async function stop(embedded: EmbeddedPostgres): Promise<void> {
  running.delete(embedded);
  await embedded.stop();
}

export async function ask(connection: EmbeddedConnection, statement: string): Promise<unknown[][]> {
  const client = new Client(connection);
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

export async function catchOperatorError(promise: Promise<unknown>): Promise<OperatorError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof OperatorError)) throw new Error("expected an OperatorError", { cause: thrown });
  return thrown;
}

const helloSchema = z.object({
  pid: z.number(),
  readyMs: z.number(),
  connection: z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    password: z.string(),
    database: z.string(),
  }),
});

/** Starts the program and resolves when its database answers. `acknowledged` grows with every committed row. */
export async function startProgram(home: string, rows = 0, user?: { uid: number; gid: number; programDir: string }) {
  program ??= bundleEntry(join(import.meta.dirname, "insert-forever", "testing.ts"), join(place, "program.mjs"));
  const readable = user === undefined ? program : join(user.programDir, "program.mjs");
  if (user !== undefined) copyFileSync(program, readable);
  const child = spawn(process.execPath, [readable, home, nativeDir, String(rows)], {
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid, cwd: user.programDir }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout });
  const hello = new Promise<string>((resolve, reject) => {
    lines.once("line", (line) => {
      lines.on("line", (text) => acknowledged.push(Number(text)));
      resolve(line);
    });
    child.once("exit", () => reject(new Error("the program ended before its database answered")));
  });
  return { child, acknowledged, lines, ...helloSchema.parse(JSON.parse(await hello)) };
}

export async function killProgram(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

export const isGone = (pid: number) =>
  !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
export const until = (check: () => void, timeout = 20_000) => vi.waitFor(check, { timeout, interval: 5 });
