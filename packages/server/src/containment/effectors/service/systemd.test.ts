import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../../../../test/agents/process-trees.ts";
import { startUserSystemd } from "../../../../../../test/agents/user-systemd.ts";
import type { UserSystemd } from "../../../../../../test/agents/user-systemd.ts";
import { effectorContextFor, effectorOf } from "../testing.ts";

const isRoot = process.getuid?.() === 0;
const UNIT = { unit: "agent.service" };
/** Where an administrator's units are, as /etc/systemd/system; and those of packages, as /usr/lib/systemd/system. */
const ADMINISTRATORS = ".config/systemd/user";
const PACKAGES = ".local/share/systemd/user";

/** An agent that leaves a mark every few milliseconds for as long as it runs. */
const TICK = 'while :; do echo >>"$XDG_RUNTIME_DIR/ticks"; sleep 0.02; done';
const AGENT = `[Service]\nExecStart=/bin/sh -c '${TICK}'\nRestart=always\nRestartSec=100ms\n`;

/** Needs root: systemd is started as another user, in cgroups that are delegated to it. */
describe.skipIf(!isRoot || !existsSync("/lib/systemd/systemd"))("systemd.stop against a real systemd", () => {
  let home = "";
  let systemd: UserSystemd;
  let systemctl = "";

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "fb-systemd-"));
    systemd = await startUserSystemd();
    systemctl = join(home, "systemctl");
    const who = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    const where = `env XDG_RUNTIME_DIR='${systemd.runtimeDir}'`;
    writeFileSync(systemctl, `#!/bin/sh\nexec ${who} ${where} /usr/bin/systemctl "$@"\n`);
    chmodSync(systemctl, 0o755);
    define(UNIT.unit, AGENT);
    ask("daemon-reload");
  });
  afterEach(async () => {
    await systemd.end();
    rmSync(home, { recursive: true, force: true });
  });

  const ticks = () => statSync(join(systemd.runtimeDir, "ticks"), { throwIfNoEntry: false })?.size ?? 0;
  const isTicking = async () => {
    const before = ticks();
    await until("it ticks", () => ticks() > before);
  };
  function define(name: string, text: string, place = ADMINISTRATORS): void {
    const units = join(systemd.runtimeDir, place);
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, name), text);
  }
  const ask = (...words: readonly string[]) => {
    const run = spawnSync(systemctl, ["--user", ...words], { encoding: "utf8" });
    return { code: run.status, text: `${run.stdout}${run.stderr}` };
  };
  const stop = () => effectorOf("systemd.stop", { systemd: { systemctl, scope: "user" } });

  test.each([
    ["an administrator's unit", ADMINISTRATORS],
    ["a package's unit", PACKAGES],
  ])("C-3: %s that systemd would restart stays down, twice is once, and undo brings it back", async (_, place) => {
    rmSync(join(systemd.runtimeDir, ADMINISTRATORS), { recursive: true });
    define(UNIT.unit, AGENT, place);
    ask("daemon-reload");
    expect(ask("start", UNIT.unit)).toMatchObject({ code: 0 });
    await isTicking();
    const ctx = effectorContextFor(home);
    expect(await stop().checkNeeds()).toEqual([]);
    expect(await stop().preview(ctx, UNIT)).toMatchObject({ changes: [{}, {}] });
    await isTicking();

    expect(await stop().apply(ctx, UNIT)).toMatchObject({ ok: true });
    expect(await stop().apply(ctx, UNIT)).toMatchObject({ ok: true });
    const stopped = ticks();
    expect(ask("start", UNIT.unit)).toMatchObject({ text: expect.stringContaining("masked") });
    expect(ask("show", "--property=ActiveState,LoadState", UNIT.unit).text).toBe(
      "LoadState=masked\nActiveState=inactive\n",
    );
    expect(ticks()).toBe(stopped);

    expect(await stop().undo(ctx, UNIT, {})).toMatchObject({ ok: true });
    expect(await stop().undo(ctx, UNIT, {})).toMatchObject({ ok: true });
    await isTicking();
  });

  test("C-3: neither a timer nor another unit starts it while it is stopped", async () => {
    define("agent.timer", "[Timer]\nOnActiveSec=50ms\nOnUnitInactiveSec=50ms\nAccuracySec=1ms\n");
    define(
      "other.service",
      "[Unit]\nRequires=agent.service\nAfter=agent.service\n[Service]\nExecStart=/bin/sleep 60\n",
    );
    ask("daemon-reload");
    const ctx = effectorContextFor(home);
    expect(ask("start", "agent.timer")).toMatchObject({ code: 0 });
    await isTicking();
    expect(await stop().apply(ctx, UNIT)).toMatchObject({ ok: true });
    const stopped = ticks();
    expect(ask("start", "other.service").code).not.toBe(0);
    await until("the timer failed to start it", () => /failed/.test(ask("is-active", "agent.timer").text));
    expect(await stop().verify(ctx, UNIT, {})).toMatchObject({ ok: true });
    expect(ticks()).toBe(stopped);
  });

  test("C-3: one that somebody brings back is seen by verify", async () => {
    const ctx = effectorContextFor(home);
    ask("start", UNIT.unit);
    await isTicking();
    await stop().apply(ctx, UNIT);
    rmSync(join(systemd.runtimeDir, "systemd/user.control", UNIT.unit));
    ask("daemon-reload");
    ask("start", UNIT.unit);
    await isTicking();
    expect(await stop().verify(ctx, UNIT, {})).toMatchObject({ ok: false, reason: "unverified" });
    expect(await stop().apply(ctx, UNIT)).toMatchObject({ ok: true });
  });

  test("C-3: a unit that is not there is not stopped", async () => {
    const outcome = await stop().apply(effectorContextFor(home), { unit: "nobody.service" });
    expect(outcome).toMatchObject({ ok: false, reason: "not_found" });
  });
});
