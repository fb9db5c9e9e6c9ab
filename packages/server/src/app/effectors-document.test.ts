import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Effector } from "../containment/index.ts";
import { loadShippedProfile } from "../incidents/testing.ts";
import { DEFAULT_REDACTION, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createEffectors } from "./effectors.ts";

let storage: TestDatabase;
let effectors: readonly Effector[];
beforeAll(async () => {
  storage = await createTestDatabase();
  const unused = () => {
    throw new Error("nothing acts here");
  };
  const made = createEffectors({
    database: storage.database,
    clock: systemClock,
    config: { databaseUrl: undefined, publicUrl: undefined, sandbox: undefined },
    profile: await loadShippedProfile(),
    profilesDir: "/nonexistent",
    readSecret: async () => undefined,
    redactor: createRedactor(DEFAULT_REDACTION),
    notifyAs: unused,
    enforce: unused,
    recordStop: unused,
  });
  effectors = [...made.values()].filter(({ name }) => !name.startsWith("hook."));
});
afterAll(() => storage.close());

const shape = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});
const choice = z.looseObject({ anyOf: z.array(shape).optional(), oneOf: z.array(shape).optional() });

/** @returns `url, method?`, as the document writes them; of a choice of shapes, those of all */
function parametersOf({ parameters }: Effector): string {
  const json = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  const { anyOf, oneOf } = choice.parse(json);
  const shapes = anyOf ?? oneOf ?? [shape.parse(json)];
  const names = new Set(shapes.flatMap(({ properties }) => Object.keys(properties)));
  return [...names]
    .map((name) => (shapes.every(({ required }) => required.includes(name)) ? name : `${name}?`))
    .join(", ");
}

/** @returns the cells of each row of the document's tables, by the effector's name */
function readRows(): Map<string, string[]> {
  const text = readFileSync(join(import.meta.dirname, "../../../../docs/effectors.md"), "utf8");
  const rows = text.split("\n").flatMap((line) => {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    const name = /^`([a-z_]+(?:\.[a-z_]+)+)`$/.exec(cells[0] ?? "")?.[1];
    return name === undefined ? [] : [[name, cells] as const];
  });
  const names = rows.map(([name]) => name);
  expect(names).toEqual([...new Set(names)]);
  return new Map(rows);
}

test("P-1: docs/effectors.md names every effector and its parameters, what it destroys, and no other", () => {
  const expected = effectors.map((effector) => [
    effector.name,
    parametersOf(effector) || "–",
    effector.onlyReads === true ? "reads" : effector.destroysEvidence ? "destroys" : "acts",
  ]);
  const found = [...readRows()].map(([name, cells]) => [name, cells[1]?.replaceAll("`", ""), cells[3]]);
  const byName = (rows: (string | undefined)[][]) => rows.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  expect(byName(found)).toEqual(byName(expected));
});

test("P-1: every row says what comes out", () => {
  for (const [name, cells] of readRows()) expect(cells[2], name).toMatch(/^(?:–|`.+)/);
});
