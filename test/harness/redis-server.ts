/** A real Redis server of its own for tests, on loopback; it ends with the test, also when that is killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRedis } from "../../packages/server/src/kernel/index.ts";
import type { RedisAnswer } from "../../packages/server/src/kernel/index.ts";
import { waitFor } from "./processes.ts";

export interface RedisServer {
  readonly port: number;
  readonly pid: number;
  /** its working directory, with its dump.rdb */
  readonly dir: string;
  ask(...words: readonly string[]): Promise<RedisAnswer>;
  /** ends it as `kill -9` does; its files stay until it is closed */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisServerOptions {
  readonly password?: string;
  /** as on its command line: `["--maxmemory", "64mb"]` */
  readonly args?: readonly string[];
  /** left out: any free one */
  readonly port?: number;
  /** of a server before, whose data it goes on with */
  readonly dir?: string;
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, args = [] } = options;
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "fb-redis-"));
  const port = options.port ?? (await findFreePort());
  const place = [
    "--dir",
    dir,
    "--bind",
    "127.0.0.1",
    "--port",
    String(port),
    "--save",
    "",
    "--daemonize",
    "no",
    "--repl-diskless-sync-delay",
    "0",
  ];
  const login = password === undefined ? [] : ["--requirepass", password];
  // the shell waits for the end of its input, which is the end of this process
  const script = '"$@" & server=$!; echo $server; read -r word; kill -9 $server';
  const argv = ["-c", script, "redis", programIn(dir), ...place, ...login, ...args];
  const child = spawn("/bin/sh", argv, { stdio: ["pipe", "pipe", "ignore"] });
  const [first] = await once(child.stdout, "data");
  const pid = Number(String(first).split("\n")[0]);
  child.stdout.resume();
  const ask = async (...words: readonly string[]) => {
    const redis = await openRedis({ host: "127.0.0.1", port, password }, AbortSignal.timeout(5_000));
    try {
      return await redis.ask(...words);
    } finally {
      redis.close();
    }
  };
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.stdin.end();
    await exited;
    await waitFor("the end of redis", 30_000, () => (existsSync(`/proc/${pid}/exe`) ? undefined : true));
  };
  await waitFor("redis to answer", 30_000, () => ask("PING").catch(() => undefined));
  return {
    port,
    pid,
    dir,
    ask,
    kill: end,
    close: async () => {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Debian's redis-tools hold the server too, under the name of a tool; it is what it is called as. */
function programIn(dir: string): string {
  const places = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  const server = places.map((place) => join(place, "redis-server")).find((file) => existsSync(file));
  if (server !== undefined) return server;
  const tool = "/usr/bin/redis-check-rdb";
  if (!existsSync(tool)) throw new Error("this test needs Redis: npm test brings it on Debian (redis-tools)");
  const link = join(dir, "redis-server");
  if (!existsSync(link)) symlinkSync(tool, link);
  return link;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
