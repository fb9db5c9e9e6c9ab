import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { assert, property, uint8Array } from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import type { RedisServer } from "../../../../../../test/harness/redis-server.ts";
import { createTestDatabase } from "../../../storage/testing.ts";
import type { TestDatabase } from "../../../storage/testing.ts";
import { describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";
import { createCrc64 } from "./crc64.ts";
import { postgresParametersOf } from "../databases/testing.ts";

const OPENSSL = "/usr/bin/openssl";
const KEY = "a key that nobody guesses";
let place = "";
let home = "";
let source = "";
let to = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-backup-"));
  [home, source, to] = [join(place, "home"), join(place, "workspace"), join(place, "backups")];
  for (const folder of [home, source, to, join(source, "sub")]) mkdirSync(folder);
  writeFileSync(join(source, "notes.md"), "remember the milk\n");
  writeFileSync(join(source, "sub/run.sh"), "#!/bin/sh\n");
  chmodSync(join(source, "sub/run.sh"), 0o750);
  writeFileSync(join(source, "a name\nwith a line"), Buffer.alloc(300_000, 7));
  symlinkSync("notes.md", join(source, "link"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const apply = (name: string, given: Record<string, unknown>, stepId = "step") =>
  effectorOf(name, {}).apply(effectorContextFor(home, { stepId }), given);
const make = (given: Record<string, unknown> = {}, stepId = "step") =>
  apply("backup.create", { kind: "folder", source, to, ...given }, stepId);
const check = (given: Record<string, unknown> = {}) => apply("check.backup", { path: to, kind: "folder", ...given });

describeProbeContract("check.backup", async () => {
  const path = mkdtempSync(join(tmpdir(), "fb-backup-probe-"));
  writeFileSync(join(path, "notes.md"), "remember the milk\n");
  return {
    settings: {},
    parameters: { path, kind: "folder" },
    look: async () => readdirSync(path),
    close: async () => rmSync(path, { recursive: true, force: true }),
  };
});

test("R-2: a folder that is not there is made only when that is asked for", async () => {
  const missing = join(place, "aside/damaged");
  expect(await make({ to: missing })).toMatchObject({ ok: false, message: expect.stringContaining("ENOENT") });
  expect(existsSync(missing)).toBe(false);
  const outcome = await make({ to: missing, makeFolder: true });
  expect(outcome, outcome.message).toMatchObject({ ok: true, output: { path: expect.stringContaining(missing) } });
});

describe("backup.create and check.backup of a folder", () => {
  test("R-2: it is written, read back, described beside it, and made once by the same step", async () => {
    const outcome = await make();
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { entries: 3, seconds: expect.any(Number) } });
    const path = String(outcome.output?.["path"]);
    expect(path).toMatch(/\/workspace-folder-\d{8}T\d{6}Z-[0-9a-f]{12}\.tar\.zst$/);
    expect(execFileSync("/usr/bin/sha256sum", ["--", path], { encoding: "utf8" })).toContain(
      String(outcome.output?.["sha256"]),
    );
    expect(readdirSync(to).toSorted()).toEqual([path, `${path}.json`].map((file) => file.slice(to.length + 1)));
    expect(await make()).toMatchObject({ ok: true, output: { path } });
    expect(readdirSync(to)).toHaveLength(2);
    expect(await check({ maxAgeHours: 1 })).toMatchObject({
      ok: true,
      output: { readable: true, fresh: true, entries: 3, path, reason: null },
    });
    const names = execFileSync("/bin/sh", ["-c", '/usr/bin/zstd -dc "$1" | tar -t', "sh", path], { encoding: "utf8" });
    expect(names).toContain("files/sub/run.sh");
  });

  test("R-2: what a killed process left half written is removed by the step that goes on", async () => {
    const path = String((await make()).output?.["path"]);
    renameSync(path, `${path.replace(/\d{6}Z/, "000000Z")}.part`);
    renameSync(`${path}.json`, `${path.replace(/\d{6}Z/, "000000Z")}.json`);
    const again = await make();
    expect(again, again.message).toMatchObject({ ok: true });
    const made = basename(String(again.output?.["path"]));
    expect(readdirSync(to).toSorted()).toEqual([made, `${made}.json`]);
  });

  test("R-2: encrypted as openssl does it, it opens with openssl and with its key alone", async () => {
    const outcome = await make({ key: KEY });
    const path = String(outcome.output?.["path"]);
    const opened = execFileSync(OPENSSL, ["enc", "-d", "-aes-256-cbc", "-pbkdf2", "-in", path, "-k", KEY]);
    expect(opened.readUInt32LE(0)).toBe(0xfd2fb528);
    expect(await check({ key: KEY })).toMatchObject({ output: { readable: true, entries: 3 } });
    expect(await check()).toMatchObject({
      output: { readable: false, reason: expect.stringContaining("give its key") },
    });
    const wrong = await check({ key: "another key" });
    expect(wrong).toMatchObject({ ok: true, output: { readable: false } });
    expect(JSON.stringify([outcome, wrong])).not.toContain("key that nobody");
  });

  test("R-2: the oldest of its series are removed, and nothing else", async () => {
    writeFileSync(join(to, "workspace-folder-notes.tar.zst"), "somebody else's");
    for (const step of ["one", "two", "three"]) {
      const outcome = await make({ keep: 2 }, step);
      const path = String(outcome.output?.["path"]);
      expect(existsSync(path)).toBe(true);
    }
    const names = readdirSync(to);
    expect(names.filter((name) => /Z-[0-9a-f]{12}\.tar\.zst$/.test(name))).toHaveLength(2);
    expect(names).toContain("workspace-folder-notes.tar.zst");
  });

  test("R-2: every cut and every changed byte is found", async () => {
    const path = String((await make()).output?.["path"]);
    const whole = readFileSync(path);
    rmSync(`${path}.json`);
    for (const at of [10, Math.floor(whole.length / 2), whole.length - 1]) {
      truncateSync(path, at);
      expect(await check(), `cut at ${at}`).toMatchObject({ ok: true, output: { readable: false } });
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x55, at);
      writeFileSync(path, changed);
      const outcome = await check();
      expect(outcome.output?.["readable"], `changed at ${at}: ${outcome.message}`).toBe(false);
      writeFileSync(path, whole);
    }
    expect(await check()).toMatchObject({ output: { readable: true } });
  });

  test("R-2: what lies in what it backs up, Firebreak's home and what is not there are refused", async () => {
    expect(await make({ to: source })).toMatchObject({ ok: false, reason: "failed" });
    expect(await make({ source: place })).toMatchObject({ ok: false });
    expect(await make({ source: join(place, "nowhere") })).toMatchObject({ ok: false });
    expect(await make({ to: join(place, "nowhere") })).toMatchObject({ ok: false });
    expect(readdirSync(to)).toEqual([]);
  });

  test("R-2: no backup is an answer; an old one is told from a fresh one", async () => {
    expect(await check({ kind: "tar" })).toMatchObject({ ok: true, output: { readable: false, fresh: false } });
    expect(await check({ path: join(to, "no") })).toMatchObject({ ok: true, output: { readable: false } });
    const file = join(to, "redis_20260210.enc");
    writeFileSync(file, "cut");
    utimesSync(file, 1, 1);
    const old = await check({ kind: "redis", maxAgeHours: 24 });
    expect(old).toMatchObject({ output: { readable: false, fresh: false, bytes: 3 } });
    symlinkSync(source, join(place, "workspace_latest"));
    for (const path of [source, join(place, "workspace_latest")]) {
      expect(await check({ path })).toMatchObject({ output: { readable: true, entries: 3 } });
    }
  });
});

describe("backup.create and check.backup of Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ password: "hunter2hunter2" });
    for (let n = 0; n < 50; n++) await redis.ask("SET", `key:${n}`, "x".repeat(100));
  });
  afterAll(() => redis.close());

  test("R-2: the data set is taken over the network, and its checksum is compared", async () => {
    const from = { port: redis.port, password: "hunter2hunter2" };
    const outcome = await make({ kind: "redis", source: from, key: KEY });
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { entries: 50 } });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(readFileSync(String(outcome.output?.["manifest"]), "utf8")).not.toContain("hunter2");
    expect(await check({ kind: "redis", key: KEY })).toMatchObject({ output: { readable: true, entries: 50 } });
    expect(await make({ kind: "redis", source: { port: 1 } }, "second")).toMatchObject({
      ok: false,
      reason: "unreachable",
    });
    expect(await make({ kind: "redis", source: { port: redis.port } }, "third")).toMatchObject({ ok: false });
  });

  test("R-2: a backup that openssl and gzip made of a dump can be read, and a changed one is found", async () => {
    await redis.ask("SAVE");
    const dump = readFileSync(join(redis.dir, "dump.rdb"));
    const plain = join(place, "plain.gz");
    const write = (bytes: Buffer) => {
      writeFileSync(plain, gzipSync(bytes));
      const file = join(to, "redis_20260210_0100.enc");
      execFileSync(OPENSSL, ["enc", "-aes-256-cbc", "-pbkdf2", "-in", plain, "-out", file, "-k", KEY]);
    };
    write(dump);
    expect(await check({ kind: "redis", key: KEY })).toMatchObject({ output: { readable: true, entries: 50 } });
    const changed = Buffer.from(dump);
    changed.writeUInt8(changed.readUInt8(dump.length - 40) ^ 1, dump.length - 40);
    write(changed);
    expect(await check({ kind: "redis", key: KEY })).toMatchObject({
      output: { readable: false, reason: expect.stringContaining("checksum") },
    });
    write(dump.subarray(0, -20));
    expect(await check({ kind: "redis", key: KEY })).toMatchObject({ output: { readable: false } });
    expect(await check({ kind: "postgres", key: KEY })).toMatchObject({
      output: { readable: false, reason: expect.stringContaining("not a backup of postgres") },
    });
  });

  test("R-2: the checksum is the one that Redis computes", () => {
    const crc = createCrc64();
    crc.add(Buffer.from("12345"));
    crc.add(Buffer.from("6789"));
    expect(crc.value()).toBe(0xe9c6d914c4b8d9can);
  });
});

describe("backup.create and check.backup of PostgreSQL", () => {
  let shared: TestDatabase;
  beforeAll(async () => {
    shared = await createTestDatabase({ server: "distribution" });
  });
  afterAll(() => shared.close());

  test("R-2: pg_dump's own format, read back by pg_restore; a cut is found", async () => {
    const outcome = await make({ kind: "postgres", source: postgresParametersOf(shared.databaseUrl) });
    expect(outcome, outcome.message).toMatchObject({ ok: true });
    expect(outcome.output?.["entries"]).toBeGreaterThan(20);
    const path = String(outcome.output?.["path"]);
    expect(await check({ kind: "postgres" })).toMatchObject({ output: { readable: true } });
    rmSync(`${path}.json`);
    truncateSync(path, readFileSync(path).length - 100);
    expect(await check({ kind: "postgres" })).toMatchObject({ output: { readable: false } });
  });

  test("R-2: a server that is newer than pg_dump, or a machine without it, says so with the remedy", async () => {
    const embedded = await createTestDatabase();
    const given = { kind: "postgres", source: postgresParametersOf(embedded.databaseUrl), to };
    const settings = { postgres: { programs: place } };
    const outcome = await effectorOf("backup.create", settings).apply(effectorContextFor(home), given);
    await embedded.close();
    expect(outcome).toMatchObject({
      ok: false,
      reason: "unavailable",
      message: expect.stringContaining("postgresql-client"),
    });
    expect(readdirSync(to)).toEqual([]);
  });

  test("R-2: a script of pg_dump is whole only with its last line; its tables and rows are counted", async () => {
    const script = [
      "--",
      "-- PostgreSQL database dump",
      "--",
      "COPY public.orders (id, text) FROM stdin;",
      "1\t-- PostgreSQL database dump complete",
      "2\tb",
      "\\.",
      "-- PostgreSQL database dump complete",
      "",
    ].join("\n");
    writeFileSync(join(to, "postgres.sql.gz"), gzipSync(script));
    expect(await check({ kind: "postgres" })).toMatchObject({ output: { readable: true, entries: 1, rows: 2 } });
    writeFileSync(join(to, "postgres.sql.gz"), gzipSync(script.split("\n").slice(0, 6).join("\n")));
    expect(await check({ kind: "postgres" })).toMatchObject({ output: { readable: false } });
  });
});

test("R-2: whatever bytes lie there, reading them is an answer", async () => {
  const samples: Uint8Array[] = [];
  assert(
    property(uint8Array({ maxLength: 2000 }), (bytes) => {
      samples.push(bytes);
    }),
    { numRuns: 10 },
  );
  const heads = ["", "Salted__", "\u001f\u008b", "REDIS0011", "--\n-- PostgreSQL database dump\n"];
  for (const [n, bytes] of samples.entries()) {
    const file = join(place, `sample-${n}`);
    writeFileSync(file, Buffer.concat([Buffer.from(heads[n % heads.length] ?? "", "latin1"), bytes]));
    for (const kind of ["tar", "redis"]) {
      expect(await check({ path: file, kind, key: KEY })).toMatchObject({ ok: true, output: { readable: false } });
    }
  }
});
