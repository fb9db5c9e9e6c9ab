import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeEffectorContract, effectorContextFor } from "../effectors/testing.ts";
import type { EffectorWorld } from "../effectors/testing.ts";
import { fileQuarantine } from "./file-quarantine.ts";

async function openWorld(home: string): Promise<EffectorWorld> {
  const folder = mkdtempSync(join(tmpdir(), "fb-folder-of-agent-"));
  const file = join(folder, "payload.py");
  writeFileSync(file, "import os");
  chmodSync(file, 0o751);
  const inTheWay = join(home, "quarantine");
  return {
    settings: {},
    parameters: { path: file, reason: "it sends files away" },
    look: async () =>
      existsSync(file) ? [readFileSync(file, "utf8"), statSync(file).mode, statSync(file).uid] : "absent",
    // it moves one thing once
    operations: () => (existsSync(file) ? 0 : 1),
    breakAt: () => writeFileSync(inTheWay, "in the way"),
    heal: () => rmSync(inTheWay),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeEffectorContract("file.quarantine", { open: openWorld });

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-file-"));
  mkdirSync(join(dir, "home"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("file.quarantine", () => {
  const apply = (path: string, changes = {}) =>
    fileQuarantine.apply(effectorContextFor(join(dir, "home"), changes), { path, reason: "looks wrong" });

  test("C-5: a file that comes back is taken out again, and the first one goes back", async () => {
    const file = join(dir, "a.sh");
    writeFileSync(file, "first");
    expect(await apply(file)).toMatchObject({ ok: true, output: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    writeFileSync(file, "second");
    expect(await apply(file, { repeats: true })).toMatchObject({ ok: true });
    expect(existsSync(file)).toBe(false);
    const ctx = effectorContextFor(join(dir, "home"));
    expect(await fileQuarantine.undo(ctx, { path: file, reason: "looks wrong" }, {})).toMatchObject({ ok: true });
    expect(readFileSync(file, "utf8")).toBe("first");
  });

  test("C-5: what lies in its place by then is not written over", async () => {
    const file = join(dir, "a.sh");
    writeFileSync(file, "first");
    await apply(file);
    writeFileSync(file, "another");
    const ctx = effectorContextFor(join(dir, "home"));
    expect(await fileQuarantine.undo(ctx, { path: file, reason: "looks wrong" }, {})).toMatchObject({ ok: false });
    expect(readFileSync(file, "utf8")).toBe("another");
  });

  test("C-5: takes no folder, no link, nothing of the system and nothing of Firebreak", async () => {
    mkdirSync(join(dir, "folder"));
    symlinkSync("/etc/passwd", join(dir, "link"));
    symlinkSync("/usr", join(dir, "usr"));
    for (const [path, reason] of [
      [join(dir, "folder"), "conflict"],
      [join(dir, "link"), "conflict"],
      [join(dir, "missing"), "not_found"],
      [join(dir, "none/x"), "not_found"],
      [join(dir, "usr/bin/env"), "denied"],
      ["/bin/sh", "denied"],
      ["/etc/passwd", "denied"],
      ["/etc/ssh/sshd_config", "denied"],
      ["/proc/1/environ", "denied"],
    ] as const)
      expect(await apply(path), path).toMatchObject({ ok: false, reason });
    const own = join(dir, "home/secrets");
    writeFileSync(own, "x");
    expect(await apply(own)).toMatchObject({ ok: false, reason: "denied" });
  });
});
