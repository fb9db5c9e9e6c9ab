import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");

function checkWrites(...roots: string[]) {
  const result = spawnSync(process.execPath, ["scripts/audited.mjs", ...roots], { cwd: repository, encoding: "utf8" });
  return { status: result.status, violations: result.stderr.trim().split("\n"), summary: result.stdout };
}

test("E-4: the check for audit rows fails on a tree with known violations and names each", () => {
  const canary = checkWrites("test/audited-canary");
  expect(canary.status).toBe(1);
  expect(canary.violations.map((line) => /: (.*)$/.exec(line)?.[1])).toEqual([
    "tellsNobody writes to widgets, and no audit row is recorded with it",
    "tellsInSql writes to widgets, and no audit row is recorded with it",
    "outsideOfATransaction writes to widgets outside a transaction",
    "toldByOneCaller writes to widgets, and no audit row is recorded with it (called by rooms/widgets.ts silentCaller)",
    "Keeper.#write writes to widgets, and no audit row is recorded with it (called by rooms/widgets.ts Keeper.change)",
  ]);
});

test("E-4: no change of state is without its audit row", () => {
  const project = checkWrites();
  expect(project.violations).toEqual([""]);
  expect(project.status).toBe(0);
  expect(Number(/(\d+) writes/.exec(project.summary)?.[1])).toBeGreaterThan(80);
});
