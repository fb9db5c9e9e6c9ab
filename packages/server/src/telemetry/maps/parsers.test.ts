import path from "node:path";
import { INTAKE_LIMITS } from "@firebreak/protocol";
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  date,
  dictionary,
  double,
  letrec,
  oneof,
  property,
  string,
  uint8Array,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { checkEvents } from "../parse-batch.ts";
import { loadFieldMaps } from "./load-maps.ts";
import { parseAccessLog } from "./parse-access-log.ts";
import { parseSyslog } from "./parse-syslog.ts";
import { compilePathPattern } from "./path-pattern.ts";
import { fitEvent, readLogLine } from "./read-log-line.ts";
import { readTime } from "./read-time.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const { maps } = await loadFieldMaps([path.resolve(import.meta.dirname, "../../../../../maps")]);

/** Names that maps ask for, with any values: what a program could write, and what an attacker would. */
const NAMES = [
  "timestamp",
  "ts",
  "time",
  "type",
  "message",
  "content",
  "params",
  "command",
  "tool_name",
  "agent_id",
  "agentId",
  "sessionId",
  "session_id",
  "status",
  "success",
  "role",
  "text",
  "name",
  "input",
  "id",
  "__proto__",
  "constructor",
  "attributes",
  "resource",
  "signal",
  "body",
  "event",
];
const hostileObject = letrec((tie) => ({
  value: oneof(
    { depthSize: "medium" },
    string({ unit: "binary" }),
    constantFrom(
      "assistant",
      "user",
      "message",
      "toolCall",
      "tool_use",
      "exec",
      "x".repeat(70_000),
      "\ud800",
      "9999-12-31T23:59:59Z",
      "1e400",
    ),
    double(),
    constant(null),
    boolean(),
    array(tie("value"), { maxLength: 5 }),
    tie("object"),
  ),
  object: dictionary(oneof(constantFrom(...NAMES), string()), tie("value"), { maxKeys: 12 }),
})).object;

const withinLimits = (events: ReturnType<typeof readLogLine>["events"]) => {
  const batch = checkEvents(
    events.map((event, index) => ({
      line: index + 1,
      event: { ...fitEvent(event), id: `id-${index}`, time: event.time ?? "2026-03-01T12:00:00Z" },
    })),
    NOW_MS,
  );
  expect(batch.rejected).toEqual([]);
  for (const { event } of batch.events) expect(JSON.stringify(event).length).toBeLessThan(INTAKE_LIMITS.eventBytesMax);
};

describe("D-3: whatever a line or record holds, its events can be stored", () => {
  it.each([...maps.values()].map((map) => ({ id: map.map.id, map })))("$id", ({ map }) => {
    assert(
      property(hostileObject, (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const context = { nowMs: NOW_MS, path: { agent: "a/b c", session: "\u0000" } };
        withinLimits(readLogLine(map, { bytes, length: bytes.length }, context).events);
        withinLimits(map.toEvents(value, context));
      }),
      { numRuns: 200 },
    );
    assert(
      property(uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = Buffer.from(noise);
        withinLimits(readLogLine(map, { bytes, length: bytes.length }, { nowMs: NOW_MS }).events);
      }),
      { numRuns: 100 },
    );
  });

  it("cuts what is too large: ten megabytes in one text, in many, and in names", () => {
    const [map] = [...maps.values()].filter(({ map: { id } }) => id === "openclaw-tool-execution");
    const huge = "x".repeat(1_000_000);
    for (const params of [
      { a: huge },
      Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`k${n}`, huge.slice(0, 900)])),
      { [huge]: huge },
    ]) {
      const bytes = Buffer.from(JSON.stringify({ tool_name: "exec", command: `rm -rf ${huge} /etc`, params }));
      const { events } =
        map === undefined ? { events: [] } : readLogLine(map, { bytes, length: bytes.length }, { nowMs: NOW_MS });
      withinLimits(events);
      expect(JSON.stringify(events.map(fitEvent))).toMatch(/"command":"rm -rf x+…/);
    }
  });
});

it("D-3: a record with very many elements is cut, and says so", () => {
  const map = maps.get("claude-code");
  const content = Array.from({ length: 1_200 }, (_, n) => ({ type: "text", text: `part ${n}` }));
  const line = JSON.stringify({
    type: "assistant",
    sessionId: "s",
    timestamp: "2026-02-01T00:00:00Z",
    message: { content },
  });
  const bytes = Buffer.from(line);
  const events = map === undefined ? [] : readLogLine(map, { bytes, length: bytes.length }, { nowMs: NOW_MS }).events;
  expect(events).toHaveLength(1_001);
  expect(events[0]?.data["original"]).toContain("part 0");
  expect(events[1]?.data["original"]).toBeUndefined();
  expect(events.at(-1)).toMatchObject({ kind: "log", data: { problem: expect.stringContaining("1200 elements") } });
});

describe("D-3: parsers take a time linear in the line", () => {
  const HOSTILE = [
    "\\",
    '"',
    " ",
    "[",
    "]",
    '\\"',
    "a=",
    "<1>1 - - - - - [x ",
    '[x a="',
    "Feb 27 10:00:00 h sudo: ",
    "; ",
    "COMMAND=",
  ].map((part) => part.repeat(2_000_000 / part.length));

  it.each([
    ["access log", (line: string) => parseAccessLog(line)],
    ["access log, begun", (line: string) => parseAccessLog(`a - - [10/Feb/2026:13:55:36 +0000] "${line}`)],
    ["syslog", (line: string) => parseSyslog(line)],
    ["RFC 5424", (line: string) => parseSyslog(`<165>1 2026-02-11T22:14:15.003Z host app - ID47 [a b="${line}`)],
    ["time", (line: string) => readTime(line, "UTC", NOW_MS)],
  ])("%s", (_, parse) => {
    const started = performance.now();
    for (const line of HOSTILE) parse(line);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("patterns of maps", () => {
    const started = performance.now();
    for (const id of ["auth-log", "journal", "openclaw-audit"]) {
      for (const text of HOSTILE) {
        const record = { program: "sudo", SYSLOG_IDENTIFIER: "sudo", message: text, MESSAGE: text, event: text };
        maps.get(id)?.toEvents(record, { nowMs: NOW_MS });
      }
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("D-3: times as logs write them", () => {
  it.each([
    [1_760_000_000, "2025-10-09T08:53:20.000Z"],
    [1_760_000_000_500, "2025-10-09T08:53:20.500Z"],
    ["1760000000500000", "2025-10-09T08:53:20.500Z"],
    ["1760000000500000000", "2025-10-09T08:53:20.500Z"],
    ["2026-02-14 10:00:00", "2026-02-14T10:00:00.000Z"],
    ["2026-02-14T10:00:00,123+0530", "2026-02-14T04:30:00.123Z"],
    ["Feb 29 10:00:00", undefined],
    ["2026-02-30T10:00:00Z", undefined],
    ["yesterday", undefined],
    [-5, undefined],
    [{}, undefined],
  ])("%j is %j", (value, expected) => {
    expect(readTime(value, "UTC", NOW_MS)).toBe(expected);
  });

  it("of a zone that changes its clocks, and without a year", () => {
    expect(readTime("2026-03-29T03:30:00", "Europe/Berlin", NOW_MS)).toBe("2026-03-29T01:30:00.000Z");
    expect(readTime("2026-03-29T01:30:00", "Europe/Berlin", NOW_MS)).toBe("2026-03-29T00:30:00.000Z");
    expect(readTime("Mar  2 11:00:00", "UTC", NOW_MS)).toBe("2026-03-02T11:00:00.000Z");
    expect(readTime("Mar  3 11:00:00", "UTC", NOW_MS)).toBe("2025-03-03T11:00:00.000Z");
  });

  it("reads back every moment that ISO 8601 can write", () => {
    assert(
      property(date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }), (moment) => {
        expect(readTime(moment.toISOString(), "Europe/Berlin", NOW_MS)).toBe(moment.toISOString());
      }),
    );
  });
});

describe("patterns of paths", () => {
  it("name the parts of a path, and cross parts only where they say so", () => {
    const match = compilePathPattern("**/agents/{agent}/sessions/{session}.jsonl");
    expect(match("/root/.openclaw/agents/main/sessions/a.b.jsonl")).toEqual({ agent: "main", session: "a.b" });
    expect(match("agents/main/sessions/x.jsonl")).toEqual({ agent: "main", session: "x" });
    expect(match("/agents/main/deep/sessions/x.jsonl")).toBeUndefined();
    expect(compilePathPattern("/var/log/*.lo?")("/var/log/a/b.log")).toBeUndefined();
    expect(compilePathPattern("/var/(log)/+.log")("/var/(log)/+.log")).toEqual({});
  });
});
