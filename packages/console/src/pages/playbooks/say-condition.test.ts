import { constantFrom, array, assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { sayCondition } from "./say-condition.ts";

const TITLES = new Map([["freeze", "Freeze the tree"]]);

test.each([
  ['inputs.address != ""', "address is not empty"],
  [`steps.freeze.state == "succeeded"`, "“Freeze the tree” succeeded"],
  [`steps.freeze.state != "succeeded"`, "“Freeze the tree” is not “succeeded”"],
  [`steps.freeze.output.remaining > 0`, "remaining of “Freeze the tree” is above 0"],
  [`incident.severity <= 2 && !inputs.isTest`, "the incident’s severity is at most 2 and not is test"],
  [`(output.up == false || output.status >= 500)`, "(up is false or status is at least 500)"],
  [`has(inputs.agentId)`, "agent id is known"],
])("%s is said as %s", (expression, said) => {
  expect(sayCondition(expression, TITLES)).toBe(said);
});

test.each(["size(inputs.x) > 2", "inputs.list.exists(x, x > 1)", "a ? b : c", "a ==", "(a", "", "a b"])(
  "%s is of no known shape, so nothing is said of it",
  (expression) => {
    expect(sayCondition(expression, TITLES)).toBeNull();
  },
);

test("any text ends in words or in nothing, and words keep every literal", () => {
  assert(property(string(), (text) => typeof (sayCondition(text, TITLES) ?? "") === "string"));
  const part = constantFrom("inputs.a == 7", "output.b", "!output.c", `incident.type == "other"`);
  assert(
    property(array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const said = sayCondition(parts.join(" && "), TITLES) ?? "";
      return said.split(" and ").length === parts.length && parts.includes("inputs.a == 7") === said.includes("7");
    }),
  );
});
