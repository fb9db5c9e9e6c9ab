import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadFieldMaps } from "./load-maps.ts";
import { runMapCases } from "./map-cases.ts";

const SHIPPED = path.resolve(import.meta.dirname, "../../../../../maps");
const directory = mkdtempSync(path.join(tmpdir(), "firebreak-maps-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("D-3: field maps are data", async () => {
  const { maps, problems } = await loadFieldMaps([SHIPPED]);
  const cases = await runMapCases(maps);

  it("loads every shipped map, each with cases", () => {
    expect(problems).toEqual([]);
    expect(cases.problems).toEqual([]);
    expect(maps.size).toBeGreaterThan(10);
  });

  it.each(cases.results)("$file: $name", ({ passed, expected, got }) => {
    expect(passed, JSON.stringify({ expected, got }, null, 2)).toBe(true);
  });
});
