import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");
const lock: { packages: Record<string, { dev?: boolean; engines?: { node?: string }; resolved?: string }> } =
  JSON.parse(readFileSync(path.join(repository, "package-lock.json"), "utf8"));
const FLOOR = [20, 19, 0];

/** Whether one comparator such as `>=18.0.0`, `^20.0.0` or `20` admits the floor. */
function admitsFloor(range: string): boolean {
  return range.split("||").some((alternative) => {
    const [, operator = "", ...numbers] = /([<>=^~]*)\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(alternative.trim()) ?? [];
    const wanted = numbers.map((text) => Number(text ?? 0));
    const atLeast = compare(FLOOR, wanted) >= 0;
    return operator.startsWith(">") || operator === "" || alternative.trim() === "*"
      ? atLeast
      : atLeast && wanted[0] === FLOOR[0];
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}

/** Frameworks that the adapters are tried with; nobody who installs Firebreak gets them. Their tests run on the floor too. */
const TRIED_ON_THE_FLOOR = /^node_modules\/(?:ai|openai|@ai-sdk\/[\w-]+)$/;

test("every package in the lock file runs on the oldest Node.js that we promise", () => {
  const tooNew = Object.entries(lock.packages)
    .filter(([, entry]) => entry.engines?.node !== undefined && !admitsFloor(entry.engines.node))
    .filter(([name, entry]) => !(entry.dev === true && TRIED_ON_THE_FLOOR.test(name)))
    .map(([name, entry]) => `${name} needs ${entry.engines?.node}`);
  expect(tooNew).toEqual([]);
});

test("the lock file names no registry and lacks no platform", () => {
  const withAddress = Object.values(lock.packages).filter((entry) => entry.resolved?.startsWith("http") === true);
  expect(withAddress).toEqual([]);
  const check = spawnSync(process.execPath, ["scripts/complete-lock.mjs", "--check"], {
    cwd: repository,
    encoding: "utf8",
  });
  expect(check.stderr).toBe("");
  expect(check.status).toBe(0);
});
