import type { AgentEventInput } from "@firebreak/protocol";
import { EVENT_KINDS, agentEventInput } from "@firebreak/protocol";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { normalizeTime } from "./event-times.ts";
import { prepareEvent } from "./prepare-event.ts";

const redactor = createRedactor({ ...DEFAULT_REDACTION, secrets: "detect", pii: "detect" });
const HIT = { id: "ind_1", type: "domain", value: "evil.example", source: 'a "b"', severity: 2, path: "data" } as const;
const receivedTime = "2026-03-01T12:00:00.000Z";
const printable = fc
  .string({
    unit: fc.constantFrom("a", "B", "7", '"', "\\", "/", " ", "é", "\u2028", "\u007e"),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => agentEventInput.shape.source.safeParse(text).success);
const entity = fc.string({ unit: fc.constantFrom("a", "Z", "0", "-", "_", "."), minLength: 1, maxLength: 9 });
const optional = { requiredKeys: ["agent", "kind"] as ["agent", "kind"] };
const inputs = fc
  .record(
    {
      id: printable,
      time: fc.constantFrom("2026-03-01T11:59:00Z", "2026-03-01T11:59:00.123456Z", "2026-03-01T13:59:00.5+02:00"),
      source: printable,
      agent: fc.record(
        { id: fc.constant("scout-1"), pack: entity, session: printable, run: printable },
        { requiredKeys: ["id"] },
      ),
      kind: fc.constantFrom(...EVENT_KINDS),
      outcome: fc.constantFrom("success", "failure", "denied", "unknown"),
      risk: fc.constantFrom("low", "medium", "high", "critical"),
      resource: fc.string({ unit: "binary", maxLength: 20 }),
      data: fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 })),
    },
    optional,
  )
  .map((value) => agentEventInput.safeParse(value))
  .filter((parsed) => parsed.success);

it("keeps the canonical text of the event, byte for byte, whatever was left out", () => {
  const property = fc.property(inputs, fc.boolean(), ({ data: input }, isOwn) => {
    const sender = isOwn ? { name: 'a "b"\n', agentId: "scout-1", sessionId: "ses 1" } : { name: "door" };
    const row = prepareEvent(copyOf(input), {
      sender,
      receivedTime,
      makeId: () => "evt_made",
      redactor,
      matchIndicators: () => (isOwn ? [HIT] : []),
    });
    const { seq, ...event } = row.event;
    expect(seq).toBe(0);
    expect(row.body).toBe(canonicalJson(event));
  });
  fc.assert(property, { numRuns: 500 });
});

function copyOf(input: AgentEventInput): AgentEventInput {
  return structuredClone(input);
}

it("brings every time of the wire into one form, and leaves that form as it is", () => {
  for (const [time, normal] of [
    ["2026-03-01T11:59:00Z", "2026-03-01T11:59:00.000Z"],
    ["2026-03-01T11:59:00.1Z", "2026-03-01T11:59:00.100Z"],
    ["2026-03-01T11:59:00.123999Z", "2026-03-01T11:59:00.123Z"],
    ["2026-03-01T13:59:00.123+02:00", "2026-03-01T11:59:00.123Z"],
    ["2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"],
  ] as const) {
    expect(normalizeTime(time)).toBe(normal);
    expect(normalizeTime(time)).toBe(new Date(time).toISOString());
  }
});
