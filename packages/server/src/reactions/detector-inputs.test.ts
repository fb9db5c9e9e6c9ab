import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { automaticContainments } from "../alerts/index.ts";
import type { ContainmentTrigger } from "../alerts/index.ts";
import { loadProfile, profileSchema, requireProfile } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";
import { fitInputs } from "./fit-inputs.ts";
import { planReactions } from "./plan-reaction.ts";
import type { Occasion } from "./plan-reaction.ts";

const GATEWAY = "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3fd301";
const SKILLS = "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3fd31d";
const home = mkdtempSync(path.join(tmpdir(), "fbk-inputs-"));
const profilesDir = path.resolve(import.meta.dirname, "../../../../profiles");
let guide: Profile;
beforeAll(async () => {
  guide = requireProfile(await loadProfile({ home, profilesDir, name: "openclaw-guide" }));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const trigger = (ruleId: string, agentId: string | null): ContainmentTrigger => ({
  ruleId,
  agentId,
  severity: 2,
  incidentType: "other",
  tags: [],
  isLate: false,
});

/** @returns what the playbooks that an alert starts get */
function inputsOf(
  profile: Pick<Profile, "detectors" | "containment" | "playbooks">,
  { ruleId, agentId }: { readonly ruleId: string; readonly agentId: string | null },
  data: Readonly<Record<string, unknown>>,
) {
  const alert = { agentId, sessionId: undefined, title: "an alert" };
  const scope = { alert, incident: { id: "INC-1" }, event: { data } };
  const occasion: Occasion = {
    title: "an alert",
    alertId: "a",
    incidentId: "INC-1",
    agentId,
    sessionId: null,
    scope,
    isLate: false,
  };
  return automaticContainments(profile, trigger(ruleId, agentId))
    .flatMap((containment) => planReactions(containment, occasion))
    .map(({ what, parameters, problem }) => ({ what, parameters, problem }));
}

describe("P-7: what a detection of openclaw-guide gives the playbook that it starts", () => {
  test.each(["source_ip", "src_ip", "client_ip", "remote_addr"])("the address that came, as %s has it", (field) => {
    const given = inputsOf(guide, { ruleId: GATEWAY, agentId: null }, { [field]: "203.0.113.9" });
    expect(given).toEqual([
      { what: "unauthorized-network-access", parameters: { address: "203.0.113.9" }, problem: null },
    ]);
  });

  test("the skill that differs, and the agent; without a name it starts all the same", () => {
    const of = (data: Readonly<Record<string, unknown>>) =>
      inputsOf(guide, { ruleId: SKILLS, agentId: "claw" }, data).map(({ parameters }) => parameters);
    expect(of({ added_skills: ["mail"], modified_skills: ["notes"] })).toEqual([{ agentId: "claw", skill: "mail" }]);
    expect(of({ added_skills: [], modified_skills: ["notes"] })).toEqual([{ agentId: "claw", skill: "notes" }]);
    expect(of({})).toEqual([{ agentId: "claw" }]);
  });
});

test("P-7: a detector without inputs of its own starts nothing where no agent is concerned", () => {
  const profile = profileSchema
    .pick({ detectors: true, containment: true, playbooks: true })
    .parse({ detectors: [{ rule: "r", playbook: "p" }] });
  expect(inputsOf(profile, { ruleId: "r", agentId: null }, {})).toEqual([]);
  expect(inputsOf(profile, { ruleId: "r", agentId: "scout" }, {})).toMatchObject([
    { parameters: { agentId: "scout" } },
  ]);
});

test("P-7: a list that a profile gives is given whole, and only of references the first with a value", () => {
  const given = {
    folders: ["/a", "/b"],
    mixed: ["/a", "${event.data.b}"],
    one: ["${event.data.a}", "${event.data.b}"],
  };
  const profile = profileSchema
    .pick({ detectors: true, containment: true, playbooks: true })
    .parse({ playbooks: [{ playbook: "p", rules: ["r"], mode: "act", with: given }] });
  expect(inputsOf(profile, { ruleId: "r", agentId: null }, { b: "here" })).toMatchObject([
    { parameters: { folders: ["/a", "/b"], mixed: ["/a", "here"], one: "here" } },
  ]);
});

describe("P-7: what stands in an event keeps no playbook from starting that can do without it", () => {
  const input = { description: "", required: true as const };
  const document = {
    inputs: {
      address: { ...input, type: "string" as const },
      port: { ...input, type: "number" as const },
      folders: { ...input, type: "list" as const },
    },
  };

  test.each([
    [{ address: 7 }, { address: "7" }],
    [{ address: { toString: "x" } }, {}],
    [{ address: ["10.0.0.1"] }, {}],
    [{ address: "x".repeat(4001) }, {}],
    [{ folders: ["/a", "/b"] }, { folders: ["/a", "/b"] }],
    [{ folders: "/a" }, { folders: ["/a"] }],
    [{ agentId: "scout", sessionId: "s", port: 80 }, { port: 80 }],
    [{ adress: "a name that the profile has wrong" }, { adress: "a name that the profile has wrong" }],
  ])("%j", (given, taken) => {
    expect(fitInputs(document, given)).toEqual(taken);
  });
});
