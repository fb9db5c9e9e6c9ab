import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText } from "./decode-text.ts";
import { findSigns } from "./find-signs.ts";
import type { Signs } from "./find-signs.ts";
import { foldText } from "./fold-text.ts";
import { readTexts } from "./read-texts.ts";

const EVERY_SIGN: Signs = {
  isAscii: false,
  hasOddBlanks: true,
  hasBase64: true,
  hasHex: true,
  hasBinary: true,
  hasEscapes: true,
  hasTurned: true,
  hasLeet: true,
  hasSpaced: true,
  hasMorse: true,
};

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.base64String({ minLength: 20, maxLength: 60 }),
  // near every form: what parts its characters, and what breaks it
  ...["01 ,", "0f:A \\x", "a .*|~-B", "a0$!|b", "a _\t", "%20f&#;u\\", ".- /|", "ɐǝɹA"].map((characters) =>
    fc.string({ unit: fc.constantFrom(...characters.split("")), maxLength: 90 }),
  ),
  fc.constantFrom(
    "VTABER nyy",
    "flfgrz cebzcg",
    "tpmorp metsys",
    "a b c d e f g h i",
    "drowssap",
    "NFTW433SMUQGC3DMEBYHEZLWNFXXK4ZA",
  ),
);
const texts = fc.array(text, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(" "));

describe("D-5: what one look tells of a text", () => {
  it("never leaves out a form that is there", () => {
    fc.assert(
      fc.property(texts, (original) => {
        const folded = foldText(original);
        const signs = { ...findSigns(folded), hasEscapes: findSigns(original).hasEscapes };
        expect(decodeText(folded, original, signs)).toEqual(decodeText(folded, original, EVERY_SIGN));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves texts alone whose blanks are single spaces, and no others", () => {
    fc.assert(
      fc.property(texts, (content) => {
        fc.pre(content !== "");
        expect(readTexts({ content }).normalized).toEqual([foldText(content).replaceAll(/[\s_]+/g, " ")]);
      }),
      { numRuns: 1000 },
    );
  });

  it("sees no sign in ordinary words", () => {
    const signs = findSigns("Building the project took 4.2 s, see (dist/index.js) for more");
    expect(Object.entries(signs).filter(([, isThere]) => isThere)).toEqual([["isAscii", true]]);
  });
});
