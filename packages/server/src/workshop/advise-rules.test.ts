import { compile } from "@firebreak/sigma";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adviseRules, applyFixes } from "./index.ts";

const RULE = `title: T # 2024/01/02 stays in a remark
id: t
date: 2024/01/02
tags: [attack.privilege_escalation, attack.t1059.001]
level: High
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|re|ignorecase: 'x', "command|contains": ignorecase }
  condition: s
`;
const advise = (text: string) => adviseRules({ name: "r.yml", text });

describe("D-4: what the author of a rule should know", () => {
  it("forms of older versions are mended where they stand", () => {
    expect(applyFixes(RULE, advise(RULE))).toBe(
      RULE.replace("date: 2024/01/02", "date: 2024-01-02")
        .replace("privilege_escalation", "privilege-escalation")
        .replace("level: High", "level: high")
        .replace("re|ignorecase", "re|i"),
    );
  });

  it("what is mended needs no mending again, and means the same", () => {
    const mended = applyFixes(RULE, advise(RULE));
    expect(advise(mended)).toEqual([]);
    const matches = (text: string) =>
      compile([{ name: "r.yml", text }])
        .createEngine()
        .evaluate(
          {
            presentations: [
              { logsource: { product: "ai_agent", category: "agent_events" }, fields: { command: "ignorecase X" } },
            ],
          },
          { time: 0, id: "e" },
        ).length;
    expect([matches(RULE), matches(mended)]).toEqual([1, 1]);
  });

  it("a misspelt field, key or log source is named with what was meant, where it stands", () => {
    const text = RULE.replace("command|contains", "comand|contains").replace("tags:", "tgas:");
    expect(advise(text).filter(({ fix }) => fix === undefined)).toMatchObject([
      { line: 4, column: 1, remedy: 'did you mean "tags"?' },
      { line: 8, message: expect.stringContaining('"comand"'), remedy: 'did you mean "command"?' },
    ]);
    const unfed = RULE.replace("agent_events", "agent_event");
    expect(advise(unfed)).toContainEqual(
      expect.objectContaining({ line: 6, remedy: 'did you mean "agent_events" by "agent_event"?' }),
    );
  });

  it("whatever the file holds, it reads on, and its mends load no fewer rules", () => {
    const line = fc.constantFrom(
      ...RULE.split("\n"),
      "---",
      "{",
      "  - a: b",
      "correlation:",
      "  type: temporal_extended",
      "&x *x",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), (lines) => {
        const text = lines.join("\n");
        const count = (one: string) => compile([{ name: "r.yml", text: one }]).rules.length;
        expect(count(applyFixes(text, advise(text)))).toBeGreaterThanOrEqual(count(text));
      }),
      { numRuns: 500 },
    );
  });
});
