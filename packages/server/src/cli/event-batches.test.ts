import { expect, test } from "vitest";
import * as fc from "fast-check";
import { splitBatches } from "./event-batches.ts";

const limits = { bodyBytesMax: 20, eventsPerRequestMax: 3 };
const split = (text: string) => [...splitBatches(Buffer.from(text), limits)];

test("lines are never cut, no request is larger than it may be, and nothing is lost", () => {
  const line = fc.string({ unit: "grapheme-ascii", minLength: 0, maxLength: 25 });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
      fc.pre(!/^\s*[[{]/.test(lines.join("\n")));
      const text = lines.join("\n");
      const batches = split(text);
      expect(Buffer.concat(batches.map((batch) => batch.body)).toString()).toBe(text);
      for (const [index, batch] of batches.entries()) {
        const body = Buffer.from(batch.body).toString();
        const count = body.replace(/\n$/, "").split("\n").length;
        expect(count).toBeLessThanOrEqual(limits.eventsPerRequestMax);
        expect(count === 1 || batch.body.length <= limits.bodyBytesMax).toBe(true);
        expect(index === batches.length - 1 || body.endsWith("\n")).toBe(true);
        expect(text.split("\n").slice(batch.linesBefore)[0]).toBe(body.split("\n")[0]);
      }
    }),
  );
});

test("a document goes whole; a single event and broken lines are lines", () => {
  const typesOf = (text: string) => split(text).map((batch) => batch.contentType);
  expect(typesOf("[1,\n2]")).toEqual(["application/json"]);
  expect(typesOf('{\n"a":1\n}')).toEqual(["application/json"]);
  expect(typesOf("[broken\n")).toEqual(["application/json"]);
  expect(typesOf('{"a":1}\n')).toEqual(["application/x-ndjson"]);
  expect(typesOf('{"a":1}\n{"a":2}\n')).toEqual(["application/x-ndjson"]);
  expect(typesOf("")).toEqual(["application/x-ndjson"]);
  expect(split("1\n\n2\n")[0]).toMatchObject({ lines: 2, linesBefore: 0 });
});
