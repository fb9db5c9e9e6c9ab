import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { chooseRunAs } from "./run-as.ts";
import {
  ask,
  catchOperatorError,
  isGone,
  isRoot,
  makeHome,
  mount,
  nativeDir,
  place,
  start,
  startProgram,
  stop,
  until,
} from "./testing.ts";

describe("bundled PostgreSQL", () => {
  test("starts on an empty home, keeps its data, is private and durable", async () => {
    const home = makeHome();
    const first = await start(home);
    await ask(first.connection, "create table t as select 42 as answer");
    const settings = await ask(
      first.connection,
      `select name, setting from pg_settings where name in
       ('fsync', 'synchronous_commit', 'full_page_writes', 'jit', 'listen_addresses', 'data_checksums') order by 1`,
    );
    expect(Object.fromEntries(settings)).toEqual({
      data_checksums: "on",
      fsync: "on",
      full_page_writes: "on",
      jit: "off",
      listen_addresses: "",
      synchronous_commit: "on",
    });
    await stop(first);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "secrets", "postgres")).mode & 0o777).toBe(0o600);
    const again = await start(home);
    expect(await ask(again.connection, "select answer from t")).toEqual([[42]]);
    expect(again.version).toMatch(/^18\./);
  });

  test("asks for the password even on the socket", async () => {
    const { connection } = await start(makeHome());
    await expect(ask({ ...connection, password: "wrong" }, "select 1")).rejects.toThrow(
      "password authentication failed",
    );
  });

  test("never shows the password to other users of the machine", async () => {
    const { connection } = await start(makeHome());
    const everything = execFileSync("ps", ["axeww"], { encoding: "utf8" });
    expect(everything).toContain("postgres");
    expect(everything).not.toContain(connection.password);
  });

  test("goes to loopback when the socket's path would be too long", async () => {
    const home = join(makeHome(), "x".repeat(60), "y".repeat(60));
    mkdirSync(home, { recursive: true });
    const { connection } = await start(home);
    expect(connection.host).toBe("127.0.0.1");
    expect(await ask(connection, "select 1")).toEqual([[1]]);
  });

  test("writes a log that stays bounded", async () => {
    const home = makeHome();
    mkdirSync(join(home, "logs"));
    writeFileSync(join(home, "logs", "postgres.log"), Buffer.alloc(5 * 1024 * 1024, "x\n"));
    await start(home);
    expect(readdirSync(join(home, "logs")).toSorted()).toEqual(["postgres.log", "postgres.log.1"]);
    expect(statSync(join(home, "logs", "postgres.log")).size).toBeLessThan(100_000);
  });

  test("is started again when it dies by itself", async () => {
    const embedded = await start(makeHome());
    const before = embedded.pid;
    process.kill(before, "SIGKILL");
    await until(() => expect(embedded.pid).not.toBe(before));
    await vi.waitFor(async () => expect(await ask(embedded.connection, "select 1")).toEqual([[1]]), 30_000);
  });

  test("stop leaves no process, no socket and no lock", async () => {
    const home = makeHome();
    const embedded = await start(home);
    const { pid } = embedded;
    await stop(embedded);
    expect(isGone(pid)).toBe(true);
    expect(existsSync(join(home, "server.lock"))).toBe(false);
    expect(readdirSync(join(home, "postgres"))).toEqual(["data"]);
  });
});

describe("bundled PostgreSQL, as root (needs root, as CI has)", () => {
  test.runIf(isRoot)("runs as an unprivileged user in a home that this user cannot reach", async () => {
    const closed = mkdtempSync(join("/root", "firebreak-test-"));
    try {
      chmodSync(closed, 0o700);
      const home = join(closed, "deep", "home");
      const first = await start(home);
      expect(await ask(first.connection, "select 1")).toEqual([[1]]);
      expect(statSync(`/proc/${first.pid}`).uid).not.toBe(0);
      await stop(first);
      const again = await start(home);
      expect(await ask(again.connection, "select 1")).toEqual([[1]]);
      await stop(again);
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  });

  test.runIf(isRoot)(
    "copies the programs once when that user cannot reach them, and lays the links npm did not",
    async () => {
      const closed = mkdtempSync(join("/root", "firebreak-test-"));
      try {
        chmodSync(closed, 0o700);
        const hidden = copyNative(join(closed, "package"));
        const cacheDir = join(makeReadableDir(), "postgresql-test");
        const first = await start(makeHome(), { nativeDir: hidden, cacheDir });
        expect(await ask(first.connection, "select 1")).toEqual([[1]]);
        const copiedAt = statSync(join(cacheDir, "native")).ctimeMs;
        await start(makeHome(), { nativeDir: hidden, cacheDir });
        expect(statSync(join(cacheDir, "native")).ctimeMs).toBe(copiedAt);
      } finally {
        rmSync(closed, { recursive: true, force: true });
      }
    },
  );

  test.runIf(isRoot)("runs from a copy when the links are missing and the package is read-only", async () => {
    const directory = makeReadableDir();
    const native = copyNative(join(directory, "package"));
    mount(["--bind", join(directory, "package")], join(directory, "package"));
    mount(["-o", "remount,bind,ro"], join(directory, "package"));
    const { connection } = await start(makeHome(), {
      nativeDir: native,
      cacheDir: join(directory, "cache", "postgresql-test"),
    });
    expect(await ask(connection, "select 1")).toEqual([[1]]);
  });

  test.runIf(isRoot)("refuses a copy of the programs that others may write to", async () => {
    const closed = mkdtempSync(join("/root", "firebreak-test-"));
    try {
      chmodSync(closed, 0o700);
      const cacheDir = join(makeReadableDir(), "postgresql-test");
      mkdirSync(join(cacheDir, "native", "bin"), { recursive: true });
      chmodSync(cacheDir, 0o777);
      const error = await catchOperatorError(start(makeHome(), { nativeDir: copyNative(join(closed, "p")), cacheDir }));
      expect(error.message).toContain("not safe to run");
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  });
});

test.runIf(isRoot)("an ordinary user runs it as itself (root is needed to become one)", async () => {
  const directory = makeReadableDir();
  const home = join(directory, "home");
  mkdirSync(home);
  chownSync(home, 65_534, 65_534);
  const { pid, connection } = await startProgram(home, 0, { uid: 65_534, gid: 65_534, programDir: directory });
  expect(statSync(`/proc/${pid}`).uid).toBe(65_534);
  expect(await ask(connection, "select 1")).toEqual([[1]]);
});

test("the programs' links are laid in place where npm's install scripts were off", async () => {
  const native = copyNative(join(makeReadableDir(), "package"));
  const { connection } = await start(makeHome(), { nativeDir: native, cacheDir: join(place, "unused") });
  expect(await ask(connection, "select 1")).toEqual([[1]]);
  expect(existsSync(join(place, "unused"))).toBe(false);
});

test("the user that runs the database: owner of the data, else postgres, else nobody, else 65534; itself when not root", () => {
  const passwd = join(place, "passwd");
  writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\npostgres:x:70:71::/:/bin/false\n");
  expect(chooseRunAs("/nowhere", 1000, passwd)).toBeUndefined();
  expect(chooseRunAs("/nowhere", 0, passwd)).toEqual({ uid: 70, gid: 71 });
  writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\n");
  expect(chooseRunAs("/nowhere", 0, passwd)).toEqual({ uid: 99, gid: 98 });
  expect(chooseRunAs("/nowhere", 0, "/no/passwd")).toEqual({ uid: 65_534, gid: 65_534 });
});

/** The package as npm leaves it with install scripts off: no links. */
function copyNative(to: string): string {
  cpSync(join(nativeDir, "..", "package.json"), join(to, "package.json"));
  cpSync(nativeDir, join(to, "native"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\.so(\.\d+)?$/.test(path) || !isLaidLink(path),
  });
  return join(to, "native");
}

function isLaidLink(path: string): boolean {
  const list = z
    .array(z.object({ target: z.string() }))
    .parse(JSON.parse(readFileSync(join(nativeDir, "pg-symlinks.json"), "utf8")));
  return list.some(({ target }) => join(nativeDir, "..", target) === path);
}

function makeReadableDir(): string {
  const directory = mkdtempSync(join(tmpdir(), "firebreak-embedded-"));
  chmodSync(directory, 0o755);
  cleanUp.push(directory);
  return directory;
}
const cleanUp: string[] = [];
afterAll(() => {
  for (const directory of cleanUp) rmSync(directory, { recursive: true, force: true });
});
