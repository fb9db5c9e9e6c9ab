import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-cut-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("C-3: an agent's network is cut in the real packet filter, nobody else's, twice is once, and undone without a record", () => {
  const entry = join(import.meta.dirname, "../../../../../test/agents/cut-network.ts");
  const program = bundleEntry(entry, join(home, "cut-network.mjs"));
  const ran = spawnSync("unshare", ["--net", process.execPath, program, join(home, "home")], { encoding: "utf8" });
  expect(ran.stderr).toBe("");
  expect(JSON.parse(ran.stdout)).toMatchObject({
    applied: { ok: true, message: "1 session(s) cut off from every network" },
    whileCut: 0,
    others: "hello",
    again: { ok: true },
    undone: { ok: true },
    unverified: { ok: false, reason: "unverified" },
  });
});
