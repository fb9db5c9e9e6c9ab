import { describe, expect, test } from "vitest";
import type { LogRecord } from "../kernel/index.ts";
import { logLine } from "./log-lines.ts";

const record: LogRecord = {
  time: "2026-01-02T03:04:05.678Z",
  level: "warn",
  message: "the server does not answer",
  fields: { problem: "refused\u001b[2J\nforged", lines: 3, none: undefined },
};

describe("the log", () => {
  test("is a readable line on a terminal, without what moves its cursor", () => {
    expect(logLine(record, true)).toBe(
      "03:04:05Z firebreak: warn: the server does not answer (problem: refused forged, lines: 3)\n",
    );
    expect(logLine({ ...record, level: "info", fields: {} }, true)).toBe(
      "03:04:05Z firebreak: the server does not answer\n",
    );
  });

  test("is one JSON object a line elsewhere", () => {
    expect(JSON.parse(logLine(record, false))).toEqual({
      time: record.time,
      level: "warn",
      message: record.message,
      problem: "refused\u001b[2J\nforged",
      lines: 3,
    });
  });
});
