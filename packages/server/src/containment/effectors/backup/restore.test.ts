import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { Client } from "pg";
import tar from "tar-stream";
import type { Headers } from "tar-stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../../../test/harness/redis-server.ts";
import type { RedisServer } from "../../../../../../test/harness/redis-server.ts";
import { createTestDatabase } from "../../../storage/testing.ts";
import type { TestDatabase } from "../../../storage/testing.ts";
import { postgresParametersOf } from "../databases/testing.ts";
import { describeEffectorContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";

const KEY = "a key that nobody guesses";
const mark = createHash("sha256").update("run_1/step").digest("hex").slice(0, 12);

function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const full = join(folder, entry.name);
    if (entry.isSymbolicLink()) return { [entry.name]: `-> ${readlinkSync(full)}` };
    if (entry.isDirectory()) {
      return Object.fromEntries(Object.entries(contentOf(full)).map(([name, text]) => [`${entry.name}/${name}`, text]));
    }
    return { [entry.name]: `${(statSync(full).mode & 0o7777).toString(8)} ${readFileSync(full, "utf8")}` };
  });
  return Object.assign({}, ...entries);
}

const run = (home: string, name: string, given: Record<string, unknown>, stepId = "step") =>
  effectorOf(name, {}).apply(effectorContextFor(home, { stepId }), given);

function makeWorkspace(place: string): string {
  const folder = join(place, "workspace");
  mkdirSync(join(folder, "sub"), { recursive: true });
  writeFileSync(join(folder, "notes.md"), "remember the milk\n");
  writeFileSync(join(folder, "sub/run.sh"), "#!/bin/sh\n");
  chmodSync(join(folder, "sub/run.sh"), 0o750);
  symlinkSync("notes.md", join(folder, "link"));
  return folder;
}

async function openWorld(): Promise<EffectorWorld> {
  const place = mkdtempSync(join(tmpdir(), "fb-restore-world-"));
  const folder = makeWorkspace(place);
  const to = join(place, "backups");
  mkdirSync(to);
  // as tar makes it: the other process of the contract is one file, without the part that unpacks Zstandard
  execFileSync("/usr/bin/tar", ["-C", folder, "-czf", join(to, "workspace.tar.gz"), "."]);
  rmSync(join(folder, "sub"), { recursive: true });
  writeFileSync(join(folder, "notes.md"), "you have been hacked\n");
  const inode = statSync(folder).ino;
  const inTheWay = `${folder}.before-${mark}`;
  return {
    settings: {},
    parameters: { kind: "folder", from: to, to: folder, mode: "production" },
    look: async () => contentOf(folder),
    // the folder is exchanged once
    operations: () => (statSync(folder).ino === inode ? 0 : 1),
    breakAt: () => writeFileSync(inTheWay, "in the way"),
    heal: () => rmSync(inTheWay, { force: true }),
    close: async () => rmSync(place, { recursive: true, force: true }),
  };
}
describeEffectorContract("backup.restore", { open: openWorld });

let place = "";
let home = "";
let folder = "";
let backups = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-restore-"));
  [home, backups] = [join(place, "home"), join(place, "backups")];
  mkdirSync(home);
  mkdirSync(backups);
  folder = makeWorkspace(place);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const effector = () => effectorOf("backup.restore", {});
const restore = (given: Record<string, unknown>, stepId = "step") =>
  effector().apply(effectorContextFor(home, { stepId }), { kind: "folder", from: backups, ...given });
const undo = (given: Record<string, unknown>, stepId = "step") =>
  effector().undo(effectorContextFor(home, { stepId }), { kind: "folder", from: backups, ...given }, {});
const backup = async (given: Record<string, unknown>) => {
  const made = await run(home, "backup.create", { to: backups, ...given }, "backup");
  expect(made, made.message).toMatchObject({ ok: true });
  return String(made.output?.["path"]);
};

describe("backup.restore of a folder", () => {
  test("R-3: first to staging, then to production; what was there is kept, and what is lost is said", async () => {
    await backup({ kind: "folder", source: folder, key: KEY });
    const before = contentOf(folder);
    const staging = join(place, "staging");
    const first = await restore({ to: staging, mode: "staging", key: KEY }, "staging");
    expect(first, first.message).toMatchObject({ ok: true, output: { restored: staging, entries: 2, aside: null } });
    expect(contentOf(staging)).toEqual(before);
    writeFileSync(join(folder, "later.md"), "written after the backup\n");
    const given = { to: folder, mode: "production", key: KEY };
    const second = await restore(given);
    expect(second).toMatchObject({ ok: true, output: { lost: { hours: expect.any(Number), files: 1 } } });
    expect(contentOf(folder)).toEqual(before);
    expect(contentOf(String(second.output?.["aside"]))).toHaveProperty(["later.md"]);
    expect(await undo(given)).toMatchObject({ ok: true });
    expect(contentOf(folder)).toHaveProperty(["later.md"]);
    expect(await undo({ to: staging, mode: "staging", key: KEY }, "staging")).toMatchObject({ ok: true });
    expect(readdirSync(place).filter((name) => name.startsWith("staging"))).toEqual([]);
  });

  test("R-3: staging takes nothing's place; the system, homes and Firebreak's own are refused", async () => {
    await backup({ kind: "folder", source: folder });
    expect(await restore({ to: folder, mode: "staging" })).toMatchObject({ ok: false, reason: "conflict" });
    for (const to of ["/etc", "/usr/lib", "/", home, place, join(home, "x")]) {
      expect(await restore({ to, mode: "production" }), to).toMatchObject({ ok: false, reason: "denied" });
    }
    expect(await restore({ to: join(place, "no/where"), mode: "staging" })).toMatchObject({ ok: false });
  });

  test("R-3: a backup that was changed is not begun to be restored", async () => {
    const path = await backup({ kind: "folder", source: folder });
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from("x")]));
    const outcome = await restore({ to: folder, mode: "production" });
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("manifest") });
    expect(readdirSync(place).toSorted()).toEqual(["backups", "home", "workspace"]);
  });

  test("R-3: what somebody did to what was restored is kept by the undo", async () => {
    await backup({ kind: "folder", source: folder });
    const given = { to: folder, mode: "production" };
    await restore(given);
    writeFileSync(join(folder, "work.md"), "of the morning after");
    await undo(given);
    expect(existsSync(join(folder, "work.md"))).toBe(false);
    await restore(given);
    await undo(given);
    expect(readFileSync(join(`${folder}.undone-${mark}`, "work.md"), "utf8")).toBe("of the morning after");
  });

  test("R-3: a folder that something else took the place of is not thrown away", async () => {
    await backup({ kind: "folder", source: folder });
    const given = { to: folder, mode: "production" };
    await restore(given);
    renameSync(folder, join(place, "moved"));
    mkdirSync(folder);
    expect(await undo(given)).toMatchObject({ ok: false, reason: "conflict" });
    rmSync(folder, { recursive: true });
    expect(await undo(given)).toMatchObject({ ok: true });
    expect(contentOf(folder)).toHaveProperty(["notes.md"]);
  });

  test.each<[string, (Headers & { text?: string })[]]>([
    ["leads out", [{ name: "../evil.txt", text: "x" }]],
    ["begins at the root", [{ name: "/etc/evil", text: "x" }]],
    ["holds a device", [{ name: "disk", type: "block-device" }]],
    ["holds a hard link", [{ name: "shadow", type: "link", linkname: "/etc/shadow" }]],
    [
      "writes through a link",
      [
        { name: "out", type: "symlink", linkname: "/tmp" },
        { name: "out/evil.txt", text: "x" },
      ],
    ],
    [
      "writes over its own file",
      [
        { name: "a", text: "x" },
        { name: "a", text: "y" },
      ],
    ],
  ])("R-3: a hostile archive that %s is refused, and nothing of it stays", async (_what, entries) => {
    const pack = tar.pack();
    for (const { text = "", ...header } of entries) pack.entry(header, text);
    pack.finalize();
    writeFileSync(join(backups, "evil.tar.gz"), gzipSync(await buffer(pack)));
    const to = join(place, "staging");
    const outcome = await restore({ to, mode: "staging" });
    expect(outcome, outcome.message).toMatchObject({ ok: false });
    expect(readdirSync(place).toSorted()).toEqual(["backups", "home", "workspace"]);
    expect(existsSync("/tmp/evil.txt")).toBe(false);
  });

  test("R-3: nobody gets the rights of a file's owner by a restore, and a bomb is not unpacked", async () => {
    const pack = tar.pack();
    pack.entry({ name: "su", mode: 0o4755 }, "x");
    pack.finalize();
    const file = join(backups, "a.tar.gz");
    writeFileSync(file, gzipSync(await buffer(pack)));
    const to = join(place, "staging");
    expect(await restore({ to, mode: "staging" })).toMatchObject({ ok: true });
    expect(statSync(join(to, "su")).mode & 0o7777).toBe(0o755);
    execFileSync("/bin/sh", ["-c", 'head -c 60000000 /dev/zero | gzip -9 | gzip -9 > "$1"', "sh", file]);
    expect(await restore({ to: join(place, "other"), mode: "staging" }, "bomb")).toMatchObject({ ok: false });
  });
});

describe("backup.restore of Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ password: "hunter2hunter2" });
  });
  afterAll(() => redis.close());
  const to = () => ({ port: redis.port, password: "hunter2hunter2" });

  test("R-3: a running server gets the backup without a restart, says what is lost, and gets back what it held", async () => {
    await redis.ask("FLUSHALL");
    for (let n = 0; n < 20; n++) await redis.ask("SET", `key:${n}`, "of the backup");
    await backup({ kind: "redis", source: to(), key: KEY });
    await redis.ask("SET", "key:1", "changed by an agent");
    for (let n = 0; n < 5; n++) await redis.ask("SET", `later:${n}`, "x");
    const given = { kind: "redis", to: to(), mode: "production", key: KEY };
    const outcome = await restore(given);
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { entries: 20, lost: { keys: 5 } } });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(await redis.ask("GET", "key:1")).toBe("of the backup");
    expect(String(await redis.ask("INFO", "replication"))).toContain("role:master");
    await redis.ask("SET", "key:2", "after the restore");
    expect(await restore(given)).toMatchObject({ ok: true });
    expect(await redis.ask("GET", "key:2")).toBe("after the restore");
    expect(await effector().verify(effectorContextFor(home), { from: backups, ...given }, {})).toMatchObject({
      ok: true,
    });
    for (let n = 0; n < 2; n++) expect(await undo(given)).toMatchObject({ ok: true });
    expect(await redis.ask("GET", "key:1")).toBe("changed by an agent");
    expect(await redis.ask("DBSIZE")).toBe(25);
    expect(readdirSync(join(home, "effects"))).toEqual([]);
  });

  test("R-3: staging needs an empty server; a scratch server shows that a backup can be read by Redis itself", async () => {
    await redis.ask("SET", "a", "1");
    await backup({ kind: "redis", source: to() });
    expect(await restore({ kind: "redis", to: to(), mode: "staging" })).toMatchObject({
      ok: false,
      reason: "conflict",
    });
    const scratch = await startRedis();
    try {
      const given = { kind: "redis", to: { port: scratch.port }, mode: "staging" };
      expect(await restore(given)).toMatchObject({ ok: true });
      expect(await scratch.ask("GET", "a")).toBe("1");
      expect(await undo(given)).toMatchObject({ ok: true });
      expect(await scratch.ask("DBSIZE")).toBe(0);
    } finally {
      await scratch.close();
    }
  });

  test("R-3: a dump that an older server cannot read is refused before anything changes", async () => {
    await redis.ask("SET", "a", "1");
    await redis.ask("SAVE");
    const dump = readFileSync(join(redis.dir, "dump.rdb"));
    dump.write("REDIS0099", "latin1");
    dump.fill(0, dump.length - 8);
    writeFileSync(join(backups, "newer.rdb"), dump);
    const given = { kind: "redis", to: to(), mode: "production" };
    const outcome = await restore(given);
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("older than the server") });
    expect(outcome.message).toContain("taken back");
    expect(await redis.ask("GET", "a")).toBe("1");
  });

  test("R-3: a server that is gone, and one that is a replica, are not touched", async () => {
    await backup({ kind: "redis", source: to() });
    const gone = await restore({ kind: "redis", to: { port: 1 }, mode: "production" });
    expect(gone).toMatchObject({ ok: false, reason: "unreachable" });
    const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", "1"] });
    const outcome = await restore({ kind: "redis", to: { port: replica.port }, mode: "production" }, "second");
    await replica.close();
    expect(outcome).toMatchObject({ ok: false, reason: "conflict", message: expect.stringContaining("replica") });
  });
});

describe("backup.restore of PostgreSQL", () => {
  let shared: TestDatabase;
  beforeAll(async () => {
    shared = await createTestDatabase({ server: "distribution" });
  });
  afterAll(() => shared.close());
  const at = (database: string) => ({ ...postgresParametersOf(shared.databaseUrl), database });
  const ask = async (database: string, text: string): Promise<unknown[]> => {
    const client = new Client(at(database));
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const databases = async () =>
    (await ask("postgres", "select datname as name from pg_database where datname like 'shop%' order by 1")).map(
      (row) => String(Object.values(row ?? {})[0]),
    );

  test("R-3: a database is restored under its name while people are connected, with what is lost in rows", async () => {
    await ask("postgres", "create database shop");
    await ask("shop", "create table orders as select n from generate_series(1, 100) n");
    await backup({ kind: "postgres", source: at("shop"), key: KEY });
    await ask("shop", "insert into orders select n from generate_series(101, 130) n");
    const connected = new Client(at("shop"));
    connected.on("error", () => {});
    await connected.connect();
    const given = { kind: "postgres", to: at("shop"), mode: "production", key: KEY };
    const outcome = await restore(given);
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { rows: 100, lost: { rows: 30 } } });
    expect(await ask("shop", "select count(*)::int as n from orders")).toEqual([{ n: 100 }]);
    expect(await restore(given)).toMatchObject({ ok: true });
    const verified = await effector().verify(effectorContextFor(home), { from: backups, ...given }, {});
    expect(verified).toMatchObject({ ok: true });
    for (let n = 0; n < 2; n++) expect(await undo(given)).toMatchObject({ ok: true });
    expect(await ask("shop", "select count(*)::int as n from orders")).toEqual([{ n: 130 }]);
    expect(await databases()).toEqual(["shop", `shop_undone_${mark}`]);
    await ask("postgres", "drop database shop");
    await ask("postgres", `drop database shop_undone_${mark}`);
  });

  test("R-3: staging makes a database, and a backup that fails half-way leaves none", async () => {
    await ask("postgres", "create database shop");
    await ask("shop", "create table orders as select n from generate_series(1, 10) n");
    await backup({ kind: "postgres", source: at("shop") });
    expect(await restore({ kind: "postgres", to: at("shop"), mode: "staging" })).toMatchObject({ reason: "conflict" });
    const given = { kind: "postgres", to: at("shop_staging"), mode: "staging" };
    expect(await restore(given)).toMatchObject({ ok: true, output: { rows: 10, lost: { rows: null } } });
    expect(await undo(given)).toMatchObject({ ok: true });
    expect(await databases()).toEqual(["shop"]);
    const script =
      "--\n-- PostgreSQL database dump\n--\nselect 1;\nselect no_such_function();\n-- PostgreSQL database dump complete\n";
    const file = join(place, "broken.sql");
    writeFileSync(file, script);
    expect(await restore({ ...given, from: file }, "broken")).toMatchObject({ ok: false });
    expect(await databases()).toEqual(["shop"]);
    await ask("postgres", "drop database shop");
  });

  test("R-3: a script of pg_dump is restored, and one that would have psql start a program is not", async () => {
    const pwned = join(place, "pwned");
    const script = (middle: string) =>
      `\\restrict abc\n\n--\n-- PostgreSQL database dump\n--\ncreate table t (a text);\nCOPY public.t (a) FROM stdin;\none\ntwo\n\\.\n${middle}\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n`;
    const file = join(place, "shop.sql.gz");
    const given = { kind: "postgres", from: file, to: at("shop_staging"), mode: "staging" };
    for (const [n, hostile] of [
      `\\! touch '${pwned}'`,
      `select 1 \\g |touch '${pwned}'`,
      `\\unrestrict abc\n\\! touch '${pwned}'`,
    ].entries()) {
      writeFileSync(file, gzipSync(script(hostile)));
      expect(await restore(given, `hostile-${n}`), hostile).toMatchObject({ ok: false });
      expect(existsSync(pwned), hostile).toBe(false);
    }
    writeFileSync(file, gzipSync(script("select 1;")));
    const outcome = await restore(given, "fine");
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { rows: 2 } });
    expect(await ask("shop_staging", "select a from t order by a")).toEqual([{ a: "one" }, { a: "two" }]);
    expect(await undo(given, "fine")).toMatchObject({ ok: true });
    expect(basename(file)).toBe("shop.sql.gz");
  });
});
