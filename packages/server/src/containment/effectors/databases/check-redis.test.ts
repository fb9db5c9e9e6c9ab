import { once } from "node:events";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../../../../../test/harness/processes.ts";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import type { RedisServer } from "../../../../../../test/harness/redis-server.ts";
import { describeProbeContract, effectorContextFor } from "../testing.ts";
import { checkRedis } from "./check-redis.ts";
import { asWritten } from "./server-address.ts";

const PASSWORD = "correct horse battery";
let redis: RedisServer;
let home = "";
const opened: Server[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fb-check-redis-"));
  redis = await startRedis({ password: PASSWORD, args: ["--maxmemory", "64mb"] });
});
afterAll(async () => {
  await redis.close();
  rmSync(home, { recursive: true, force: true });
});
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

const ask = (given: Record<string, unknown>, signal = new AbortController().signal) =>
  checkRedis(asWritten).apply(effectorContextFor(home, { signal }), given);

/** A server that answers every command with this, whatever was asked. */
async function startImpostor(answer: string | null): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      if (answer !== null) socket.write(answer);
    });
  }).listen(0, "127.0.0.1");
  opened.push(server);
  await once(server, "listening");
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

describeProbeContract(
  "check.redis",
  async () => ({
    settings: {},
    parameters: { port: redis.port, password: PASSWORD },
    look: () => redis.ask("DBSIZE"),
    close: async () => {},
  }),
  (output) => ({ ...output, usedBytes: 0 }),
);

describe("check.redis", () => {
  test("D-1: a real Redis answers with what it holds", async () => {
    await redis.ask("SET", "a", "1");
    await redis.ask("SET", "b", "2");
    const { port } = redis;
    const outcome = await ask({ port, password: PASSWORD });
    expect(outcome).toMatchObject({
      ok: true,
      output: { up: true, loading: false, maxBytes: 64 * 1024 * 1024, lastSaveOk: true, keys: 2, reason: null },
    });
    expect(outcome.output?.["usedBytes"]).toBeGreaterThan(100_000);
  });

  test("D-1: a save that failed is said, while it still answers", async () => {
    const broken = await startRedis();
    try {
      rmSync(broken.dir, { recursive: true });
      await broken.ask("BGSAVE");
      const outcome = await waitFor("the save to fail", 30_000, async () => {
        const asked = await ask({ port: broken.port });
        return asked.output?.["lastSaveOk"] === false ? asked : undefined;
      });
      expect(outcome).toMatchObject({ ok: true, output: { up: true, reason: "its last save to the disk failed" } });
    } finally {
      await broken.close();
    }
  });

  test("D-1: nothing that listens is an answer, and no fault", async () => {
    const outcome = await ask({ port: 1 });
    expect(outcome).toMatchObject({ ok: true, output: { up: false, keys: null } });
    expect(outcome.output?.["reason"]).toContain("refused the connection");
  });

  test("D-1: a server that stands still is not up", async () => {
    const outcome = await ask({ port: await startImpostor(null) }, AbortSignal.timeout(200));
    expect(outcome).toMatchObject({ ok: true, output: { up: false, reason: "no answer in time" } });
  });

  test.each(["HTTP/1.1 400 Bad Request\r\n\r\n", "$99999999999\r\n", "*3\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", ":x\r\n"])(
    "D-1: what speaks something else (%j) is not up",
    async (answer) => {
      const outcome = await ask({ port: await startImpostor(answer) });
      expect(outcome).toMatchObject({ ok: true, output: { up: false, reason: "it does not speak Redis's protocol" } });
    },
  );

  test("D-1: while it reads its data it is loading", async () => {
    const info = "# Persistence\r\nloading:1\r\n";
    const loading = "LOADING Redis is loading the dataset in memory";
    const answers = `-${loading}\r\n$${info.length}\r\n${info}\r\n`;
    const outcome = await ask({ port: await startImpostor(answers) });
    expect(outcome).toMatchObject({ ok: true, output: { up: false, loading: true, reason: loading } });
  });

  test.each([{}, { password: "wrong" }])(
    "D-1: with the login %j nothing can be found out, and that is said",
    async (login) => {
      const outcome = await ask({ port: redis.port, ...login });
      expect(outcome).toMatchObject({ ok: false, reason: "unavailable" });
      expect(JSON.stringify(outcome)).not.toContain("wrong");
    },
  );

  test("D-1: a host that has no address cannot be asked", async () => {
    expect(await ask({ host: "redis.invalid" })).toMatchObject({ ok: false, reason: "unreachable" });
  });

  test.each(["-h", "a b", "host\r\nFLUSHALL", ""])("D-1: %j is no host", async (host) => {
    await expect(ask({ host })).rejects.toThrow("host");
  });
});
