import { describe, expect, test } from "vitest";
import { presentRecord, readRecordTime } from "./present-record.ts";

const sysmon = (id: number | string) => ({
  Event: {
    System: {
      Provider: { "#attributes": { Name: "Microsoft-Windows-Sysmon" } },
      EventID: id,
      Channel: "Microsoft-Windows-Sysmon/Operational",
      TimeCreated: { "#attributes": { SystemTime: "2026-04-17T05:24:53.092Z" } },
    },
    EventData: { "Target Filename": "C:\\x", EventID: 999, Data: [{ "#attributes": { Name: "N" }, "#text": "v" }] },
  },
});

const logsourcesOf = (record: Record<string, unknown>) =>
  presentRecord(record, { routing: true }).presentations.map(({ logsource }) => logsource);

describe("D-4: a record of a log file as rules see it", () => {
  test("a Windows event is flattened; what the system says of it wins over its data", () => {
    const [presentation] = presentRecord(sysmon(11), { routing: false }).presentations;
    expect(presentation?.logsource).toEqual({});
    expect(presentation?.fields).toMatchObject({
      EventID: 11,
      Provider_Name: "Microsoft-Windows-Sysmon",
      "Target Filename": "C:\\x",
      N: "v",
    });
  });

  test.each([
    [sysmon(1), ["process_creation"]],
    [sysmon("11"), ["file_event"]],
    [sysmon(13), ["registry_event", "registry_set"]],
    [sysmon(777), [undefined]],
  ])("the id of a Sysmon event tells its categories", (record, categories) => {
    const found = logsourcesOf(record);
    expect(found.map(({ category }) => category)).toEqual(categories);
    for (const one of found) expect(one).toMatchObject({ product: "windows", service: "sysmon" });
  });

  test("what a record says of itself counts first, and the same names are the same object", () => {
    const own = { product: "linux", category: "process_creation", CommandLine: "ls" };
    expect(logsourcesOf(own)).toEqual([{ product: "linux", category: "process_creation" }]);
    expect(logsourcesOf(own)[0]).toBe(logsourcesOf({ ...own })[0]);
    expect(logsourcesOf({ ...own, Channel: "Security", EventID: 4688 })).toEqual([
      { product: "linux", category: "process_creation", service: "security" },
    ]);
    expect(logsourcesOf({ Channel: "Security", EventID: 4688 })).toEqual([
      { product: "windows", category: "process_creation", service: "security" },
    ]);
    expect(logsourcesOf({ message: "hello" })).toEqual([]);
  });

  test("an event of an agent is presented as the server presents it", () => {
    const record = { agent: { id: "scout" }, kind: "command", data: { command: "rm -rf /" } };
    const presented = presentRecord(record, { routing: true }).presentations;
    expect(presented.map(({ logsource }) => logsource.category)).toEqual(["agent_events", "process_creation"]);
    expect(presented[0]?.fields).toMatchObject({ command: "rm -rf /", agent_id: "scout" });
  });

  test.each([
    [{ time: "2026-01-01T00:00:00Z" }, "2026-01-01T00:00:00.000Z"],
    [{ "@timestamp": "2026-01-01T02:00:00+02:00" }, "2026-01-01T00:00:00.000Z"],
    [{ UtcTime: "2026-01-01 00:00:00.250" }, "2026-01-01T00:00:00.250Z"],
    [sysmon(1), "2026-04-17T05:24:53.092Z"],
  ])("its time is read, without a zone as UTC", (record, iso) => {
    expect(readRecordTime(record)).toBe(Date.parse(iso));
  });

  test("what is no time is none", () => {
    expect(readRecordTime({ time: "soon", timestamp: 5 })).toBeUndefined();
  });
});
