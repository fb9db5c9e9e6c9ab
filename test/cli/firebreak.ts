import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const MAIN = path.join(REPOSITORY, "packages/server/dist/program/firebreak.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly error: () => string;
  readonly ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** What the person who runs the tests has set must not reach the commands under test. */
function environmentOf(extra: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(FIREBREAK_|DATABASE_URL$|PORT$|VITEST|NODE_)/.test(name),
  );
  // tests load the machine themselves
  return { ...Object.fromEntries(own), FIREBREAK_RESOURCE_GUARD: "off", FIREBREAK_EVIDENCE_IMMUTABLE: "off", ...extra };
}

export function start(
  command: readonly string[],
  options: SpawnOptions & { input?: string; variables?: Record<string, string> } = {},
): Running {
  const { input, variables = {}, ...rest } = options;
  const [program = "", ...words] = command;
  const child = spawn(program, words, {
    cwd: os.tmpdir(),
    ...rest,
    env: environmentOf(variables),
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const text = { out: "", error: "" };
  child.stdout?.on("data", (piece: Buffer) => (text.out += piece.toString()));
  child.stderr?.on("data", (piece: Buffer) => (text.error += piece.toString()));
  child.stdin?.on("error", () => {});
  child.stdin?.end(input ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...text });
    });
  });
  return { child, out: () => text.out, error: () => text.error, ended };
}

/** `firebreak WORDS` in its own process, as built. */
export function startFirebreak(words: readonly string[], options: Parameters<typeof start>[1] = {}): Running {
  if (!existsSync(MAIN)) throw new Error("the server is not built: npm run build");
  return start([process.execPath, MAIN, ...words], options);
}

export interface Home {
  readonly dir: string;
  readonly firebreak: (
    words: readonly string[],
    options?: { input?: string; variables?: Record<string, string> },
  ) => Promise<Ended>;
  readonly start: (words: readonly string[]) => Running;
  readonly remove: () => void;
}

export function createHome(): Home {
  const dir = mkdtempSync(path.join(os.tmpdir(), "fbk-cli-"));
  const variables = { FIREBREAK_HOME: dir };
  return {
    dir,
    firebreak: (words, options = {}) =>
      startFirebreak(words, { ...options, variables: { ...variables, ...options.variables } }).ended,
    start: (words) => startFirebreak(words, { variables }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export async function until<T>(what: string, ask: () => T | undefined, timeoutMs = 55_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Up {
  readonly server: Running;
  readonly url: string;
  readonly signIn: string;
  readonly home: string;
  readonly pid: number;
}

/** @returns the server once it has said that it is ready */
export async function up(home: Home, words: readonly string[] = []): Promise<Up> {
  const server = home.start(["up", "--port", "0", "--json", ...words]);
  const text = await until("the server is ready", () => {
    if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.error()}`);
    return server.out().endsWith("}\n") ? server.out() : undefined;
  });
  return { server, ...(JSON.parse(text) as Omit<Up, "server">) };
}

/** Ends what a failed test left behind, so that the next one starts clean. */
export function endLeftovers(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** @returns whether the process can still do anything; one that waits to be reaped cannot */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
