import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CHECKS_ABOUT, DEEDS_ABOUT } from "./conduct/about.ts";
import { checkKinds } from "./conduct/check-end.ts";
import { deedKinds } from "./conduct/deeds.ts";
import { FAULTS } from "./faults/index.ts";
import { loadDrills } from "./load-drills.ts";
import { SERVICES } from "./services/index.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const document = path.join(root, "docs/drills.md");
/** `UPDATE_GOLDEN=1` writes the tables anew; the formatter makes their columns even. */
const isUpdating = process.env["UPDATE_GOLDEN"] === "1";

type Row = readonly string[];

const code = (text: string) => `\`${text}\``;
const sorted = (rows: readonly Row[]) => rows.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1));

const aboutRows = (about: Readonly<Record<string, string>>): Row[] =>
  sorted(Object.entries(about).map(([kind, text]) => [code(kind), text]));

/** What the drills of all profiles say of themselves, in the order of their files. */
async function drilledRows(): Promise<Row[]> {
  const profiles = readdirSync(path.join(root, "profiles")).toSorted();
  const rows = await Promise.all(
    profiles.map(async (profile) => {
      const { drills } = await loadDrills([path.join(root, "profiles", profile, "drills")]);
      return [...drills.values()].map(({ document: drill }) => {
        const { playbook, title, omits = "" } = drill;
        return [profile, playbook, title.charAt(0).toLowerCase() + title.slice(1), omits];
      });
    }),
  );
  return rows.flat();
}

/** @returns the lines of the table with that first heading: where it begins, and its rows without spaces at their ends */
function tableIn(lines: readonly string[], heading: string) {
  const from = lines.findIndex((line) => cellsOf(line)[0] === heading);
  const length = lines.slice(from).findIndex((line) => !line.startsWith("|"));
  const rows = lines.slice(from + 2, from + length).map(cellsOf);
  return { from, length, rows };
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** @returns the rows of the document's table with that heading, which it writes anew when it is told to */
function inDocument(heading: string, rows: readonly Row[]): readonly Row[] {
  const lines = readFileSync(document, "utf8").split("\n");
  const table = tableIn(lines, heading);
  if (!isUpdating) return table.rows;
  const written = rows.map((row) => `| ${row.join(" | ")} |`);
  lines.splice(table.from + 2, table.length - 2, ...written);
  writeFileSync(document, lines.join("\n"));
  return rows;
}

describe("L-4: docs/drills.md says of drills what they say of themselves", () => {
  test("services", () => {
    const rows = [...SERVICES.values()].map(({ kind, about, facts }) => [
      code(kind),
      about,
      facts.map(code).join(", "),
    ]);
    const wanted = sorted(rows);
    expect(inDocument("service", wanted)).toEqual(wanted);
  });

  test("faults", () => {
    const wanted = sorted([...FAULTS.values()].map(({ kind, about }) => [code(kind), about]));
    expect(inDocument("fault", wanted)).toEqual(wanted);
  });

  test("deeds", () => {
    expect(Object.keys(DEEDS_ABOUT).toSorted()).toEqual(deedKinds.toSorted());
    const wanted = aboutRows(DEEDS_ABOUT);
    expect(inDocument("deed (`does`)", wanted)).toEqual(wanted);
  });

  test("checks", () => {
    expect(Object.keys(CHECKS_ABOUT).toSorted()).toEqual(checkKinds.toSorted());
    const wanted = aboutRows(CHECKS_ABOUT);
    expect(inDocument("check", wanted)).toEqual(wanted);
  });

  test("what is drilled", async () => {
    const wanted = await drilledRows();
    expect(inDocument("profile", wanted)).toEqual(wanted);
  });
});
