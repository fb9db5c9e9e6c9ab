import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeEffectorContract, effectorContextFor, effectorSettingsOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { maintenanceLock } from "./maintenance-lock.ts";

async function openWorld(home: string): Promise<EffectorWorld> {
  const file = join(home, "locks/deploys.lock");
  const dir = join(home, "locks");
  return {
    settings: {},
    parameters: { lock: "deploys", reason: "a leak is looked into" },
    look: async () => (existsSync(file) ? readFileSync(file, "utf8").replace(/"since":"[^"]*"/, "") : "absent"),
    operations: () => (existsSync(file) ? 1 : 0),
    // the only thing it does is one link in that directory
    breakAt: () => writeFileSync(dir, "in the way"),
    heal: () => rmSync(dir),
    close: async () => {},
  };
}

describeEffectorContract("maintenance.lock", { open: openWorld });

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-lock-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const inHome = maintenanceLock({ directories: [] });
const locksOf = () => readdirSync(join(home, "locks"));

describe("maintenance.lock", () => {
  test("C-3: says who, why and until when", async () => {
    const ctx = effectorContextFor(home, { expiresAt: Date.parse("2026-03-01T12:00:00Z") });
    await inHome.apply(ctx, { lock: "deploys", reason: "a leak" });
    const lock: unknown = JSON.parse(readFileSync(join(home, "locks/deploys.lock"), "utf8"));
    expect(lock).toMatchObject({ by: "person ada", reason: "a leak", until: "2026-03-01T12:00:00.000Z" });
    expect(locksOf()).toEqual(["deploys.lock"]);
  });

  test("C-3: another's lock is neither taken over nor removed", async () => {
    const [mine, yours] = ["run_mine", "run_yours"].map((runId) => effectorContextFor(home, { runId }));
    await inHome.apply(mine ?? effectorContextFor(home), { lock: "deploys" });
    const second = await inHome.apply(yours ?? effectorContextFor(home), { lock: "deploys" });
    expect(second).toMatchObject({ ok: false, reason: "conflict" });
    expect(await inHome.undo(yours ?? effectorContextFor(home), { lock: "deploys" }, {})).toMatchObject({ ok: true });
    expect(locksOf()).toEqual(["deploys.lock"]);
  });

  test.each(["file", "symlink", "directory"])("C-3: a foreign %s of that name stays as it is", async (kind) => {
    mkdirSync(join(home, "locks"));
    const path = join(home, "locks/deploys.lock");
    if (kind === "file") writeFileSync(path, "pid 4711");
    if (kind === "symlink") symlinkSync("/etc/passwd", path);
    if (kind === "directory") mkdirSync(path);
    const ctx = effectorContextFor(home);
    expect(await inHome.apply(ctx, { lock: "deploys" })).toMatchObject({ ok: false, reason: "conflict" });
    expect(await inHome.undo(ctx, { lock: "deploys" }, {})).toMatchObject({ ok: true });
    expect(locksOf()).toEqual(["deploys.lock"]);
  });

  test.each(["/etc/cron.d/x", "../../x", "a/b", "/srv/locks/../../etc/x", ""])(
    "C-3: %j is no place for a lock",
    async (lock) => {
      const effector = maintenanceLock({ directories: [home] });
      const refused = await effector.apply(effectorContextFor(home), { lock }).catch(() => ({ ok: false }));
      expect(refused).toMatchObject({ ok: false });
      expect(existsSync(join(home, "locks"))).toBe(false);
    },
  );

  test("C-3: a directory of the profile is needed, and is named with the remedy when it is missing", async () => {
    const shared = join(home, "shared");
    const effector = maintenanceLock(
      effectorSettingsOf({ maintenanceLocks: { directories: [shared] } }).maintenanceLocks,
    );
    expect(await effector.checkNeeds()).toMatchObject([{ what: expect.stringContaining(shared) }]);
    const ctx = effectorContextFor(home);
    const lock = join(shared, "deploys.lock");
    expect(await effector.apply(ctx, { lock })).toMatchObject({ ok: false, reason: "unavailable" });
    expect((await effector.preview(ctx, { lock })).obstacles.join()).toContain("make the directory");
    mkdirSync(shared);
    expect(await effector.apply(ctx, { lock })).toMatchObject({ ok: true });
    expect(existsSync(lock)).toBe(true);
  });
});
