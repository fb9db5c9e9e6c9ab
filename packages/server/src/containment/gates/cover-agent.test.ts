import { expect, test } from "vitest";
import type { CoverageFacts } from "./cover-agent.ts";
import { coverAgent, coverRecords } from "./cover-agent.ts";
import type { RecordedGate } from "./gate-records.ts";

const NOW = "2026-03-01T12:00:00.000Z";
const alive = { session: "ses_1", host: "h", alive: true };
const agoMs = (ms: number) => new Date(Date.parse(NOW) - ms).toISOString();
const record = (more: Partial<RecordedGate> = {}): RecordedGate => ({
  runtime: "claude-code",
  agent: "scout",
  pack: null,
  place: "/home/ada/.claude/settings.json",
  installedAt: NOW,
  test: { at: NOW, passed: true },
  state: "installed",
  ...more,
});
const cover = (more: Partial<CoverageFacts>) =>
  coverAgent({
    agentId: "scout",
    pack: null,
    lastSeenAt: NOW,
    supervisor: null,
    reports: [],
    records: [],
    nowMs: Date.parse(NOW),
    ...more,
  });

test("C-3: an agent that only tells is observed, and nobody says more of it", () => {
  const agent = cover({});
  expect(agent).toMatchObject({ level: "observed", gates: [], enforced: [] });
  expect(agent.summary).toBe("Observed only: nothing can refuse its calls or end its processes.");
  expect(agent.observedOnly).toEqual(["its processes: no supervisor runs it", "its calls: no gate stands before them"]);
  expect(cover({ supervisor: { ...alive, alive: false } }).level).toBe("observed");
});

test("C-3: a supervisor holds the processes, a gate the calls, and what neither sees is named", () => {
  expect(cover({ supervisor: alive }).level).toBe("processes");
  const gated = cover({ records: [record()] });
  expect(gated.level).toBe("calls");
  expect(gated.enforced).toContain("claude-code: tool calls of the agent and its sub-agents");
  expect(gated.observedOnly).toContain("claude-code: processes that a command left running");
  expect(cover({ supervisor: alive, records: [record()] }).level).toBe("processes_and_calls");
});

test.each([
  [
    "is gone",
    { records: [record({ state: "gone" })] },
    "claude-code: the gate is gone from /home/ada/.claude/settings.json",
  ],
  [
    "cannot be looked at",
    { records: [record({ state: "unreadable" })] },
    "/home/ada/.claude/settings.json cannot be read",
  ],
  ["failed its test", { records: [record({ test: { at: NOW, passed: false } })] }, "failed its last self-test"],
  [
    "went silent",
    { reports: [{ runtime: "sdk" as const, version: null, lastReportAt: agoMs(180_001) }] },
    "sdk: the gate reports no more",
  ],
])("C-3: a gate that %s enforces nothing, and the reason stands there", (_, facts, reason) => {
  const agent = cover(facts);
  expect(agent.level).toBe("observed");
  expect(agent.observedOnly).toContainEqual(expect.stringContaining(reason));
});

test("C-3: a gate that reports is one with its record, and stays a while between its reports", () => {
  const reports = [{ runtime: "openclaw" as const, version: "2026.9.6", lastReportAt: agoMs(179_000) }];
  const [gate, ...others] = cover({ reports, records: [record({ runtime: "openclaw" })] }).gates;
  expect(others).toEqual([]);
  expect(gate).toMatchObject({ state: "reporting", version: "2026.9.6", testPassed: true });
});

test("C-3: this machine alone knows its gates and its supervised sessions", () => {
  const supervised = [{ agent: "bot", pack: "ops", supervisor: alive }];
  const agents = coverRecords([record(), record({ runtime: "mcp", place: "/mcp.json" })], supervised, Date.parse(NOW));
  expect(agents.map(({ agentId, level, pack }) => [agentId, level, pack])).toEqual([
    ["bot", "processes", "ops"],
    ["scout", "calls", null],
  ]);
});
