import { EVENT_KINDS, INTAKE_LIMITS, agentEventInput } from "@firebreak/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countKeysOfEvent } from "./check-event.ts";

const name = fc.oneof(
  fc.constantFrom(
    "scout-1",
    "a",
    "A:b@c",
    "",
    "-x",
    "with space",
    "x".repeat(128),
    "x".repeat(129),
    "a\u0000",
    "\ud800",
  ),
  fc.string({ maxLength: 10 }),
  fc.anything(),
);
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom("2026-01-01T00:00Z", "2026-01-01T00:00:00+02:00", "2026-02-30T00:00:00Z", "2026-01-01", "", 5),
);
const event = fc.record(
  {
    id: name,
    time,
    source: name,
    agent: fc.oneof(
      fc.record({ id: name, pack: name, session: name, run: name, extra: fc.string() }, { requiredKeys: [] }),
      fc.constant({ id: "scout-1" }),
      fc.anything(),
    ),
    kind: fc.oneof(fc.constantFrom(...EVENT_KINDS), fc.anything()),
    outcome: fc.oneof(fc.constantFrom("success", "failure", "denied", "unknown"), fc.anything()),
    risk: fc.oneof(fc.constantFrom("low", "medium", "high", "critical"), fc.anything()),
    resource: fc.oneof(fc.string(), fc.constantFrom("x".repeat(4096), "x".repeat(4097)), fc.anything()),
    data: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.anything()),
    surplus: fc.anything(),
  },
  { requiredKeys: ["agent", "kind"] },
);

/** What the intake sees is always the result of JSON.parse. */
const parsed = event
  .map((value) => JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? String(member) : member)))
  .filter((text) => !text.includes("__proto__"))
  .map((text): unknown => JSON.parse(text));

const few = fc
  .record({
    base: fc.record({ agent: fc.constant({ id: "scout-1", session: "s" }), kind: fc.constantFrom(...EVENT_KINDS) }),
    change: event,
    keep: fc.uniqueArray(
      fc.constantFrom("id", "time", "source", "agent", "kind", "outcome", "risk", "resource", "data"),
      {
        maxLength: 2,
      },
    ),
  })
  .map(({ base, change, keep }) => ({
    ...base,
    ...Object.fromEntries(Object.entries(change).filter(([key]) => keep.some((kept) => kept === key))),
  }))
  .map((value) => JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? String(member) : member)))
  .filter((text) => !text.includes("__proto__"))
  .map((text): unknown => JSON.parse(text));

describe("the fast check of events", () => {
  it("agrees with the schema of the contract", () => {
    let valid = 0;
    fc.assert(
      fc.property(fc.oneof(parsed, few), (value) => {
        const isEvent = agentEventInput.safeParse(value).success;
        if (isEvent) valid += 1;
        expect(countKeysOfEvent(value) >= 0).toBe(isEvent);
      }),
      { numRuns: 3000 },
    );
    expect(valid).toBeGreaterThan(200);
  });

  it("counts every key of the value", () => {
    const value = { agent: { id: "a", pack: "p" }, kind: "log", data: { a: [{ b: 1 }, { c: { d: null } }] } };
    expect(countKeysOfEvent(value)).toBe(9);
  });

  it("refuses what nests too deep, __proto__ and numbers beyond a double", () => {
    const nest = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;
    const base = { agent: { id: "a" }, kind: "log" };
    expect(countKeysOfEvent({ ...base, data: { a: nest(INTAKE_LIMITS.jsonDepthMax - 2) } })).toBeGreaterThan(0);
    expect(countKeysOfEvent({ ...base, data: { a: nest(INTAKE_LIMITS.jsonDepthMax - 1) } })).toBe(-1);
    expect(countKeysOfEvent(JSON.parse('{"agent":{"id":"a"},"kind":"log","data":{"__proto__":1}}'))).toBe(-1);
    expect(countKeysOfEvent(JSON.parse('{"agent":{"id":"a"},"kind":"log","__proto__":{}}'))).toBe(-1);
    expect(countKeysOfEvent(JSON.parse('{"agent":{"id":"a"},"kind":"log","data":{"n":1e999}}'))).toBe(-1);
  });
});
