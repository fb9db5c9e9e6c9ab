/** A real Docker Engine of its own for tests, in a temporary directory; root is needed. Also a door before it that can fail. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createServer, request } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer, json } from "node:stream/consumers";
import { waitFor } from "./processes.ts";

const CACHE = join(import.meta.dirname, "../../node_modules/.cache/debian");

function findProgram(name: string): string {
  const places = ["/usr/sbin", "/usr/bin", "/bin", ...["usr/sbin", "usr/bin", "bin"].map((dir) => join(CACHE, dir))];
  const found = places.map((place) => join(place, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    `this test needs ${name}: npm test brings it on Debian (docker.io, containerd, runc, busybox-static)`,
  );
}

export interface Engine {
  readonly socket: string;
  /** one request to the engine itself, past every door */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

/** Starts an engine with an image `agent` that holds busybox. */
export async function startEngine(): Promise<Engine> {
  const dir = mkdtempSync(join(tmpdir(), "fb-docker-"));
  const socket = join(dir, "docker.sock");
  const programs = ["dockerd", "containerd", "runc"].map((name) => dirname(findProgram(name)));
  const args = ["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "-p", join(dir, "pid")];
  const quiet = ["--storage-driver", "vfs", "--iptables=false", "--ip6tables=false", "--bridge=none"];
  const limits = ["--default-ulimit", "nofile=1024:4096"];
  // in namespaces of its own: its bridges and mounts end with it
  const command = ["--net", "--mount", findProgram("dockerd"), ...args, "-H", `unix://${socket}`, ...quiet, ...limits];
  const child = spawn("unshare", command, {
    env: { ...process.env, PATH: [...new Set(programs), process.env["PATH"]].join(":"), DOCKER_TMPDIR: dir },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let log = "";
  child.stderr.on("data", (part: Buffer) => (log = `${log}${part.toString()}`.slice(-4000)));
  const engine: Engine = {
    socket,
    ask: (method, path, body) => ask(socket, method, path, body),
    close: async () => {
      await end(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await waitFor("the engine answers", 30_000, async () => {
      if (child.exitCode !== null) throw new Error(`dockerd ended: ${log}`);
      const answer = existsSync(socket) ? await engine.ask("GET", "/_ping").catch(() => null) : null;
      return answer?.status === 200 ? true : undefined;
    });
    await importImage(socket, dir);
    return engine;
  } catch (fault) {
    await engine.close();
    throw fault;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

async function importImage(socket: string, dir: string): Promise<void> {
  const root = join(dir, "root");
  mkdirSync(join(root, "bin"), { recursive: true });
  copyFileSync(findProgram("busybox"), join(root, "bin/busybox"));
  chmodSync(join(root, "bin/busybox"), 0o755);
  symlinkSync("busybox", join(root, "bin/sh"));
  symlinkSync("busybox", join(root, "bin/sleep"));
  const archive = join(dir, "image.tar");
  await once(spawn("tar", ["-C", root, "-cf", archive, "."], { stdio: "ignore" }), "exit");
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath: socket, method: "POST", path: "/images/create?fromSrc=-&repo=agent" }, resolve);
    sent.once("error", reject);
    sent.end(readFileSync(archive));
  });
  answer.resume();
  await once(answer, "end");
}

async function ask(socketPath: string, method: string, path: string, body?: unknown) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers =
      text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = request({ socketPath, method, path, headers, agent: false }, resolve);
    sent.once("error", reject);
    sent.end(text);
  });
  const parsed: unknown = await json(answer).catch(() => null);
  return { status: answer.statusCode ?? 0, body: parsed };
}

export interface EngineDoor {
  readonly socket: string;
  /** requests so far that change something, as `POST /path` */
  readonly changes: string[];
  breakAt(operation: number, which: "one" | "rest"): void;
  heal(): void;
  close(): Promise<void>;
}

/** Passes every request on to the engine, but for those it was told to fail. */
export async function openEngineDoor(engine: Engine, dir: string): Promise<EngineDoor> {
  const socket = join(dir, "door.sock");
  const changes: string[] = [];
  let isBroken = (_operation: number) => false;
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    const operation = method === "GET" ? -1 : changes.push(`${method} ${url}`) - 1;
    if (isBroken(operation)) {
      incoming.resume();
      outgoing.writeHead(500, { "content-type": "application/json" }).end('{"message":"broken by the test"}');
      return;
    }
    void passOn(engine.socket, incoming, outgoing);
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    socket,
    changes,
    breakAt: (at, which) => {
      const from = changes.length + at;
      isBroken = (operation) => operation === from || (which === "rest" && operation > from);
    },
    heal: () => (isBroken = () => false),
    close: () => closeServer(server),
  };
}

async function passOn(socketPath: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const { "transfer-encoding": _, ...headers } = incoming.headers;
  const { method, url: path } = incoming;
  const sized = method === "GET" ? headers : { ...headers, "content-length": body.length };
  const passed = request({ socketPath, method, path, headers: sized, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  passed.once("error", () => outgoing.destroy());
  passed.end(body);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
