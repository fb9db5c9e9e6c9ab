import { describe, expect, test } from "vitest";
import { alignRows, layOutTable, widthOf, wrapLine } from "./layout.ts";
import { createOutput } from "./output.ts";
import { printable } from "./printable.ts";

function record(json: boolean, columns?: number, useColour = false) {
  const out: string[] = [];
  const error: string[] = [];
  const output = createOutput(
    {
      writeOut: (text) => out.push(text),
      writeError: (text) => error.push(text),
      isTerminal: false,
      useColour,
      columns,
    },
    json,
  );
  return { output, out, error };
}

describe("printable", () => {
  test.each([
    ["plain ünïcödé 漢字 👩‍💻 stays", "plain ünïcödé 漢字 👩‍💻 stays"],
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b[2J\u001b[1;1Hcleared", "cleared"],
    ["\u001b]0;new title\u0007after", "after"],
    ["\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u001b]0;never ended", "\ufffd]0;never ended"],
    ["\u001bP1$r0m\u001b\\x", "x"],
    ["\u009b31mred", "red"],
    ["\u009d0;title\u009cx", "x"],
    ["a\rb", "a b"],
    ["safe\nfirebreak: forged line", "safe firebreak: forged line"],
    ["line\u2028and\u2029paragraph\u0085next", "line and paragraph next"],
    ["bell\u0007 backspace\u0008 null\u0000 delete\u007f", "bell\ufffd backspace\ufffd null\ufffd delete\ufffd"],
    ["txt.\u202eexe", "txt.\ufffdexe"],
    ["\u2066isolate\u2069 \u200fmark\u061c", "\ufffdisolate\ufffd \ufffdmark\ufffd"],
    ["zero\u200bwidth\ufeff soft\u00adhyphen", "zero\ufffdwidth\ufffd soft\ufffdhyphen"],
    ["tag\u{e0041}\u{e007f}", "tag\ufffd\ufffd"],
  ])("%j", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe("tables", () => {
  test("columns line up whatever is coloured, combined or wide", () => {
    const rows = [
      ["NAME", "STATE", "NOTE"],
      ["a", "\u001b[32mok\u001b[39m", "x"],
      ["cafe\u0301", "\u001b[31mfailed\u001b[39m", "y"],
      ["漢字", "ok", "z"],
    ];
    const notes = alignRows(rows).map((line) => widthOf(line.slice(0, -1)));
    expect(new Set(notes.slice(1)).size).toBe(1);
    expect(
      alignRows([
        ["a", ""],
        ["bb", ""],
      ]),
    ).toEqual(["a", "bb"]);
  });

  test("on a narrow terminal the last column is wrapped under itself", () => {
    const lines = alignRows([["id", "state", "one two three four five six seven eight nine ten"]], 40);
    expect(lines).toEqual(["id  state  one two three four five six", "           seven eight nine ten"]);
  });

  test("where even that does not fit, each row becomes a record", () => {
    const paint = { bold: (text: string) => `*${text}`, dim: (text: string) => text };
    const row = ["INC-2026-0001", "SEV-1 (critical)", "scout", "Destructive command"];
    expect(layOutTable(["ID", "SEVERITY", "AGENT", "TITLE"], [row], paint, 50)).toEqual([
      "*INC-2026-0001",
      "  severity  SEV-1 (critical)",
      "  agent     scout",
      "  title     Destructive command",
    ]);
    expect(layOutTable(["ID", "SEVERITY", "AGENT", "TITLE"], [row], paint, undefined)).toHaveLength(2);
  });

  test("lines are wrapped between words and keep their indent; what can be copied stays whole", () => {
    const url = `http://127.0.0.1:8080/sign-in#link=${"x".repeat(60)}`;
    expect(wrapLine(`Sign in once with: ${url}`, 40)).toEqual(["Sign in once with:", `  ${url}`]);
    expect(wrapLine("  - one two three four five six seven eight", 40)).toEqual([
      "  - one two three four five six seven",
      "    eight",
    ]);
    expect(wrapLine("a".repeat(300), undefined)).toEqual(["a".repeat(300)]);
    const coloured = `\u001b[31m${"word ".repeat(10).trim()}\u001b[39m`;
    expect(wrapLine(coloured, 40).every((line) => widthOf(line) <= 40)).toBe(true);
  });
});

describe("output", () => {
  test("text for people; --json prints the result alone", () => {
    const text = record(false);
    text.output.line("hello");
    text.output.table(["A", "B"], [["1", "2"]]);
    text.output.note("by the way");
    text.output.result({ a: 1 });
    expect(text.out.join("")).toBe("hello\nA  B\n1  2\n");
    expect(text.error.join("")).toBe("by the way\n");
    const json = record(true);
    json.output.line("hello");
    json.output.table(["A"], [["1"]]);
    json.output.note("by the way");
    json.output.result({ a: 1 });
    expect(JSON.parse(json.out.join(""))).toEqual({ a: 1 });
    expect(json.error).toEqual([]);
  });

  test("colours only where they are wanted", () => {
    expect(record(false).output.style.red("x")).toBe("x");
    expect(record(false, 80, true).output.style.red("x")).toBe("\u001b[31mx\u001b[39m");
  });
});
