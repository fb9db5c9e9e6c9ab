import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordSplitter } from "./split-records.ts";
import type { FileRecord } from "./split-records.ts";

function split(text: string): FileRecord[] {
  const splitter = new RecordSplitter();
  return [...text.split("\n").flatMap((line) => splitter.push(line)), ...splitter.end()];
}

const valuesOf = (records: readonly FileRecord[]) => records.map((one) => ("value" in one ? one.value : one.fault));

/** Objects with the characters that could mislead a scanner for braces. */
const objects = fc.array(
  fc.dictionary(
    fc.string(),
    fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('{"', "}\\", '\\"}', "[{", "\n{\n")),
  ),
  { maxLength: 6 },
);

describe("the objects of a file are found", () => {
  test("however they are written: a line each, one after another, over many lines, in a list", () => {
    fc.assert(
      fc.property(objects, (given) => {
        const plain = given.map((one): unknown => JSON.parse(JSON.stringify(one)));
        const lines = given.map((one) => JSON.stringify(one));
        const printed = given.map((one) => JSON.stringify(one, null, 2));
        const forms = [
          lines.join("\n"),
          lines.join(""),
          printed.join("\n"),
          printed.join(""),
          printed.join("\r\n\r\n"),
        ];
        for (const text of [...forms, JSON.stringify(given), JSON.stringify(given, null, 2)]) {
          expect(valuesOf(split(text))).toEqual(plain);
        }
      }),
    );
  });

  test("with the line at which each begins", () => {
    expect(split('{"a":1}\n\n{\n "b":2\n}{"c":3}').map(({ line }) => line)).toEqual([1, 3, 5]);
  });

  test("a byte order mark and spaces stand in nobody's way", () => {
    expect(valuesOf(split('\ufeff  {"a":1} \n\t{"b":2}'))).toEqual([{ a: 1 }, { b: 2 }]);
  });
});

describe("what is broken is named, and costs no other object", () => {
  test.each([
    ["a line of text", '{"a":1}\nhello\n{"b":2}', 2, "this is no JSON object: hello"],
    ["a number", '{"a":1}\n42\n{"b":2}', 2, "this is no JSON object: 42"],
    ["a cut-off line", '{"a":1}\n{"x":"cut\n{"b":2}', 2, "a text is not closed on its line"],
    ["an object without its end", '{"a":1}\n{"x":1,\n{"b":2}', 2, "not finished when the next one began"],
    ["braces that match around nonsense", '{"a":1}\n{x}\n{"b":2}', 2, "not valid JSON"],
  ])("%s", (_, text, line, fault) => {
    const records = split(text);
    expect(records.filter((one) => "fault" in one)).toMatchObject([{ line, fault: expect.stringContaining(fault) }]);
    expect(records.filter((one) => "value" in one).map((one) => one.value)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test("the end of the file", () => {
    expect(split('{"a":1}\n{"b":')).toMatchObject([
      { value: { a: 1 } },
      { line: 2, fault: expect.stringContaining("ends inside") },
    ]);
  });

  test("any text at all ends in records or faults, never in an exception", () => {
    const texts = fc.array(fc.oneof(fc.string(), fc.constantFrom("{", "}", '"', "\\", "[", "]", "\n", "{}", ",")));
    fc.assert(
      fc.property(texts, (parts) => void split(parts.join(""))),
      { numRuns: 500 },
    );
  });
});
