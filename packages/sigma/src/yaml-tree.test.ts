import { describe, expect, it } from "vitest";
import { readYaml, SourceText, type ReadDocument, type YamlNode } from "./yaml-tree.ts";

const read = (text: string): ReadDocument[] => readYaml(new SourceText({ name: "r.yml", text }));

function valuesOf(node: YamlNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(valuesOf);
  return node.pairs.map(({ key, value }) => [valuesOf(key), valuesOf(value)]);
}

const valuesIn = (text: string): unknown[] =>
  read(text).map((document) => ("fault" in document ? document.fault.message : valuesOf(document.root)));

/** Line and column of every value of a map. */
function placesIn(text: string): [number, number][] {
  const source = new SourceText({ name: "r.yml", text });
  return readYaml(source).flatMap((document) => {
    if ("fault" in document || document.root?.kind !== "map") return [];
    return document.root.pairs.map(({ value }): [number, number] => {
      const { line, column } = source.placeAt(value.start);
      return [line, column];
    });
  });
}

describe("a rule file's YAML", () => {
  it.each<[string, unknown]>([
    ["on", "on"],
    ["8???", "8???"],
    ["2024-01-01", "2024-01-01"],
    ["1_000", "1_000"],
    ["0b11", "0b11"],
    ["12:30:45", "12:30:45"],
    ["<<", "<<"],
    ["=", "="],
    ["0o17", 15],
    ["0x1F", 31],
    ["007", 7],
    ["+1", 1],
    ["1e3", 1000],
    [".5", 0.5],
    ["-.inf", Number.NEGATIVE_INFINITY],
    ["True", true],
    ["yes", "yes"],
    ["~", null],
    ["", null],
    ["NULL", null],
    ["'1'", "1"],
    ['"\\x41\\n"', "A\n"],
    ["!!str 1", "1"],
    ["! 1", "1"],
    ['!!int "1"', 1],
    ["!<tag:yaml.org,2002:str> true", "true"],
  ])("means by %s what version 1.2 says", (written, value) => {
    expect(valuesIn(`a: ${written}\n`)).toEqual([[["a", value]]]);
  });

  it("is read with its blocks, lists, flow collections, anchors and documents", () => {
    const text =
      "\u{feff}a: |\r\n  x\r\n  y\r\nb: >-\n  p\n  q\nc:\n- 1\n- &m { k: v }\nd: [*m, 'it''s']\n---\n# nothing\n---\ne: 1\n...\n";
    const first = [
      ["a", "x\ny\n"],
      ["b", "p q"],
      ["c", [1, [["k", "v"]]]],
      ["d", [[["k", "v"]], "it's"]],
    ];
    expect(valuesIn(text)).toEqual([first, undefined, [["e", 1]]]);
  });

  it("knows where each value begins", () => {
    expect(placesIn("a: x\nbb: 'y'\nc: |  # why\n  z\nd:\n  - 1\ne: [1]\nf: &n\n  g: 1\n")).toEqual([
      [1, 4],
      [2, 5],
      [3, 4],
      [6, 3],
      [7, 4],
      [9, 3],
    ]);
  });

  it("names line and column of what is wrong, in its own document, and reads the others", () => {
    const documents = read("a: 1\n---\nb: [\n---\nc: 'x\n---\nd: *x\n---\ne: !!set {}\n---\nf: !!int x\n---\ng: 2\n");
    const faults = documents.map((document) => ("fault" in document ? document.fault.place.line : undefined));
    expect(faults).toEqual([undefined, 4, 6, 7, 9, 11, undefined]);
  });

  it("binds an alias to the last anchor before it, also to what is around it", () => {
    expect(valuesIn("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")).toEqual([
      [
        ["a", 1],
        ["b", 1],
        ["c", 2],
        ["d", 2],
      ],
    ]);
    const [document] = read("&r a: *r\n&s\nb: *s\n");
    expect(document).toBeDefined();
  });

  it("takes time linear in the file", () => {
    const hostile = [
      "[".repeat(500_000),
      "- ".repeat(300_000),
      "? ".repeat(300_000),
      `"${"a\n".repeat(300_000)}`,
      "---\n".repeat(250_000),
      `${"---\n".repeat(200_000)}[`,
      "---\n[\n".repeat(150_000),
      `{${"a: b, ".repeat(100_000)}}`,
      `a: |\n${"\n".repeat(900_000)}`,
      `a: ${"| ".repeat(400_000)}`,
    ];
    for (const text of hostile) {
      const startedMs = performance.now();
      read(text);
      expect(performance.now() - startedMs).toBeLessThan(10_000);
    }
  });
});
