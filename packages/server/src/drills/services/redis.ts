import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { findFreePort } from "./free-port.ts";
import { defineService } from "./service.ts";

/** Debian's redis-tools has the server too: its programs are one file, which goes by the name it is called with. */
const SERVERS = [
  "/usr/bin/redis-server",
  "/usr/bin/redis-check-rdb",
  "/usr/local/bin/redis-server",
  "/opt/homebrew/bin/redis-server",
];

function findServer(): string | undefined {
  return SERVERS.find((file) => existsSync(file));
}

/** A real Redis, on loopback, with its data in the sandbox. */
export const redis = defineService({
  kind: "redis",
  about: "a real Redis on loopback, `maxBytes`, `policy`; needs Debian's redis-tools",
  facts: ["port", "folder", "log", "dump"],
  parameters: z.strictObject({
    maxBytes: z.number().int().min(1_000_000).max(1_000_000_000).default(64_000_000),
    policy: z.enum(["noeviction", "allkeys-lru"]).default("noeviction"),
  }),
  findMissing: () =>
    findServer() === undefined
      ? [{ what: "a Redis server", remedy: "On Debian or Ubuntu: apt-get install redis-tools." }]
      : [],
  prepare: async (sandbox, name, { maxBytes, policy }) => {
    const folder = path.join(sandbox.folder, "services", name);
    mkdirSync(folder);
    const program = path.join(folder, "redis-server");
    symlinkSync(findServer() ?? "/usr/bin/redis-server", program);
    const port = await findFreePort();
    const log = path.join(folder, "redis.log");
    const config = path.join(folder, "redis.conf");
    const lines = [
      "bind 127.0.0.1",
      `port ${port}`,
      `dir ${folder}`,
      "dbfilename dump.rdb",
      "save 3600 1",
      `logfile ${log}`,
      `maxmemory ${maxBytes}`,
      `maxmemory-policy ${policy}`,
      "daemonize no",
      "appendonly no",
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const entry = { command: { start: [program, config], folder }, check: { kind: "redis", port }, logs: [log] };
    return { facts: { port, folder, log, dump: path.join(folder, "dump.rdb") }, entry };
  },
});
