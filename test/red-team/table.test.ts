import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Attempt } from "./attempts.ts";
import { PROCESS_ATTEMPTS, STANDINGS } from "./attempts.ts";
import { DOOR_ATTEMPTS } from "./door-attempts.ts";
import { HOME_ATTEMPTS } from "./home-attempts.ts";

const FILE = join(import.meta.dirname, "../../docs/red-team.md");
const START = "<!-- the table of attempts: UPDATE_GOLDEN=1 npx vitest run test/red-team/table.test.ts -->\n";
const END = "\n<!-- end of the table -->";

/** Columns of equal width, as the formatter wants them. */
function render(attempts: readonly Attempt[]): string {
  const rows = [["attempt", ...STANDINGS], ...attempts.map(rowOf)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n");
}

function rowOf({ name, ends }: Attempt): string[] {
  return [name, ...STANDINGS.map((standing) => ends[standing] ?? "–")];
}

test("C-2: the document says of each attempt what the tests prove", () => {
  const attempts: Attempt[] = [...PROCESS_ATTEMPTS, ...Object.values(HOME_ATTEMPTS), ...Object.values(DOOR_ATTEMPTS)];
  expect(attempts.length).toBeGreaterThanOrEqual(30);
  const text = readFileSync(FILE, "utf8");
  const from = text.indexOf(START) + START.length;
  const wanted = `${text.slice(0, from)}\n${render(attempts)}\n${text.slice(text.indexOf(END))}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, wanted);
  expect(readFileSync(FILE, "utf8")).toBe(wanted);
});

test("every attempt that is only reported, or not held, says how and what to do", () => {
  const attempts: Attempt[] = [...PROCESS_ATTEMPTS, ...Object.values(HOME_ATTEMPTS), ...Object.values(DOOR_ATTEMPTS)];
  const silent = attempts.filter(
    ({ ends, report }) => Object.values(ends).some((end) => end === "reported" || end === "not held") && !report,
  );
  expect(silent).toEqual([]);
});
