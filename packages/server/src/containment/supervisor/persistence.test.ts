import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { comparePersistence, readPersistence } from "./persistence.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-persistence-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Programs that print what crontab(1) and atq(1) print. */
function jobPrograms(crontab: string | null, atq: string) {
  const write = (name: string, text: string) => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(dir, name);
  };
  const list = (text: string) => `cat <<'E'\n${text}\nE`;
  const none = 'echo "no crontab for ada" >&2; exit 1';
  return { crontab: write("crontab", crontab === null ? none : list(crontab)), atq: write("atq", list(atq)) };
}

test("C-2: a job that an agent leaves for cron, at or its user's systemd is told, and one that was done is not", async () => {
  const env = { HOME: join(dir, "home"), XDG_RUNTIME_DIR: join(dir, "run") };
  const early = "3\tSat Nov 28 12:00:00 2026 a ada";
  const before = await readPersistence(env, jobPrograms(null, `${early}\n4\tSun Nov 29 01:00:00 2026 a ada`));
  const units = join(dir, "run/systemd/transient");
  mkdirSync(units, { recursive: true });
  for (const unit of ["run-u1.timer", "app-firebreak.scope"]) writeFileSync(join(units, unit), "[Unit]\n");
  const atq = `3\tSat Nov 28 12:00:00 2026 = ada\n5\tMon Nov 30 12:00:00 2026 a ada\nno job`;
  const after = await readPersistence(env, jobPrograms("@reboot /tmp/x", atq));
  expect(comparePersistence(before, after).filter(({ change }) => change !== "removed")).toEqual([
    { place: join(units, "run-u1.timer"), change: "added" },
    { place: "job 5 of at", change: "added" },
    { place: "the user's crontab", change: "changed" },
  ]);
});

test("a program that says nothing, or is not there, is no job", async () => {
  const programs = { crontab: join(dir, "none"), atq: join(dir, "none") };
  expect([...(await readPersistence({}, programs)).keys()].filter((place) => /job|user's crontab/.test(place))).toEqual(
    [],
  );
});
