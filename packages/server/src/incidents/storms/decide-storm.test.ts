import type { Severity } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { ALL, decideStorm } from "./decide-storm.ts";
import type { ActiveStorm, StormSituation } from "./decide-storm.ts";

const settings = { incidents: 3, incidentsOfAll: 6, minutes: 10, quietMinutes: 30 };
const loop = { origin: "rule:loop", isOfRule: true, agentId: "a", severity: 3 as Severity };
const calm: StormSituation = { settings, active: new Map(), storms: new Map(), opened: new Map() };
const opened = (counts: Record<string, number>): Partial<StormSituation> => ({
  opened: new Map(Object.entries(counts)),
});
const active = (key: string, severity: Severity = 3) =>
  new Map<string, ActiveStorm>([[key, { incidentId: "INC-9", severity }]]);
const decide = (alert: Partial<typeof loop> = {}, situation: Partial<StormSituation> = {}) =>
  decideStorm({ ...loop, ...alert }, { ...calm, ...situation });

test("D-9: so many incidents of one rule are one each, and the next begins a storm", () => {
  expect(decide({}, opened({ "rule:loop": 2, "rule:other": 1 }))).toBeNull();
  const begins = { key: "rule:loop", reason: "rule_storm", incidentId: null };
  expect(decide({}, opened({ "rule:loop": 3 }))).toEqual(begins);
  expect(decide({ severity: 1 }, opened({ "rule:loop": 3 }))).toEqual(begins);
  const joins = { key: "rule:loop", reason: "rule_storm", incidentId: "INC-9" };
  expect(decide({}, { active: active("rule:loop") })).toEqual(joins);
});

test("D-9: many incidents of all rules together are a storm, which hides neither a new rule nor what is critical", () => {
  const many = opened({ "rule:loop": 2, "rule:b": 2, "rule:c": 2 });
  expect(decide({}, many)).toEqual({ key: ALL, reason: "wide_storm", incidentId: null });
  expect(decide({ origin: "rule:new" }, many)).toBeNull();
  expect(decide({ severity: 1 }, many)).toBeNull();
  expect(decide({ origin: "source:prometheus/Down", isOfRule: false }, many)).toMatchObject({ reason: "wide_storm" });
  expect(decide({}, { ...opened({ "rule:loop": 1 }), active: active(ALL) })).toMatchObject({ incidentId: "INC-9" });
  expect(decide({ severity: 1 }, { ...opened({ "rule:loop": 1 }), active: active(ALL) })).toBeNull();
});

test("D-9: what else an agent of a storm does joins it only if it is no graver", () => {
  const storms = new Map([["a", [{ incidentId: "INC-9", severity: 3 as Severity }]]]);
  const joins = { key: "rule:other", reason: "agent_storm", incidentId: "INC-9" };
  expect(decide({ origin: "rule:other" }, { storms })).toEqual(joins);
  expect(decide({ origin: "rule:other", severity: 4 }, { storms })).toEqual(joins);
  expect(decide({ origin: "rule:other", severity: 2 }, { storms })).toBeNull();
  expect(decide({ origin: "rule:other", agentId: "b" }, { storms })).toBeNull();
  const grave = new Map([["a", [{ incidentId: "INC-9", severity: 1 as Severity }]]]);
  expect(decide({ origin: "rule:other", severity: 1 }, { storms: grave })).toBeNull();
});

test("D-9: 0 turns either kind of storm off", () => {
  const off = { settings: { ...settings, incidents: 0, incidentsOfAll: 0 } };
  expect(decide({}, { ...off, ...opened({ "rule:loop": 500 }) })).toBeNull();
});
