import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { findSensitive } from "./find-sensitive.ts";
import { createRedactor } from "./index.ts";
import { KEY_FORMATS } from "./key-formats.ts";
import { REDACTION_CATEGORIES } from "@firebreak/protocol";
import { createKeyMaker } from "./testing.ts";

const redactor = createRedactor({ ...DEFAULT_REDACTION, categories: ["EMAIL", "PHONE", "ADDR", "NAME", "DOB", "IP"] });
const wanted = new Set(REDACTION_CATEGORIES);

/** Pieces that every detector begins with, continues with or gives up on. */
const PIECES = [
  ...KEY_FORMATS.flatMap(({ prefixes }) => prefixes),
  ..."password= token: secret api_key= --password Bearer basic cookie: eyJ . eyJ0 ://a: @ @b.c -----BEGIN PRIVATE KEY----- -----END -----".split(
    " ",
  ),
  ...":AA Q~ .atlasv1. -us 4111 1111- 123-45- +49 (415) DE89 born 12 Main Street 1.2.3. ab:cd: % %41 \\u0041 \\ \u200b & &# legal winner".split(
    " ",
  ),
  "\n",
  "\n  ",
  '" + "',
  " ",
  "aaaa",
  "A1b2",
  "=",
  '"',
  "'",
  "_",
  "-",
  "\ud800",
  "\u{e0041}",
  "ß",
];

describe("no text makes the search slow or wrong", () => {
  it("one piece again and again, a hundred thousand characters long, is searched in well under a second", () => {
    const slow: string[] = [];
    for (const piece of PIECES) {
      const text = piece.repeat(Math.ceil(100_000 / piece.length));
      const before = process.cpuUsage();
      findSensitive(text, wanted);
      // a quadratic search would take many seconds; time of the processor, because tests share the machine
      if (process.cpuUsage(before).user / 1000 > 800) slow.push(piece);
    }
    expect(slow).toEqual([]);
  });

  it("mixed pieces neither throw nor give findings out of order, and what is masked stays masked", () => {
    const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(""));
    const property = fc.property(texts, (text) => {
      let end = 0;
      for (const finding of findSensitive(text, wanted)) {
        expect(finding.start).toBeGreaterThanOrEqual(end);
        expect(finding.end).toBeGreaterThan(finding.start);
        end = finding.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it("a key is found whatever stands around it", () => {
    const { take } = createKeyMaker(3);
    const key = `ghp_${take("ABCDEFGHJKLMNPabcdefghjkmnp23456789", 36)}`;
    const around = fc.string({ unit: "binary", maxLength: 40 });
    const property = fc.property(around, around, (before, after) => {
      const masked = redactor.maskText(`${before}${key}${after}`);
      expect(masked).not.toContain(key.slice(4));
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it("any JSON keeps its shape", () => {
    const property = fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
      const redacted = redactor.redactEvent({ data }).data;
      expect(() => JSON.stringify(redacted)).not.toThrow();
      expect(Object.keys(redacted ?? {})).toHaveLength(Object.keys(data).length);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
