import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProcessesWith, waitFor } from "../../../../../../test/harness/processes.ts";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import { systemClock } from "../../../kernel/index.ts";
import { describeEffectorContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { openServiceHistory } from "./service-history.ts";

const FAKES = join(import.meta.dirname, "../../../../../../test/fakes");
const stateOf = z.looseObject({
  log: z.array(z.array(z.string())),
  failAt: z.number().nullable(),
  failFrom: z.number().nullable(),
});

/** A systemctl in a directory of its own that answers as the fake does, and its state. */
function installSystemctl(home: string, active: boolean) {
  const file = join(home, "systemctl.json");
  const path = join(home, "systemctl");
  const write = (state: unknown) => writeFileSync(file, JSON.stringify(state));
  const read = () => stateOf.parse(JSON.parse(readFileSync(file, "utf8")));
  write({ log: [], failAt: null, failFrom: null, units: { "redis.service": { active, masked: false } } });
  const program = join(FAKES, "systemctl.mjs");
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${file}' "$@"\n`, { mode: 0o755 });
  return {
    settings: { systemd: { systemctl: path } },
    read,
    breakAt: (at: number, which: "one" | "rest") => {
      const state = read();
      const from = state.log.length + at;
      write({ ...state, failAt: from, failFrom: which === "rest" ? from : null });
    },
    heal: () => write({ ...read(), failAt: null, failFrom: null }),
    restartedBy: (restarts: number) =>
      write({ ...read(), units: { "redis.service": { active: true, masked: false, restarts } } }),
  };
}

const unit = { name: "cache", systemd: "redis.service", readySeconds: 1 };

function worldWhere(active: boolean) {
  return async (home: string): Promise<EffectorWorld> => {
    const fake = installSystemctl(home, active);
    return {
      settings: fake.settings,
      services: [unit],
      parameters: { service: "cache" },
      look: async () => ({ ...fake.read(), log: null, failAt: null, failFrom: null }),
      operations: () => fake.read().log.length,
      breakAt: fake.breakAt,
      heal: fake.heal,
      close: async () => {},
    };
  };
}
describeEffectorContract("service.start", { open: worldWhere(false) });
describeEffectorContract("service.stop", { open: worldWhere(true) });

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-managed-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The effector of that name, acting on one service. */
function actOn(service: Record<string, unknown>, settings: unknown = {}) {
  const given = { service: String(service["name"]) };
  const ctx = effectorContextFor(home);
  const of = (name: string) => effectorOf(name, settings, {}, [service]);
  return {
    apply: (name: string) => of(name).apply(ctx, given),
    verify: (name: string) => of(name).verify(ctx, given, {}),
    undo: (name: string) => of(name).undo(ctx, given, {}),
    preview: (name: string) => of(name).preview(ctx, given),
  };
}

describe("a service that systemd keeps", () => {
  test("R-4: it is restarted by systemctl(1) and looked at afterwards", async () => {
    const fake = installSystemctl(home, true);
    const cache = actOn(unit, fake.settings);
    const outcome = await cache.apply("service.restart");
    expect(outcome).toMatchObject({
      ok: true,
      output: { before: "active (running)", since: "2026-11-27T10:00:00.000Z" },
    });
    expect(fake.read().log).toEqual([["restart", "redis.service"]]);
    expect(await cache.apply("check.service")).toMatchObject({
      ok: true,
      output: { active: true, state: "active (running)", restartsInHour: 1, well: true },
    });
  });

  test("R-4: a crash loop is not mended by a fourth restart in ten minutes", async () => {
    const fake = installSystemctl(home, true);
    const cache = actOn(unit, fake.settings);
    for (let n = 0; n < 3; n++) expect(await cache.apply("service.restart")).toMatchObject({ ok: true });
    const refused = await cache.apply("service.restart");
    expect(refused).toMatchObject({ ok: false, reason: "conflict" });
    expect(refused.message).toContain("crash loop");
    expect((await cache.preview("service.restart")).changes).toEqual([expect.stringContaining("crash loop")]);
    expect(fake.read().log).toHaveLength(3);
  });

  test("R-4: what its manager restarted by itself counts too", async () => {
    const fake = installSystemctl(home, true);
    const cache = actOn(unit, fake.settings);
    await cache.apply("check.service");
    fake.restartedBy(3);
    expect(await cache.apply("check.service")).toMatchObject({ output: { restartsInHour: 3 } });
    expect(await cache.apply("service.restart")).toMatchObject({ ok: false, reason: "conflict" });
  });

  test("R-4: after ten minutes it may be tried again", () => {
    const history = openServiceHistory(home, "cache");
    const now = systemClock.now();
    for (let n = 0; n < 3; n++) history.noteStart(now);
    expect(history.findLoop(now + 599_000)).toContain("3 times");
    expect(history.findLoop(now + 601_000)).toBeNull();
    expect(history.startsInHour(now + 601_000)).toBe(3);
  });

  test("C-6: what operators need to reach the machine is not stopped", async () => {
    const fake = installSystemctl(home, true);
    const ssh = actOn({ ...unit, systemd: "ssh.service" }, fake.settings);
    expect(await ssh.apply("service.stop")).toMatchObject({ ok: false, reason: "denied" });
    expect(await ssh.apply("service.restart")).toMatchObject({ ok: false, reason: "denied" });
    expect(fake.read().log).toEqual([]);
  });

  test("R-4: a machine without systemd says so, with the remedy", async () => {
    const cache = actOn(unit, { systemd: { systemctl: "/nowhere/systemctl" } });
    expect(await cache.apply("service.start")).toMatchObject({ ok: false, reason: "unavailable" });
    expect(await cache.apply("check.service")).toMatchObject({ ok: false, reason: "unavailable" });
  });

  test("R-4: a name that the profile does not have is not found, and what it has is said", async () => {
    const outcome = await effectorOf("service.start", {}, {}, [unit]).apply(effectorContextFor(home), {
      service: "db",
    });
    expect(outcome).toMatchObject({ ok: false, reason: "not_found", message: expect.stringContaining("cache") });
  });
});

/** A program that listens on the port, and its marks to find it by. */
async function listener(): Promise<{ port: number; start: string[]; mark: string }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  server.close();
  await once(server, "close");
  const file = join(home, "listener.mjs");
  writeFileSync(file, 'import net from "node:net"; net.createServer().listen(Number(process.argv[2]), "127.0.0.1");\n');
  return { port, start: [process.execPath, file, String(port)], mark: file };
}
const listening = (mark: string) =>
  findProcessesWith("HOME=").filter(({ command }) => command.includes(mark) && !command.startsWith("/bin/sh"));

describe("a service that is a command", () => {
  test("R-4: it is started, seen to be well by its check, found again by another process, and stopped", async () => {
    const { port, start, mark } = await listener();
    const service = { name: "listener", command: { start }, check: { kind: "tcp", port } };
    const first = actOn(service);
    const started = await first.apply("service.start");
    expect(started, started.message).toMatchObject({ ok: true, output: { before: "not running" } });
    expect(listening(mark)).toHaveLength(1);
    const again = await actOn(service).apply("service.start");
    expect(again).toMatchObject({ ok: true });
    expect(listening(mark)).toHaveLength(1);
    const restarted = await actOn(service).apply("service.restart");
    expect(restarted, restarted.message).toMatchObject({ ok: true });
    expect(listening(mark)).toHaveLength(1);
    expect(await actOn(service).undo("service.start")).toMatchObject({ ok: true });
    await waitFor("its end", 30_000, () => (listening(mark).length === 0 ? true : undefined));
    expect(await actOn(service).apply("check.service")).toMatchObject({
      ok: true,
      output: { active: false, well: false },
    });
  });

  test("R-4: one that does not become well is taken back, and that is a failure", async () => {
    const { start, mark } = await listener();
    const service = { name: "listener", command: { start }, check: { kind: "tcp", port: 1 }, readySeconds: 1 };
    const outcome = await actOn(service).apply("service.start");
    expect(outcome).toMatchObject({ ok: false, reason: "unverified" });
    expect(outcome.message).toContain("taken back");
    expect(listening(mark)).toEqual([]);
  });

  test("R-4: a program that ends at once is a failure, and its words are kept", async () => {
    const service = {
      name: "broken",
      command: { start: ["/bin/sh", "-c", "echo no licence >&2; exit 3"] },
      readySeconds: 1,
    };
    const outcome = await actOn(service).apply("service.start");
    expect(outcome).toMatchObject({ ok: false });
    expect(readFileSync(join(home, "services/broken.log"), "utf8")).toContain("no licence");
  });

  test("R-4: a number that another process has by now is not taken for the service", async () => {
    const { start } = await listener();
    const service = { name: "listener", command: { start } };
    await actOn(service).apply("service.start");
    await actOn(service).apply("service.stop");
    writeFileSync(join(home, "services/listener.pid"), `${process.pid} 1\n`);
    expect(await actOn(service).apply("check.service")).toMatchObject({ output: { active: false } });
    expect(await actOn(service).apply("service.stop")).toMatchObject({ ok: true });
  });

  test("R-4: no variable of Firebreak reaches the program", async () => {
    process.env["FIREBREAK_SECRET_OF_TEST"] = "hunter2";
    try {
      const service = { name: "env", command: { start: ["/usr/bin/env"] }, readySeconds: 1 };
      await actOn(service).apply("service.start");
      expect(readFileSync(join(home, "services/env.log"), "utf8")).not.toContain("hunter2");
    } finally {
      delete process.env["FIREBREAK_SECRET_OF_TEST"];
    }
  });
});

describe("what a service answers when it is well", () => {
  test.each([
    [{}, true],
    [{ contains: "all is well" }, true],
    [{ contains: "something else" }, false],
    [{ status: 204 }, false],
  ])("D-1: the HTTP check %j is answered: %s", async (wanted, isWell) => {
    const server = createHttpServer((_request, response) => response.end(`all is well${" ".repeat(200_000)}`));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const fake = installSystemctl(home, true);
    const check = { kind: "http", url: `http://127.0.0.1:${port}/health`, ...wanted };
    const outcome = await actOn({ ...unit, check }, fake.settings).apply("check.service");
    server.close();
    expect(outcome).toMatchObject({ ok: true, output: { active: true, well: isWell } });
  });

  test("D-1: Redis is asked with the password that the profile names, which is shown nowhere", async () => {
    const redis = await startRedis({ password: "hunter2hunter2" });
    const fake = installSystemctl(home, true);
    try {
      const check = { kind: "redis", port: redis.port, passwordEnv: "CACHE_PASSWORD" };
      const ask = (secrets: Record<string, string>) =>
        effectorOf("check.service", fake.settings, secrets, [{ ...unit, check }]).apply(effectorContextFor(home), {
          service: "cache",
        });
      const well = await ask({ CACHE_PASSWORD: "hunter2hunter2" });
      expect(well).toMatchObject({ output: { well: true } });
      expect(JSON.stringify(well)).not.toContain("hunter2");
      expect(await ask({})).toMatchObject({ output: { well: false } });
    } finally {
      await redis.close();
    }
  });
});

describe("the section services", () => {
  test.each([
    [{ name: "x" }, "exactly one"],
    [{ name: "x", systemd: "a.service", docker: "a" }, "exactly one"],
    [{ name: "x", command: { start: ["redis-server"] } }, "absolute path"],
    [{ name: "x", systemd: "--now" }, "full name"],
    [{ name: "../x", docker: "a" }, "small letters"],
  ])("R-4: %j is refused", (service, why) => {
    expect(() => effectorOf("service.start", {}, {}, [service])).toThrow(why);
  });

  test("R-4: two services of one name are refused", () => {
    expect(() => effectorOf("service.start", {}, {}, [unit, unit])).toThrow("another service");
  });
});
