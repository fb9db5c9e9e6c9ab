import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";

let dir: string;
let home: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fb-files-"));
  home = join(dir, "home");
  mkdirSync(home);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const ask = (name: string, parameters: unknown, changes = {}) =>
  effectorOf(name, {}).apply(effectorContextFor(home, changes), parameters);

for (const name of ["check.file", "check.disk"])
  describeProbeContract(
    name,
    async (own) => {
      mkdirSync(`${own}-data`);
      writeFileSync(`${own}-data/one`, "x");
      const path = name === "check.file" ? `${own}-data/one` : `${own}-data`;
      const close = async () => rmSync(`${own}-data`, { recursive: true });
      return { settings: {}, parameters: { path }, look: async () => null, close };
    },
    ({ exists, bytes, sha256, largest }) => [exists, bytes, sha256, largest],
  );

describe("check.file", () => {
  test("C-3: tells size, age and SHA-256, and what is not there", async () => {
    const path = join(dir, "backup.tar");
    writeFileSync(path, "x".repeat(300_000));
    utimesSync(path, new Date(), new Date(Date.now() - 5 * 3_600_000));
    const { output } = await ask("check.file", { path });
    const sha256 = createHash("sha256").update("x".repeat(300_000)).digest("hex");
    expect(output).toMatchObject({ exists: true, kind: "file", bytes: 300_000, sha256 });
    expect(output?.["ageHours"]).toBeCloseTo(5, 1);
    expect(await ask("check.file", { path: join(dir, "none/at/all") })).toMatchObject({
      ok: true,
      output: { exists: false, bytes: null, ageHours: null, sha256: "" },
    });
    expect(await ask("check.file", { path: dir })).toMatchObject({ ok: true, output: { exists: true, kind: "other" } });
  });

  test("C-3: says nothing of files that hold secrets", async () => {
    writeFileSync(join(home, "secret"), "x");
    symlinkSync(join(home, "secret"), join(dir, "link"));
    expect(await ask("check.file", { path: join(dir, "link") })).toMatchObject({ ok: false, reason: "denied" });
  });
});

describe("check.disk", () => {
  test("C-3: names the twenty largest files, follows no link, and says what is free", async () => {
    const data = join(dir, "data");
    mkdirSync(join(data, "deep/er"), { recursive: true });
    for (let size = 1; size <= 30; size++)
      writeFileSync(join(data, size % 2 ? "deep/er" : "", `f${size}`), "x".repeat(size));
    symlinkSync("/usr", join(data, "usr"));
    symlinkSync("..", join(data, "loop"));
    const { output } = await ask("check.disk", { path: data });
    const sizes = Array.from({ length: 20 }, (_, index) => ({ bytes: 30 - index }));
    expect(output).toMatchObject({
      complete: true,
      percent: expect.any(Number),
      freeGb: expect.any(Number),
      largest: sizes,
    });
  });

  test("C-3: of a folder that is not there nothing is found out, and a search cut short says so", async () => {
    expect(await ask("check.disk", { path: join(dir, "none") })).toMatchObject({ ok: false, reason: "not_found" });
    const cut = await ask("check.disk", { path: dir }, { signal: AbortSignal.abort() });
    expect(cut).toMatchObject({ ok: true, output: { complete: false } });
  });
});
