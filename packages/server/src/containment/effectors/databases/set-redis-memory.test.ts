import { once } from "node:events";
import { connect, createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import type { RedisServer } from "../../../../../../test/harness/redis-server.ts";
import { describeEffectorContract, effectorContextFor } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { asWritten } from "./server-address.ts";
import { setRedisMemory } from "./set-redis-memory.ts";

const MB = 1024 * 1024;
const setMemory = setRedisMemory(asWritten);
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ args: ["--maxmemory", "64mb", "--maxmemory-policy", "noeviction"] });
});
afterAll(() => redis.close());
let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-memory-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const look = async () => [
  await redis.ask("CONFIG", "GET", "maxmemory"),
  await redis.ask("CONFIG", "GET", "maxmemory-policy"),
];

/** A door before the server that refuses the settings it was told to refuse. */
async function openWorld(): Promise<EffectorWorld> {
  let settings = 0;
  let isBroken = (_operation: number) => false;
  const door = createServer((socket) => {
    const server = connect({ host: "127.0.0.1", port: redis.port });
    server.on("error", () => socket.destroy());
    socket.on("error", () => server.destroy());
    socket.on("close", () => server.destroy());
    server.pipe(socket);
    socket.on("data", (part) => {
      const isSetting = part.includes("CONFIG\r\n$3\r\nSET");
      if (isSetting && isBroken(settings++)) socket.write("-ERR broken by the test\r\n");
      else server.write(part);
    });
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  return {
    settings: {},
    parameters: {
      port: address !== null && typeof address === "object" ? address.port : 0,
      maxBytes: 128 * MB,
      policy: "allkeys-lru",
    },
    look,
    operations: () => settings,
    breakAt: (at, which) => {
      const from = settings + at;
      isBroken = (operation) => operation === from || (which === "rest" && operation > from);
    },
    heal: () => (isBroken = () => false),
    close: async () => {
      door.close();
    },
  };
}
describeEffectorContract("redis.set_memory", { open: openWorld });

describe("redis.set_memory", () => {
  const given = (maxBytes: number) => ({ port: redis.port, maxBytes, policy: "volatile-lru" });

  test("R-4: a limit below what is used is refused: undo would not bring back what was evicted", async () => {
    const before = await look();
    const outcome = await setMemory.apply(effectorContextFor(home), given(1000));
    expect(outcome).toMatchObject({ ok: false, reason: "conflict", message: expect.stringContaining("evict") });
    expect(await look()).toEqual(before);
  });

  test("R-4: what somebody set meanwhile stays", async () => {
    const ctx = effectorContextFor(home);
    const { output = {} } = await setMemory.apply(ctx, given(100 * MB));
    expect(output).toEqual({ before: { maxBytes: 64 * MB, policy: "noeviction" } });
    await redis.ask("CONFIG", "SET", "maxmemory", String(90 * MB));
    const undone = await setMemory.undo(ctx, given(100 * MB), output);
    expect(undone).toMatchObject({ ok: true, message: expect.stringContaining("somebody set meanwhile") });
    expect(await look()).toEqual([
      ["maxmemory", String(90 * MB)],
      ["maxmemory-policy", "noeviction"],
    ]);
    await redis.ask("CONFIG", "SET", "maxmemory", String(64 * MB));
  });

  test("R-4: a server that is gone is not reached", async () => {
    const outcome = await setMemory.apply(effectorContextFor(home), { ...given(MB), port: 1 });
    expect(outcome).toMatchObject({ ok: false, reason: "unreachable" });
  });
});
