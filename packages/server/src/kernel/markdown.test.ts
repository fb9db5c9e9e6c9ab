import * as fc from "fast-check";
import { expect, test } from "vitest";
import { block, code, formatDuration, inline, table } from "./markdown.ts";

test.each([
  ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)\\>"],
  ["[click](https://evil.example)", "\\[click\\](https\\://evil.example)"],
  ["a | b\nc", "a \\| b c"],
  ["# title", "\\# title"],
  ["- [ ] done", "\\- \\[ \\] done"],
  ["1. first", "1\\. first"],
  ["`code` *b* _i_ ~s~ &lt;", "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\&lt;"],
  ["\u202Etxt.exe\u0000", "txt.exe"],
])("L-1: %j becomes harmless text", (text, expected) => {
  expect(inline(text)).toBe(expected);
});

test("L-1: no text makes a second line, a cell, HTML, a link or a heading", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      const shown = inline(text);
      expect(shown).not.toMatch(/[\n\r]|(?<!\\)(?:\\\\)*[<>|[\]`*_&]|^#|:\/\//);
      expect(table(["a"], [[shown]]).split("\n")).toHaveLength(3);
      expect(code(text).slice(1, -1)).not.toMatch(/[`\n\r]/);
    }),
  );
});

test("L-1: paragraphs and line breaks of a text survive", () => {
  expect(block("one\ntwo\r\n\r\n\r\nthree\n    # four")).toBe("one  \ntwo\n\nthree  \n\\# four");
});

test.each([
  [41.4, "41 ms"],
  [1499, "1.5 s"],
  [59_000, "59 s"],
  [60_000, "1 min"],
  [185_000, "3 min 5 s"],
  [3_600_000, "1 h"],
  [5_400_000, "1 h 30 min"],
  [86_400_000, "1 d"],
  [100_800_000, "1 d 4 h"],
])("%i ms reads as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
