import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");

function checkBoundaries(...roots: string[]) {
  const result = spawnSync(process.execPath, ["scripts/boundaries.mjs", ...roots], {
    cwd: repository,
    encoding: "utf8",
  });
  return { status: result.status, violations: result.stderr.trim().split("\n"), summary: result.stdout };
}

test("the boundary check fails on a tree with known violations and names each", () => {
  const canary = checkBoundaries("test/boundaries-canary");
  expect(canary.status).toBe(1);
  expect(canary.violations.map((line) => line.split(": ").slice(0, 3).join(": "))).toEqual([
    "packages/server/src/api/index.ts: ../storage/index.ts: room api may not import room storage",
    "packages/server/src/api/index.ts: ../storage/index.ts: room api may not import room storage",
    "packages/server/src/audit/index.ts: ../storage/inner.ts: import storage/index.ts instead of an inner file",
    "packages/server/src/audit/index.ts: @firebreak/console: package server may not import console",
    "packages/server/src/killswitch/index.ts: ../storage/index.ts: room killswitch may not import room storage",
  ]);
});

test("the boundary check passes on the project and saw its modules", () => {
  const project = checkBoundaries();
  expect(project.violations).toEqual([""]);
  expect(project.status).toBe(0);
  expect(Number(/(\d+) modules/.exec(project.summary)?.[1])).toBeGreaterThan(60);
});
