import { expect, test } from "vitest";
import { profileSchema } from "../kernel/index.ts";
import { actsByItself, automaticContainments } from "./automatic-containment.ts";
import type { ContainmentTrigger } from "./automatic-containment.ts";

const profile = profileSchema.pick({ detectors: true, containment: true, playbooks: true }).parse({
  detectors: [{ rule: "runs-away", playbook: "rogue-agent" }],
  playbooks: [
    { playbook: "service-down", rules: ["down"], mode: "act", with: { service: "redis" } },
    { playbook: "disk-critical", rules: ["down"], mode: "suggest" },
    { playbook: "rogue-agent", rules: ["runs-away"], mode: "ask", with: { agentId: "${alert.agentId}" } },
    { playbook: "look-closely", severities: [1], mode: "ask" },
  ],
});

const of = (changes: Partial<ContainmentTrigger>) => ({
  ruleId: "down",
  agentId: null,
  severity: 2 as const,
  incidentType: "system_outage" as const,
  tags: [],
  isLate: false,
  ...changes,
});
const begun = (changes: Partial<ContainmentTrigger>) =>
  automaticContainments(profile, of(changes)).map(({ what, mode, parameters }) => [what, mode, parameters]);

test("C-7: a playbook that the profile binds starts, or is asked for, also where no agent is concerned", () => {
  expect(begun({})).toEqual([["service-down", "act", { service: "redis" }]]);
  expect(begun({ severity: 1 })).toEqual([
    ["service-down", "act", { service: "redis" }],
    ["look-closely", "ask", {}],
  ]);
  expect(actsByItself(profile, of({}))).toBe(true);
  expect(actsByItself(profile, of({ isLate: true }))).toBe(false);
});

test("C-7: what a sender reports starts nothing, and no playbook is begun twice for one alert", () => {
  expect(begun({ ruleId: null, severity: 1 })).toEqual([]);
  expect(begun({ ruleId: "runs-away", agentId: "scout" }).map(([what, mode]) => [what, mode])).toEqual([
    ["rogue-agent", "act"],
  ]);
});
