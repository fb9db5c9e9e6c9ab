import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePredicate } from "./compile-predicate.ts";
import { Matcher } from "./matcher.ts";
import { FieldTable, type Predicate } from "./predicate.ts";
import { compileDocument } from "./rule-document.ts";
import { DEFAULT_LIMITS, type Presentation } from "./types.ts";
import { EventView, layOut } from "./view.ts";
import { readDocuments } from "./yaml-cursor.ts";

/** Rules over few fields and few characters, so that they meet the records often and in every way. */
const word = fc.string({ unit: fc.constantFrom("a", "b", "B", "-", "7"), maxLength: 3 });
const pattern = fc.oneof(
  word,
  word.map((text) => `*${text}*`),
  word.map((text) => `${text}?`),
);
const field = fc.constantFrom("f", "g", "a.b", "a.c", "a.b.c", "x y", "n");
const chain = fc.constantFrom(
  "",
  "|contains",
  "|startswith",
  "|endswith",
  "|contains|all",
  "|cased",
  "|contains|windash",
  "|neq",
);
const values = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 4 }));
const entry = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(field, chain, values).map(([name, tail, value]) => [`${name}${tail}`, value] as const),
  },
  { weight: 1, arbitrary: field.map((name) => [name, null] as const) },
  { weight: 1, arbitrary: fc.tuple(field, field).map(([name, other]) => [`${name}|fieldref`, other] as const) },
  { weight: 1, arbitrary: fc.tuple(field, fc.boolean()).map(([name, yes]) => [`${name}|exists`, yes] as const) },
  { weight: 1, arbitrary: fc.tuple(field, fc.nat(9)).map(([name, bound]) => [`${name}|gt`, bound] as const) },
  {
    weight: 1,
    arbitrary: fc.tuple(field, fc.constantFrom("a+b", "[7-]$", "^B")).map(([name, re]) => [`${name}|re`, re] as const),
  },
);
const map = fc.uniqueArray(entry, { minLength: 1, maxLength: 3, selector: ([key]) => key }).map(Object.fromEntries);
const selection = fc.oneof(
  { weight: 4, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(
      pattern.filter((text) => text !== ""),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
const condition = fc.constantFrom(
  "s1",
  "s1 and s2",
  "s1 or s3",
  "s1 and not s2",
  "2 of s*",
  "not s1",
  "all of them",
  "not (s1 or s2)",
);
const rule = fc.tuple(selection, selection, selection, condition).map(([s1, s2, s3, text]) => ({
  title: "T",
  logsource: { product: "test" },
  detection: { s1, s2, s3, condition: text },
}));

const scalar = fc.oneof(word, fc.nat(99), fc.boolean(), fc.constant(null));
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom("b", "c", "d"),
      fc.oneof(scalar, fc.dictionary(fc.constantFrom("c", "d"), scalar)),
      { maxKeys: 2 },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom("b", "c", "b.c"),
      fc.oneof(scalar, fc.dictionary(fc.constantFrom("c"), scalar)),
    ),
  },
  { weight: 1, arbitrary: fc.array(fc.dictionary(fc.constantFrom("b", "c"), scalar), { maxLength: 2 }) },
);
const record = fc.dictionary(fc.constantFrom("f", "g", "a", "a.b", "x y", "xy", "n", "other", "__proto__"), value);

function load(rules: readonly object[]) {
  const fields = new FieldTable();
  const scope = { fields, placeholders: {} };
  const compiled = rules.flatMap((document, index) => {
    const [only] = readDocuments({ name: `${index}.yml`, text: JSON.stringify(document) });
    if (only === undefined || "fault" in only) throw new Error("the test's rule is wrong");
    const { detection } = compileDocument(only.root, scope);
    return detection === undefined ? [] : [{ index, predicate: detection.predicate }];
  });
  return { compiled, refs: fields.all() };
}

/** Fields that several presentations of an event share, and what each has beside them, under other names. */
const parted = fc.tuple(record, fc.array(record, { minLength: 1, maxLength: 4 })).map(([common, own]) => ({
  common,
  own: own.map((fields) => Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(common, key)))),
}));

describe("the matcher", () => {
  it("takes fields that presentations have in common as if each had them", () => {
    const counts = { truncatedValues: 0 };
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 8 }),
        fc.array(parted, { minLength: 1, maxLength: 6 }),
        (rules, events) => {
          const { compiled, refs } = load(rules);
          const matcher = new Matcher(compiled, refs);
          const layout = layOut(refs);
          for (let round = 0; round < ROUNDS / 3; round++) {
            const { common, own } = events[round % events.length] ?? { common: {}, own: [] };
            const budget = { steps: 1e6, exhausted: false };
            for (const fields of own) {
              const presentation = { logsource: {}, fields, common };
              const view = new EventView(presentation, layout, DEFAULT_LIMITS, budget, counts);
              const whole = { logsource: {}, fields: { ...common, ...fields } };
              const matched: typeof compiled = [];
              matcher.match(presentation, view, matched);
              const found = matched.map(({ index }) => index).sort((a, b) => a - b);
              const expected = compiled.filter(({ predicate }) =>
                compilePredicate(predicate)(new EventView(whole, layout, DEFAULT_LIMITS, budget, counts)),
              );
              expect({ common, fields, found }).toEqual({ common, fields, found: expected.map(({ index }) => index) });
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("finds exactly the rules that hold one by one, on flat, nested and peeked records, before and after training", () => {
    const counts = { truncatedValues: 0 };
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 8 }),
        fc.array(record, { minLength: 1, maxLength: 12 }),
        (rules, records) => {
          const { compiled, refs } = load(rules);
          const matcher = new Matcher(compiled, refs);
          const layout = layOut(refs);
          const viewOf = (presentation: Presentation) =>
            new EventView(presentation, layout, DEFAULT_LIMITS, { steps: 1e6, exhausted: false }, counts);
          const holds = (predicate: Predicate, presentation: Presentation) =>
            compilePredicate(predicate)(viewOf(presentation));
          for (let round = 0; round < ROUNDS; round++) {
            const fields = records[round % records.length] ?? {};
            const peek = () => undefined;
            const presentation = { logsource: {}, fields, ...(round % 5 === 4 ? { peek } : {}) };
            const matched: typeof compiled = [];
            matcher.match(presentation, viewOf(presentation), matched);
            const found = matched.map(({ index }) => index);
            const expected = compiled
              .filter(({ predicate }) => holds(predicate, presentation))
              .map(({ index }) => index);
            expect({ fields, found: [...found].sort((a, b) => a - b) }).toEqual({ fields, found: expected });
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Past the first time that the watched signals are chosen anew. */
const ROUNDS = 270;
