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
/** Writes the tables anew; the formatter makes their columns even. */
const isUpdating = process.env["UPDATE_GOLDEN"] === "1";

type Row = readonly string[];

const code = (text: string) => `\`${text}\``;
const sorted = (rows: readonly Row[]) => rows.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1));

const aboutRows = (about: Readonly<Record<string, string>>): Row[] =>
  sorted(Object.entries(about).map(([kind, text]) => [code(kind), text]));

/** What the drills of all profiles say of themselves, in the order of their files. */
async function drilledRows(): Promise<Row[]> {
  const profiles = readdirSync(path.join(root, "profiles"));
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

async function compare(heading: string, rows: readonly Row[]): Promise<void> {
  const lines = readFileSync(document, "utf8").split("\n");
  const table = tableIn(lines, heading);
  if (isUpdating) {
    const written = rows.map((row) => `| ${row.join(" | ")} |`);
    lines.splice(table.from + 2, table.length - 2, ...written);
    writeFileSync(document, lines.join("\n"));
    return;
  }
  expect(table.from, heading).toBeGreaterThan(0);
  expect(table.rows, "UPDATE_GOLDEN=1 writes it anew").toEqual(rows);
}

describe("L-4: docs/drills.md says of drills what they say of themselves", () => {
  test.sequential("services", async () => {
    const rows = [...SERVICES.values()].map(({ kind, about, facts }) => [
      code(kind),
      about,
      facts.map(code).join(", "),
    ]);
    await compare("service", sorted(rows));
  });

  test.sequential("faults", async () => {
    await compare("fault", sorted([...FAULTS.values()].map(({ kind, about }) => [code(kind), about])));
  });

  test.sequential("deeds", async () => {
    expect(Object.keys(DEEDS_ABOUT).toSorted()).toEqual(deedKinds.toSorted());
    await compare("deed (`does`)", aboutRows(DEEDS_ABOUT));
  });

  test.sequential("checks", async () => {
    expect(Object.keys(CHECKS_ABOUT).toSorted()).toEqual(checkKinds.toSorted());
    await compare("check", aboutRows(CHECKS_ABOUT));
  });

  test.sequential("what is drilled", async () => {
    await compare("profile", await drilledRows());
  });
});
