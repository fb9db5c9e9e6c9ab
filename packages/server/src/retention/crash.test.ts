import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { checkLog } from "../audit/index.ts";
import { runRetention } from "./index.ts";
import { openRetentionRoom } from "./testing.ts";

const place = mkdtempSync(path.join(tmpdir(), "firebreak-passes-"));
const bundle = (name: string) =>
  bundleEntry(path.join(import.meta.dirname, "test-programs", `${name}.ts`), path.join(place, `${name}.mjs`));
const program = bundle("run-passes");
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(place, { recursive: true });
});

/** @returns the exit code; null when it was killed first */
async function runFor(args: readonly string[], killAfterMs: number | null): Promise<number | null> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  if (killAfterMs !== null) {
    await Promise.race([wait(killAfterMs), exited]);
    child.kill("SIGKILL");
  }
  const [code] = await exited;
  children.delete(child);
  return code;
}

test(
  "O-6: kill -9 at any moment of a pass loses no row, keeps none twice, and leaves nothing behind",
  { timeout: 120_000 },
  async () => {
    const room = await openRetentionRoom();
    const EVENTS = 900;
    await room.sendEvents(EVENTS, 100);
    const args = [room.test.databaseUrl, room.home, String(room.clock.now())];
    const codes: (number | null)[] = [];
    for (let round = 0; round < 6; round++) codes.push(await runFor(args, 15 + ((round * 67) % 240)));
    expect(codes).toContain(null);
    expect(await runFor(args, null)).toBe(0);
    const { rows } = await sql<{ kept: string; archived: string }>`select (select count(*) from events) as kept,
    (select coalesce(sum(row_count), 0) from archive_segments) as archived`.execute(room.database.kysely);
    expect(rows).toEqual([{ kept: "0", archived: String(EVENTS) }]);
    const files = readdirSync(path.join(room.home, "archive"), { recursive: true, encoding: "utf8" });
    const segments = await room.database.kysely.selectFrom("archive_segments").select("id").execute();
    expect(files.filter((file) => file.endsWith(".ndjson.gz"))).toHaveLength(segments.length);
    expect(files.filter((file) => file.endsWith(".manifest"))).toHaveLength(segments.length);
    expect(files.filter((file) => file.endsWith(".tmp"))).toEqual([]);
    expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
    expect((await runRetention(room)).report).toMatchObject({ archived: 0, problems: [] });
    await room.close();
  },
);

test("O-6: on a full disk nothing is dropped, and the reason is told (needs root or user namespaces)", async () => {
  const room = await openRetentionRoom();
  await room.sendEvents(200, 100, { data: { command: randomBytes(2_000).toString("hex") } });
  const mount = path.join(room.home, "disk");
  mkdirSync(mount);
  const script = 'mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"';
  const args = [
    process.execPath,
    bundle("fill-disk"),
    room.test.databaseUrl,
    room.home,
    mount,
    String(room.clock.now()),
  ];
  const result = spawnSync(
    "/usr/bin/unshare",
    // root of a user namespace would not be let into the socket of a database that another user runs
    [
      ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
      "--mount",
      "/bin/sh",
      "-c",
      script,
      "sh",
      mount,
      ...args,
    ],
    { encoding: "utf8" },
  );
  expect(result.stderr).toBe("");
  expect(JSON.parse(result.stdout)).toEqual({
    full: {
      archived: 0,
      failures: ["could not archive events: the disk is full; nothing was dropped"],
      left: 200,
    },
    free: { archived: 200, failures: [], left: 0 },
  });
  await room.close();
});
