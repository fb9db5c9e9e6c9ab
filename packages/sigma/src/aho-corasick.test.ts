import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AhoCorasick } from "./aho-corasick.ts";

describe("the index of literals", () => {
  it("never misses a pattern that occurs, and says where", () => {
    const unit = fc.constantFrom("a", "b", "c", "é", "😀", "\u202e", "\\");
    const pattern = fc.string({ unit, minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 12 }),
        fc.string({ unit, maxLength: 60 }),
        (patterns, noise) => {
          const automaton = new AhoCorasick(patterns);
          for (const text of [noise, ...patterns.map((inside) => noise.slice(0, 7) + inside + noise)]) {
            const found = new Set<number>();
            const note = (number: number, start: number): void => {
              if (start >= 0 && text.startsWith(patterns[number] ?? "", start)) found.add(number);
            };
            automaton.scan(text, { found: note });
            const missed = patterns.filter((inside, number) => text.includes(inside) && !found.has(number));
            expect({ text, missed }).toEqual({ text, missed: [] });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("tells the same of two sets of patterns in one pass as in two", () => {
    const patterns = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(patterns, patterns, fc.string({ unit: fc.constantFrom("a", "b", "é", "x") }), (one, other, text) => {
        const [left, right] = [new AhoCorasick(one), new AhoCorasick(other)];
        const finder = () => {
          const numbers: number[] = [];
          return { numbers, found: (number: number) => void numbers.push(number) };
        };
        const [leftAlone, rightAlone, leftBoth, rightBoth] = [finder(), finder(), finder(), finder()];
        left.scan(text, leftAlone);
        right.scan(text, rightAlone);
        AhoCorasick.scanBoth(text, left, leftBoth, right, rightBoth);
        expect([leftBoth.numbers, rightBoth.numbers]).toEqual([leftAlone.numbers, rightAlone.numbers]);
      }),
    );
  });
});
