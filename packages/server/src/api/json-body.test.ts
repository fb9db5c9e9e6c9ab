import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson, findInvalidByte, findJsonFault } from "./json-body.ts";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("a fault is found exactly where JSON.parse refuses", () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.nat(3), fc.constantFrom("", ",", "]", "}", '"', "x", "0", "\\", "\u0000", " "))
    .map(
      ([text, at, cut, put]) =>
        text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut),
    );
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      const fault = findJsonFault(text);
      expect(fault === null).toBe(parses(text));
      // what stands before the fault is never what is wrong
      const before = fault === null ? null : findJsonFault(text.slice(0, fault));
      expect(before).toBeOneOf([null, fault]);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['{"a":1,}', 7],
  ["[1,2", 4],
  ['{"a" 1}', 5],
  ["01", 0],
  ["[1 2]", 3],
  ["nul", 0],
  ['"\\x"', 0],
  ["{} {}", 3],
  ["", 0],
])("%j breaks at %i", (text, at) => {
  expect(findJsonFault(text)).toBe(at);
});

test("a long broken body is judged without recursion", () => {
  expect(findJsonFault("[".repeat(500_000))).toBe(500_000);
  expect(findJsonFault(`"${"\\n".repeat(400_000)}`)).toBe(0);
});

test("the first byte that is not UTF-8 is found, also behind real replacement characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "é", "\uFFFD", "😀") }), (text) => {
      const good = Buffer.from(text);
      expect(findInvalidByte(Buffer.concat([good, Buffer.of(0xff), good]))).toBe(good.length);
    }),
  );
});

test("an empty body is nothing, and a byte order mark is no content", () => {
  expect(decodeJson(Buffer.alloc(0))).toBeUndefined();
  expect(decodeJson(Buffer.from("\uFEFF{}"))).toEqual({});
});
