import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { repository } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Where `npm test` unpacks what is not installed. */
const UNPACKED = path.join(repository, "node_modules/.cache/debian/usr");
/** The distribution's Alertmanager reads its templates here, wherever it lies itself. */
const SHARED = "/usr/share/prometheus";

function findProgram(name: string): string {
  const unpacked = path.join(UNPACKED, "bin", name);
  return existsSync(unpacked) ? unpacked : name;
}

/** @returns the command line; of an unpacked program, in a view of the file system in which its files are where it looks */
function commandOf(name: string, args: readonly string[]): readonly [string, readonly string[]] {
  const program = findProgram(name);
  const files = path.join(UNPACKED, "share/prometheus");
  if (program === name || existsSync(path.join(SHARED, "alertmanager")) || !existsSync(files)) return [program, args];
  const script = 'mkdir -p "$1" && mount --bind "$0" "$1" && shift && exec "$@"';
  return ["unshare", ["--mount", "sh", "-c", script, files, SHARED, program, ...args]];
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(findProgram(command), [...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, error] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString("utf8")));
  child.stderr.on("data", (piece: Buffer) => (error += piece.toString("utf8")));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, out, error };
}

/** Programs of other vendors, with their files in a directory of their own; `close` ends them, by pid. */
export class Programs {
  readonly directory = mkdtempSync(path.join(os.tmpdir(), "firebreak-senders-"));
  readonly #children: ChildProcess[] = [];
  readonly #servers: Server[] = [];

  write(name: string, text: string): string {
    const file = path.join(this.directory, name);
    writeFileSync(file, text);
    return file;
  }

  /** Starts one and waits until its address answers. */
  async start(command: string, args: readonly string[], healthUrl: string): Promise<void> {
    const [program, words] = commandOf(command, args);
    const child = spawn(program, [...words], { cwd: this.directory, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (output = (output + piece.toString("utf8")).slice(-4_000)));
    await waitFor(command, 20_000, async () => {
      if (child.exitCode !== null) throw new Error(`${command} ended: ${output}`);
      const answer = await fetch(healthUrl).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.ok === true ? true : undefined;
    });
  }

  /** A target for Prometheus to scrape. @returns its port */
  async serveMetrics(text: () => string): Promise<number> {
    const server = createServer((_request, response) => response.end(text()));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return portOf(server);
  }

  async close(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    }
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** @returns a port that was free a moment ago */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function portOf(server: { address(): ReturnType<Server["address"]> }): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
