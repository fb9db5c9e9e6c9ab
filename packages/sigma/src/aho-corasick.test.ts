import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AhoCorasick } from "./aho-corasick.ts";

describe("the index of literals", () => {
  it("never misses a pattern that occurs", () => {
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
            automaton.scan(text, { found: (number) => void found.add(number) });
            const missed = patterns.filter((inside, number) => text.includes(inside) && !found.has(number));
            expect({ text, missed }).toEqual({ text, missed: [] });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
