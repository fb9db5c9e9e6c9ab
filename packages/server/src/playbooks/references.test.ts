import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findReferences, resolveReferences } from "./references.ts";
import type { Scope } from "./references.ts";

const scope: Scope = {
  inputs: { agentId: "scout", count: 3, list: [1, 2], nothing: undefined },
  steps: { freeze: { output: { holdId: "hld_1", deep: { x: true } } } },
  run: { id: "run_1" },
  incident: { id: "INC-2026-0001" },
};

describe("references", () => {
  test.each([
    ["${inputs.agentId}", "scout"],
    ["${inputs.count}", 3],
    ["${inputs.list}", [1, 2]],
    ["${steps.freeze.output.deep}", { x: true }],
    ["${ run.id }", "run_1"],
    ["agent ${inputs.agentId} ×${inputs.count} in ${incident.id}", "agent scout ×3 in INC-2026-0001"],
    ["costs $5 and $${inputs.agentId}", "costs $5 and ${inputs.agentId}"],
    ["plain", "plain"],
  ])("%s becomes its value", (text, value) => {
    expect(resolveReferences(text, scope)).toEqual({ ok: true, value });
  });

  test.each([
    "${inputs.other}",
    "${steps.kill.output.x}",
    "${inputs.constructor}",
    "${inputs.__proto__}",
    "${steps.freeze.output.deep.toString}",
    "${inputs.agentId.length}",
    "${process.env.HOME}",
    "list: ${inputs.list}",
    "hole: ${inputs.nothing}",
    "${1 + 1}",
    "${inputs.agentId",
    "x ${}",
  ])("%s has no value, and that is said", (text) => {
    expect(resolveReferences({ a: text }, scope).ok).toBe(false);
  });

  test("a member that is an input left out is left out", () => {
    const given = { sessionId: "${inputs.nothing}", agentId: "${inputs.agentId}" };
    expect(resolveReferences(given, scope)).toEqual({ ok: true, value: { agentId: "scout" } });
  });

  test("what a reference yields is not read as a reference again", () => {
    const hostile: Scope = { ...scope, inputs: { agentId: "${run.id}" } };
    expect(resolveReferences("x ${inputs.agentId}", hostile)).toEqual({ ok: true, value: "x ${run.id}" });
  });

  test("no text makes the resolver throw, and a malformed piece never passes", () => {
    const pieces = fc.constantFrom("$", "{", "}", "a", ".", "inputs.agentId", "run.id", " ", "${run.id}");
    fc.assert(
      fc.property(fc.string({ unit: pieces }), (text) => {
        const malformed = findReferences({ text }).some(({ segment }) => segment.kind === "malformed");
        expect(malformed && resolveReferences({ text }, scope).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
