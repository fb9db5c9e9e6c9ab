import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { describeEffectorContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";

const FAKES = join(import.meta.dirname, "../../../../../../test/fakes");

const stateOf = z.looseObject({
  log: z.array(z.array(z.string())),
  failAt: z.number().nullable(),
  failFrom: z.number().nullable(),
});

/** A program in a directory of its own that answers as the fake of that name does, and its state. */
function installFake(home: string, name: "systemctl" | "launchctl", things: Readonly<Record<string, unknown>>) {
  const file = join(home, `${name}.json`);
  const path = join(home, name);
  const write = (state: unknown) => writeFileSync(file, JSON.stringify(state));
  const read = () => stateOf.parse(JSON.parse(readFileSync(file, "utf8")));
  write({ log: [], failAt: null, failFrom: null, ...things });
  const program = join(FAKES, `${name}.mjs`);
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${file}' "$@"\n`, { mode: 0o755 });
  return {
    path,
    read,
    breakAt: (at: number, which: "one" | "rest") => {
      const state = read();
      const from = state.log.length + at;
      write({ ...state, failAt: from, failFrom: which === "rest" ? from : null });
    },
    heal: () => write({ ...read(), failAt: null, failFrom: null }),
  };
}

function worldOf(
  name: "systemctl" | "launchctl",
  things: Readonly<Record<string, unknown>>,
  parameters: Readonly<Record<string, unknown>>,
) {
  return async (home: string): Promise<EffectorWorld> => {
    const fake = installFake(home, name, things);
    return {
      settings: name === "systemctl" ? { systemd: { systemctl: fake.path } } : { launchd: { launchctl: fake.path } },
      parameters,
      look: async () => ({ ...fake.read(), log: null, failAt: null, failFrom: null }),
      operations: () => fake.read().log.length,
      breakAt: fake.breakAt,
      heal: fake.heal,
      close: async () => {},
    };
  };
}

const units = {
  units: { "openclaw.service": { active: true, masked: false }, "idle.service": { active: false, masked: false } },
};
const jobs = {
  jobs: {
    "gui/501/com.example.agent": { loaded: true, disabled: false, plist: "/Users/a/Library/LaunchAgents/a.plist" },
  },
};

describeEffectorContract("systemd.stop", { open: worldOf("systemctl", units, { unit: "openclaw.service" }) });
describeEffectorContract("launchd.stop", { open: worldOf("launchctl", jobs, { job: "gui/501/com.example.agent" }) });

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-service-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("systemd.stop", () => {
  const install = () => {
    const fake = installFake(home, "systemctl", units);
    return { fake, stop: effectorOf("systemd.stop", { systemd: { systemctl: fake.path } }) };
  };

  test("C-3: masks before it stops, and unmasks before it starts again", async () => {
    const { fake, stop } = install();
    const ctx = effectorContextFor(home);
    await stop.apply(ctx, { unit: "openclaw.service" });
    await stop.undo(ctx, { unit: "openclaw.service" }, {});
    expect(fake.read().log).toEqual([
      ["mask", "--runtime", "openclaw.service"],
      ["stop", "openclaw.service"],
      ["unmask", "--runtime", "openclaw.service"],
      ["start", "openclaw.service"],
    ]);
  });

  test("C-3: a unit that did not run is kept down, and not started by undo", async () => {
    const { fake, stop } = install();
    const ctx = effectorContextFor(home);
    expect(await stop.apply(ctx, { unit: "idle.service" })).toMatchObject({ ok: true });
    expect(await stop.undo(ctx, { unit: "idle.service" }, {})).toMatchObject({ ok: true });
    expect(fake.read().log.map(([verb]) => verb)).not.toContain("start");
  });

  test("C-3: a unit that is not there is not stopped", async () => {
    const { fake, stop } = install();
    const outcome = await stop.apply(effectorContextFor(home), { unit: "nobody.service" });
    expect(outcome).toMatchObject({ ok: false, reason: "not_found" });
    expect(fake.read().log).toEqual([]);
  });

  test.each([
    "ssh.service",
    "sshd.service",
    "systemd-journald.service",
    "dbus.service",
    "user@1000.service",
    "firebreak.service",
  ])("C-6: %s, by which operators reach the machine, is never stopped", async (unit) => {
    const { fake, stop } = install();
    expect(await stop.apply(effectorContextFor(home), { unit })).toMatchObject({ ok: false, reason: "denied" });
    expect(fake.read().log).toEqual([]);
  });

  test.each(["--now", "a b.service", "a.service b.service", "../x.service", "a.service\n", "*.service", "", "a"])(
    "C-3: %j is no unit",
    async (unit) => {
      const { fake, stop } = install();
      await expect(stop.apply(effectorContextFor(home), { unit })).rejects.toThrow("unit");
      expect(fake.read().log).toEqual([]);
    },
  );
});

describe("launchd.stop", () => {
  test("C-3: the commands are those of launchctl(1), in this order", async () => {
    const fake = installFake(home, "launchctl", jobs);
    const stop = effectorOf("launchd.stop", { launchd: { launchctl: fake.path } });
    const job = "gui/501/com.example.agent";
    await stop.apply(effectorContextFor(home), { job });
    await stop.undo(effectorContextFor(home), { job }, {});
    expect(fake.read().log).toEqual([
      ["disable", job],
      ["bootout", job],
      ["enable", job],
      ["bootstrap", "gui/501", "/Users/a/Library/LaunchAgents/a.plist"],
    ]);
  });

  test("C-6: what Apple and sshd need is never stopped", async () => {
    const fake = installFake(home, "launchctl", jobs);
    const stop = effectorOf("launchd.stop", { launchd: { launchctl: fake.path } });
    for (const job of ["system/com.openssh.sshd", "system/com.apple.WindowServer"]) {
      expect(await stop.apply(effectorContextFor(home), { job })).toMatchObject({ ok: false, reason: "denied" });
    }
  });
});

test("C-3: a machine without the service manager says so, with the remedy", async () => {
  const stop = effectorOf("systemd.stop", { systemd: { systemctl: "/nowhere/systemctl" } });
  expect(await stop.checkNeeds()).toMatchObject([{ what: expect.stringContaining("/nowhere/systemctl") }]);
  const outcome = await stop.apply(effectorContextFor(home), { unit: "openclaw.service" });
  expect(outcome).toMatchObject({ ok: false, reason: "unavailable" });
});
