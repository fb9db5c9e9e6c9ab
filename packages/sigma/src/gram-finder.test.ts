import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRAM_CHARS_MIN, GramFinder } from "./gram-finder.ts";

describe("the finder of few literals", () => {
  it("never misses a pattern that occurs, and says where", () => {
    const unit = fc.constantFrom("a", "b", " ", "é", "😀", "\u202e", "\\");
    const pattern = fc.string({ unit, minLength: GRAM_CHARS_MIN, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 12 }),
        fc.string({ unit, maxLength: 60 }),
        (patterns, noise) => {
          const finder = new GramFinder(patterns);
          for (const text of [noise, ...patterns.map((inside) => noise.slice(0, 7) + inside + noise)]) {
            const found = new Set<number>();
            const note = (number: number, start: number): void => {
              if (start >= 0 && text.startsWith(patterns[number] ?? "", start)) found.add(number);
            };
            finder.scan(text, { found: note });
            const missed = patterns.filter((inside, number) => text.includes(inside) && !found.has(number));
            expect({ text, missed }).toEqual({ text, missed: [] });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("asks about few places of an ordinary text", () => {
    const finder = new GramFinder(["previous instructions", "ignore all", "wget ", "base64", "sh"]);
    let asked = 0;
    finder.scan("the build took four seconds and wrote a report of the run to the folder of the project", {
      found: () => (asked += 1),
    });
    expect(asked).toBe(0);
  });
});
