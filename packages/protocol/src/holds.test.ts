import { expect, test } from "vitest";
import { groupHolds, holdsOfSameStop } from "./holds.ts";
import type { HoldLevel, PlacedHold } from "./holds.ts";

function hold(
  id: string,
  level: HoldLevel,
  kind = "playbook",
  target = "scout",
  incidentId: string | null = "INC-1",
): PlacedHold {
  return { id, level, scope: "agent", target, incidentId, actor: { kind } };
}

const deny = hold("1", "deny");
const freeze = hold("2", "freeze");
const kill = hold("3", "kill");
const byPerson = hold("4", "freeze", "person");
const ofAnother = hold("5", "freeze", "playbook", "librarian");
const ofNoIncident = hold("6", "deny", "playbook", "scout", null);

test("C-1: the holds of one automatic stop belong together; a person's never do", () => {
  const all = [deny, freeze, kill, byPerson, ofAnother, ofNoIncident];
  expect(holdsOfSameStop(freeze, all).map((one) => one.id)).toEqual(["2", "1", "3"]);
  for (const alone of [byPerson, ofAnother, ofNoIncident]) expect(holdsOfSameStop(alone, all)).toEqual([alone]);
});

test("a stop is shown by its most restrictive hold, in the order in which the stops began", () => {
  const groups = groupHolds([byPerson, deny, ofAnother, freeze, kill, ofNoIncident]);
  expect(groups.map((group) => group.map((one) => one.id))).toEqual([["4"], ["3", "2", "1"], ["5"], ["6"]]);
  expect(groupHolds([])).toEqual([]);
});
