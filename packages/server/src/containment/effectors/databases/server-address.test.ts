import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import type { RedisServer } from "../../../../../../test/harness/redis-server.ts";
import { parseNetwork } from "../../../kernel/index.ts";
import { effectorContextFor, effectorOf } from "../testing.ts";
import { addressWithin } from "./server-address.ts";

let redis: RedisServer;
let home = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fb-address-"));
  redis = await startRedis();
});
afterAll(async () => {
  await redis.close();
  rmSync(home, { recursive: true, force: true });
});

const backup = () => ({ to: home, makeFolder: false });
/** What each effector is given to lead it to a host. */
const LEADING: Readonly<Record<string, (place: object) => unknown>> = {
  "check.postgres": (place) => place,
  "check.redis": (place) => place,
  "redis.set_memory": (place) => ({ ...place, maxBytes: 0, policy: "noeviction" }),
  "backup.create of postgres": (source) => ({ kind: "postgres", source, ...backup() }),
  "backup.create of redis": (source) => ({ kind: "redis", source, ...backup() }),
};

/** The clients of the system, as command.read runs them. */
const CLIENTS = {
  psql: ["-d", "app", "-c", "select 1"],
  pg_isready: ["-t", "1"],
  "redis-cli": ["ping"],
} as const;
const readWith = (
  program: keyof typeof CLIENTS,
  place: { host: string; port: number },
  settings = {},
  services: unknown = [],
) =>
  effectorOf("command.read", settings, {}, services).apply(effectorContextFor(home), {
    program,
    args: ["-h", place.host, "-p", String(place.port), ...CLIENTS[program]],
    timeoutMs: 2_000,
  });

const apply = (name: string, place: object, settings: unknown = {}, services: unknown = []) => {
  const effector = effectorOf(name.split(" ")[0] ?? "", settings, {}, services);
  return effector.apply(effectorContextFor(home, { signal: AbortSignal.timeout(2_000) }), LEADING[name]?.(place));
};

describe.each(Object.keys(LEADING))("%s", (name) => {
  test.each(["169.254.169.254", "::ffff:169.254.169.254", "2852039166", "10.1.2.3", "192.168.1.1"])(
    "C-3: sends nothing to %s, which an event may have named",
    async (host) => {
      expect(await apply(name, { host, port: 6379 })).toMatchObject({
        ok: false,
        reason: "denied",
        message: expect.stringMatching(/never asked|private address/),
      });
    },
  );
});

describe.each(["psql", "pg_isready", "redis-cli"] as const)("command.read of %s", (program) => {
  test.each(["169.254.169.254", "::ffff:169.254.169.254", "2852039166", "10.1.2.3", "1.1.1.1"])(
    "C-3: sends nothing to %s, which an event may have named",
    async (host) => {
      expect(await readWith(program, { host, port: 6379 })).toMatchObject({
        ok: false,
        reason: "denied",
        message: expect.stringMatching(/never asked|private address|on the internet/),
      });
    },
  );

  test("C-3: a server on loopback is spoken to by every name it has, also where it listens at one of its addresses", async () => {
    const callers: string[] = [];
    const server = createServer((socket) => {
      callers.push(socket.remoteAddress ?? "");
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    for (const host of ["127.0.0.1", "localhost"]) {
      const before = callers.length;
      expect(await readWith(program, { host, port }), host).toMatchObject({ ok: true });
      expect(callers.length, host).toBeGreaterThan(before);
    }
    server.close();
  });

  test("C-3: where nothing answers, the client itself says so", async () => {
    const answer = await readWith(program, { host: "localhost", port: 9 });
    expect(answer).toMatchObject({ ok: true, output: { output: expect.stringMatching(/refused|no response/i) } });
    expect(answer.output?.["exitCode"]).not.toBe(0);
  });
});

test("C-3: command.read of redis-cli: a name is replaced by the address that was judged", async () => {
  const answer = await readWith("redis-cli", { host: "localhost", port: redis.port });
  expect(answer).toMatchObject({ ok: true, output: { exitCode: 0, output: "PONG\n" } });
});

describe("backup.restore", () => {
  test.each(["postgres", "redis"])("C-3: %s: sends nothing to a private address", async (kind) => {
    const given = { kind, to: { host: "10.1.2.3" }, from: join(home, "none"), mode: "production" };
    const outcome = await effectorOf("backup.restore", {}).apply(effectorContextFor(home), given);
    expect(outcome).toMatchObject({ ok: false, reason: "denied" });
  });
});

describe("what the profile has", () => {
  test("C-3: a server on loopback is spoken to by every name it has, also where it listens at one of its addresses", async () => {
    for (const host of ["127.0.0.1", "localhost"])
      expect(await apply("check.redis", { host, port: redis.port }), host).toMatchObject({ output: { up: true } });
    expect(await apply("redis.set_memory", { host: "localhost", port: redis.port })).toMatchObject({ ok: true });
    expect(await apply("backup.create of redis", { host: "localhost", port: redis.port })).toMatchObject({ ok: true });
  });

  test("C-3: the endpoints of its services and its private networks may be asked, and no other port", async () => {
    const check = { kind: "redis", host: "10.255.255.254", port: 9 };
    const services = [{ name: "cache", systemd: "redis.service", check }];
    const settings = { checks: { privateNetworks: ["10.255.253.0/24"] } };
    const asked = (host: string, port: number) => apply("check.redis", { host, port }, settings, services);
    for (const [host, port] of [
      ["10.255.255.254", 9],
      ["10.255.253.7", 6379],
    ] as const)
      expect((await asked(host, port)).message, host).not.toContain("private address");
    expect(await asked("10.255.255.254", 10)).toMatchObject({ ok: false, reason: "denied" });
  });
});

test("C-3: what is connected to is the address that was judged, and of several the one that answers", async () => {
  const addressOf = addressWithin({
    networks: ["10.0.0.0/8"].flatMap((text) => parseNetwork(text) ?? []),
    endpoints: new Set(),
  });
  const signal = AbortSignal.timeout(5_000);
  expect(await addressOf("10.1.2.3", 1, signal)).toBe("10.1.2.3");
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  expect(await addressOf("localhost", port, signal)).toBe("127.0.0.1");
  server.close();
  await expect(addressOf("no.such.invalid", port, signal)).rejects.toThrow("ENOTFOUND");
});
