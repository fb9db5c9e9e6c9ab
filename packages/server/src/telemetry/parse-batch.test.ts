import { INTAKE_LIMITS } from "@firebreak/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countMembers, countMembersOfElements } from "./json-members.ts";
import { parseEventBatch, REJECTED_TOLD_MAX } from "./parse-batch.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const GOOD = '{"agent":{"id":"scout-1"},"kind":"log"}';
const ndjson = (body: string | Buffer) => parseEventBatch(Buffer.from(body), "application/x-ndjson", NOW_MS);
const json = (body: string | Buffer) => parseEventBatch(Buffer.from(body), "application/json; charset=utf-8", NOW_MS);
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

/** One hostile line: what it is, the bytes, and what the refusal must name. */
const HOSTILE: [string, Buffer, RegExp][] = [
  ["malformed JSON", bytes('{"agent":'), /not JSON/],
  ["two values on a line", bytes(`${GOOD} ${GOOD}`), /not JSON/],
  ["invalid UTF-8", bytes('{"agent":{"id":"', [0xff, 0xfe], '"},"kind":"log"}'), /not UTF-8/],
  ["a raw NUL", bytes('{"agent":{"id":"a', [0], '"},"kind":"log"}'), /not JSON/],
  [
    "an escaped NUL in a name",
    bytes(String.raw`{"agent":{"id":"a","session":"s\u0000"},"kind":"log"}`),
    /agent\.session/,
  ],
  [
    "half a surrogate pair in a name",
    bytes(String.raw`{"id":"\ud800","time":"2026-03-01T00:00:00Z","agent":{"id":"a"},"kind":"log"}`),
    /^id: /,
  ],
  ["a number", bytes("17"), /a number, not an event/],
  ["null", bytes("null"), /null, not an event/],
  ["an array", bytes("[]"), /an array, not an event/],
  ["a wrong type", bytes('{"agent":{"id":7},"kind":"log"}'), /agent\.id/],
  ["an unknown kind", bytes('{"agent":{"id":"a"},"kind":"dance"}'), /kind: .*tool_call/],
  ["no agent", bytes('{"kind":"log"}'), /agent/],
  ["an unknown field", bytes('{"agent":{"id":"a"},"kind":"log","note":1}'), /"note".*under data/],
  ["an unknown field of the agent", bytes('{"agent":{"id":"a","x":1},"kind":"log"}'), /"x" in agent/],
  ["an id without time", bytes('{"id":"1","agent":{"id":"a"},"kind":"log"}'), /time: .*id/],
  ["an impossible time", bytes('{"time":"2026-02-30T00:00:00Z","agent":{"id":"a"},"kind":"log"}'), /^time: /],
  [
    "a time of next week",
    bytes('{"time":"2026-03-08T00:00:00Z","agent":{"id":"a"},"kind":"log"}'),
    /24 hours ahead.*clock/,
  ],
  ["a time before 1970", bytes('{"time":"0001-01-01T00:00:00Z","agent":{"id":"a"},"kind":"log"}'), /after 1970/],
  ["a key given twice", bytes('{"agent":{"id":"a"},"kind":"log","kind":"auth"}'), /twice/],
  [
    "a key given twice deep inside",
    bytes(String.raw`{"agent":{"id":"a"},"kind":"log","data":{"a":[{"x":1,"\u0078":2}]}}`),
    /twice/,
  ],
  ["__proto__", bytes('{"agent":{"id":"a"},"kind":"log","data":{"__proto__":{"admin":true}}}'), /__proto__/],
  ["a number beyond a double", bytes('{"agent":{"id":"a"},"kind":"log","data":{"n":1e999}}'), /too large/],
  [
    "deep nesting",
    bytes('{"agent":{"id":"a"},"kind":"log","data":{"a":', "[".repeat(50_000), "]".repeat(50_000), "}}"),
    /deeper than 32/,
  ],
  [
    "a long line",
    bytes(`{"agent":{"id":"a"},"kind":"log","data":{"a":"${"x".repeat(INTAKE_LIMITS.eventBytesMax)}"}}`),
    /limit is 262144/,
  ],
  ["a long agent id", bytes(`{"agent":{"id":"${"a".repeat(129)}"},"kind":"log"}`), /agent\.id/],
];

describe("a batch of events", () => {
  it.each(HOSTILE)("refuses %s by line and says why, and keeps the lines around it", async (_, line, expected) => {
    const batch = await ndjson(bytes(`${GOOD}\n`, [...line], `\n${GOOD}\n`));
    expect(batch.events.map((item) => item.line)).toEqual([1, 3]);
    expect(batch.rejectedTotal).toBe(1);
    expect(batch.rejected[0]?.line).toBe(2);
    expect(batch.rejected[0]?.message).toMatch(expected);
    expect(batch.rejected[0]?.message.length).toBeLessThan(1000);
  });

  const inArrays = HOSTILE.filter(([what]) => !/malformed|two values|UTF-8|raw NUL/.test(what));
  it.each(inArrays)("refuses %s in a JSON array by its position", async (_, element, expected) => {
    const batch = await json(bytes(`[${GOOD},`, [...element], `,${GOOD}]`));
    expect(batch.events.map((item) => item.line)).toEqual([1, 3]);
    expect(batch.rejected).toEqual([{ line: 2, message: expect.stringMatching(expected) }]);
  });

  it("takes one object, an array, lines with CRLF, blank lines and a byte order mark", async () => {
    expect((await json(GOOD)).events).toHaveLength(1);
    expect((await json(`[${GOOD}]`)).events).toHaveLength(1);
    expect((await json("[]")).events).toHaveLength(0);
    const batch = await ndjson(bytes([0xef, 0xbb, 0xbf], `${GOOD}\r\n\r\n${GOOD}`));
    expect(batch.events.map((item) => item.line)).toEqual([1, 3]);
    expect(batch.rejectedTotal).toBe(0);
  });

  it("names the remedy when lines come as application/json", async () => {
    const batch = await json(`${GOOD}\n${GOOD}`);
    expect(batch.rejected[0]?.message).toMatch(/application\/x-ndjson/);
  });

  it("keeps the act and replaces broken characters in what an agent wrote", async () => {
    const line = String.raw`{"agent":{"id":"a"},"kind":"command","resource":"\udc00","data":{"command":"rm -rf \ud800/"}}`;
    const [item] = (await ndjson(line)).events;
    expect(item?.event.data?.["command"]).toBe("rm -rf \uFFFD/");
    expect(item?.event.resource).toBe("\uFFFD");
  });

  it("accepts old times and normal clock skew", async () => {
    const at = (time: string) => `{"time":"${time}","agent":{"id":"a"},"kind":"log"}`;
    const batch = await ndjson([at("1999-01-01T00:00:00Z"), at("2026-03-02T11:59:00Z")].join("\n"));
    expect(batch.events).toHaveLength(2);
  });

  it("tells the first refusals and counts all", async () => {
    const batch = await ndjson("{}\n".repeat(REJECTED_TOLD_MAX + 50));
    expect(batch.rejected).toHaveLength(REJECTED_TOLD_MAX);
    expect(batch.rejectedTotal).toBe(REJECTED_TOLD_MAX + 50);
  });

  it("takes as many events as a request may hold and refuses the rest by line", async () => {
    const batch = await ndjson(`${GOOD}\n`.repeat(INTAKE_LIMITS.eventsPerRequestMax + 2));
    expect(batch.events).toHaveLength(INTAKE_LIMITS.eventsPerRequestMax);
    expect(batch.rejected.map((item) => item.line)).toEqual([20_001, 20_002]);
  });

  it.each([
    ["lines that are not JSON", "x\n"],
    ["lines that are no events", "{}\n"],
    ["blank lines", " \n"],
  ])(
    "reads 16 MiB of %s in bounded time without blocking",
    async (_, line) => {
      const body = Buffer.from(line.repeat(Math.floor(INTAKE_LIMITS.bodyBytesMax / line.length)));
      let turns = 0;
      const timer = setInterval(() => (turns += 1), 1);
      const batch = await parseEventBatch(body, "application/x-ndjson", NOW_MS);
      clearInterval(timer);
      expect(batch.events).toHaveLength(0);
      expect(batch.rejected.length).toBe(Math.min(batch.rejectedTotal, REJECTED_TOLD_MAX));
      expect(turns).toBeGreaterThan(10);
    },
    20_000,
  );

  it("refuses too large bodies, other charsets and other content types", async () => {
    const large = Buffer.alloc(INTAKE_LIMITS.bodyBytesMax + 1);
    await expect(parseEventBatch(large, "application/json", NOW_MS)).rejects.toMatchObject({
      code: "payload_too_large",
    });
    for (const type of ["text/plain", "", "application/json; charset=utf-16"]) {
      await expect(parseEventBatch(Buffer.from(GOOD), type, NOW_MS)).rejects.toMatchObject({
        code: "unsupported_media_type",
      });
    }
  });

  it("never throws, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, isJson) => {
        const batch = await (isJson ? json : ndjson)(Buffer.from(noise));
        expect(batch.rejectedTotal).toBeGreaterThanOrEqual(batch.rejected.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("counting members in JSON text", () => {
  const countKeys = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 0;
    const own = Array.isArray(value) ? 0 : Object.keys(value).length;
    return Object.values(value).reduce((sum: number, member) => sum + countKeys(member), own);
  };

  it("counts what JSON.parse sees, with any spacing and escapes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom("", " ", "\n\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(countMembers(text)).toBe(countKeys(JSON.parse(text)));
      }),
    );
  });

  it("counts each element of an array for itself", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1 }), (values) => {
        const text = JSON.stringify(values, null, 1);
        expect(countMembersOfElements(text)).toEqual(
          values.map((value) => countKeys(JSON.parse(JSON.stringify(value)))),
        );
      }),
    );
  });
});
