import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSpool } from "./spool.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-spool-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const event = { agent: { id: "scout" }, kind: "lifecycle", data: { event: "frozen" } } as const;

test("D-3: what comes after the end is dropped, and goes into no other file that has the number by then", () => {
  const spool = openSpool(join(home, "spool"));
  expect(spool.push(event)).toBe(true);
  const batch = spool.peek();
  expect(batch?.lines).toBe(1);
  spool.close();
  const other = openSync(join(home, "other"), "w");
  expect(spool.push(event)).toBe(false);
  expect(spool.peek()).toBeNull();
  spool.close();
  closeSync(other);
  expect(spool.dropped).toBe(1);
  expect(readFileSync(join(home, "other"), "utf8")).toBe("");
  expect(readFileSync(join(home, "spool"), "utf8")).toContain("frozen");
});
