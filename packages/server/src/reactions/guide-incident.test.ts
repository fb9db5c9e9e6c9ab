import { expect, test } from "vitest";
import { agentEffectors } from "../containment/index.ts";
import { profileSchema } from "../kernel/index.ts";
import { checkPlaybook } from "../playbooks/index.ts";
import { guideIncident } from "./guide-incident.ts";
import type { GuidedIncident } from "./guide-incident.ts";

const effectors = new Map(agentEffectors.map((one) => [one.name, one]));

function playbook(id: string, appliesTo: string, inputs = "{}") {
  const text = `
id: ${id}
title: Book ${id}
description: For tests.
appliesTo: ${appliesTo}
inputs: ${inputs}
phases:
  - id: contain
    steps: [{ id: look, title: Look, type: manual, instructions: Look., timeBox: 5m }]
`;
  const { playbook: loaded, problems } = checkPlaybook(`${id}.yaml`, text, effectors);
  if (loaded === null) throw new Error(JSON.stringify(problems));
  return [id, loaded] as const;
}

const AGENT = "{ agentId: { type: string }, sessionId: { type: string, required: false } }";
const playbooks = new Map([
  playbook("by-rule", "{ rules: [r1] }"),
  playbook("by-type", "{ incidentTypes: [agent_runaway], severities: [1] }"),
  playbook("bound", "{}", AGENT),
  playbook("of-detector", "{}", AGENT),
  playbook("service", "{}", "{ service: { type: string } }"),
]);

const profile = profileSchema.pick({ detectors: true, playbooks: true, contacts: true }).parse({
  detectors: [
    { rule: "r9", playbook: "of-detector" },
    { rule: "r8", playbook: "gone" },
  ],
  playbooks: [
    { playbook: "bound", incidentTypes: ["agent_runaway"], with: { agentId: "${alert.agentId}", unknown: "x" } },
    { playbook: "service", rules: ["r2"], severities: [1, 2], with: { service: "redis" } },
  ],
  contacts: [
    { role: "on_call", title: "On call", duty: "responds", trigger: "always" },
    { role: "manager", title: "Manager", duty: "leads", trigger: "grave", when: { severities: [1, 2] } },
    {
      role: "legal",
      title: "Legal",
      duty: "law",
      trigger: "a breach",
      when: { incidentTypes: ["security_pii_exposure"] },
    },
  ],
});

const incident: GuidedIncident = {
  id: "INC-1",
  title: "It runs away",
  type: "agent_runaway",
  severity: 1,
  agentId: "scout",
  sessionId: null,
  pack: "research",
  ruleIds: ["r2", "r9", "r1", "r8"],
};

const suggested = (changes: Partial<GuidedIncident> = {}) =>
  guideIncident(profile, playbooks, { ...incident, ...changes }).playbooks.map(({ id }) => id);

test("P-1: an incident shows its playbooks, what the profile binds first, with the inputs that are known", () => {
  const guidance = guideIncident(profile, playbooks, incident);
  expect(guidance.playbooks.map(({ id, inputs }) => [id, inputs])).toEqual([
    ["of-detector", { agentId: "scout" }],
    ["service", { service: "redis" }],
    ["bound", { agentId: "scout" }],
    ["by-rule", {}],
    ["by-type", {}],
  ]);
});

test("a binding holds only with everything that it gives, and what no longer exists is left out", () => {
  expect(suggested({ severity: 3 })).toEqual(["of-detector", "bound", "by-rule"]);
  expect(suggested({ ruleIds: [], type: "system_outage" })).toEqual([]);
  expect(suggested({ ruleIds: ["r2"], type: "system_outage", severity: 2 })).toEqual(["service"]);
});

test("T-5: those are brought in whose trigger fits", () => {
  const roles = (changes: Partial<GuidedIncident>) =>
    guideIncident(profile, playbooks, { ...incident, ...changes }).contacts.map(({ role }) => role);
  expect(roles({})).toEqual(["on_call", "manager"]);
  expect(roles({ severity: 4 })).toEqual(["on_call"]);
  expect(roles({ type: "security_pii_exposure" })).toEqual(["on_call", "manager", "legal"]);
});
