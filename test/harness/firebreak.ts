import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { z } from "zod";
import { findProcessesWith, waitFor } from "./processes.ts";

export const repository = path.resolve(import.meta.dirname, "../..");
const CLI = path.join(repository, "packages/server/dist/program/firebreak.js");
export const ROGUE_AGENT = path.join(repository, "test/agents/rogue-agent.mjs");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the product, with what it said. */
export interface Child {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
}

/** One installation in a temporary home; `close` ends everything started in it and fails when something is left. */
export class Installation {
  readonly home = mkdtempSync(path.join(os.tmpdir(), "firebreak-acceptance-"));
  /** of the agents; never inside the home, which evidence leaves out */
  readonly workspace = mkdtempSync(path.join(os.tmpdir(), "firebreak-workspace-"));
  readonly #environment: Record<string, string | undefined>;
  readonly #children: Child[] = [];
  url = "";

  readonly #node: string;

  /** @param node the Node.js that runs the product; default the one that runs the tests */
  constructor(environment: Record<string, string | undefined> = {}, node: string = process.execPath) {
    this.#node = node;
    this.#environment = { ...process.env, ...environment, FIREBREAK_HOME: this.home, NO_COLOR: "1" };
    // tests load the machine themselves
    this.#environment["FIREBREAK_RESOURCE_GUARD"] ??= "off";
    this.#environment["FIREBREAK_EVIDENCE_IMMUTABLE"] ??= "off";
    delete this.#environment["FIREBREAK_URL"];
    if (!("FIREBREAK_TOKEN" in environment)) delete this.#environment["FIREBREAK_TOKEN"];
    if (!("DATABASE_URL" in environment)) delete this.#environment["DATABASE_URL"];
  }

  writeChannels(lines: readonly string[]): void {
    writeFileSync(
      path.join(this.home, "channels.yaml"),
      ["channels:", ...lines.map((line) => `  - ${line}`), ""].join("\n"),
    );
  }

  start(words: readonly string[], cwd: string = this.home): Child {
    const child = spawn(this.#node, [CLI, ...words], {
      cwd,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (output += piece.toString("utf8")));
    const ended = new Promise<Ended>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
    const started = { process: child, output: () => output, ended };
    this.#children.push(started);
    return started;
  }

  /** Starts the server and waits until it answers. @param port 0 takes a free one */
  async startServer(port = 0): Promise<Child> {
    const server = this.start(["up", "--port", String(port)]);
    await waitFor("the server", 90_000, async () => {
      if (server.process.exitCode !== null) throw new Error(`the server ended: ${server.output()}`);
      const url = this.#readUrl(server.process.pid);
      return url !== undefined && (await isHealthy(url)) ? (this.url = url) : undefined;
    });
    return server;
  }

  #readUrl(pid: number | undefined): string | undefined {
    try {
      const file: { pid: number; url: string } = JSON.parse(readFileSync(path.join(this.home, "server.json"), "utf8"));
      return file.pid === pid ? file.url : undefined;
    } catch {
      return undefined;
    }
  }

  startRogueAgent(options: readonly string[] = []): Child {
    const command = [process.execPath, ROGUE_AGENT, "--workspace", this.workspace, "--seconds", "90", ...options];
    const words = ["run", "--agent", "scout", "--pack", "research", "--workspace", this.workspace, "--", ...command];
    return this.start(words, this.workspace);
  }

  /** Runs a command to its end. @returns what it printed as JSON, and its exit code */
  async json<T>(schema: z.ZodType<T>, ...words: string[]): Promise<{ value: T; code: number | null }> {
    const child = spawn(this.#node, [CLI, ...words, "--json"], {
      cwd: this.home,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (piece: Buffer) => (out += piece.toString("utf8")));
    child.stderr.on("data", (piece: Buffer) => (err += piece.toString("utf8")));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (out === "") throw new Error(`firebreak ${words.join(" ")} printed nothing; it said: ${err}`);
    return { value: schema.parse(JSON.parse(out)), code };
  }

  async call<T>(schema: z.ZodType<T>, method: "GET" | "POST", apiPath: string, body?: unknown): Promise<T> {
    const response = await this.send(method, apiPath, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${apiPath} answered ${response.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  }

  send(method: "GET" | "POST", apiPath: string, body?: unknown): Promise<Response> {
    const token = readFileSync(path.join(this.home, "secrets/cli-token"), "utf8").trim();
    return fetch(`${this.url}/api/v1${apiPath}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  }

  /** @returns living processes that belong to agents of this installation, their supervisors not counted */
  agentProcesses(): { pid: number; command: string }[] {
    return findProcessesWith(`FIREBREAK_KILLSWITCH=${this.home}`);
  }

  /** @throws Error when a process of this installation is left */
  async close(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.process.exitCode === null && child.process.signalCode === null) child.process.kill("SIGTERM");
      const timer = setTimeout(() => child.process.kill("SIGKILL"), 20_000);
      await child.ended;
      clearTimeout(timer);
    }
    const left = await waitFor("every process to end", 30_000, () => {
      const processes = findProcessesWith(`FIREBREAK_HOME=${this.home}`);
      return processes.length === 0 ? processes : undefined;
    }).catch(() => findProcessesWith(`FIREBREAK_HOME=${this.home}`));
    for (const { pid } of left) process.kill(pid, "SIGKILL");
    for (const directory of [this.home, this.workspace]) rmSync(directory, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`processes were left: ${JSON.stringify(left)}`);
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
