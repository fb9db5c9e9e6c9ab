import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/firebreak.ts";

const read = (file: string) => readFileSync(path.join(repository, file), "utf8");

/** The section as it stands in the document: its table, then for each row the tests that prove it. */
function failures(): { rows: string[]; proofs: Map<string, string> } {
  const section = read("docs/gates.md").split("## When something fails")[1] ?? "";
  const rows = [...section.matchAll(/^\| (?!what fails|-)([^|]+?) +\|/gm)].map(([, name = ""]) => name);
  const proofs = section.split(/^- \*\*/m).slice(1);
  return { rows, proofs: new Map(proofs.map((text) => [text.slice(0, text.indexOf("**")), text])) };
}

/** Each file in back quotes, with the titles in quotes that follow it. */
function namedTests(text: string): { file: string; title: string }[] {
  const words = [...text.matchAll(/`([^`]+\.test\.ts)`|"([^"]+)"/g)];
  let file = "";
  return words.flatMap(([, named, title]) => {
    if (named !== undefined) file = named;
    return title === undefined ? [] : [{ file, title: title.replaceAll(/\s+/g, " ") }];
  });
}

test("C-8: every row of what happens when something fails names its tests, and each of them exists", () => {
  const { rows, proofs } = failures();
  expect(rows).toHaveLength(7);
  expect([...proofs.keys()]).toEqual(rows);
  for (const [row, text] of proofs) {
    const tests = namedTests(text);
    expect(tests.length, row).toBeGreaterThan(1);
    for (const { file, title } of tests) expect(read(file), `${row}: ${file}`).toContain(title);
  }
});
