import type { AgentEvent } from "@firebreak/protocol";
import { compile } from "@firebreak/sigma";
import { expect, it } from "vitest";
import { presentEvent } from "./index.ts";

const event: AgentEvent = {
  seq: 1,
  id: "e1",
  time: "2026-03-01T12:00:00.000Z",
  receivedTime: "2026-03-01T12:00:00.000Z",
  source: "t",
  agent: { id: "scout-1" },
  kind: "model_output",
  outcome: "success",
  data: {},
};
const redacted = [
  { category: "KEY", type: "github_token", path: "data.content", count: 2 },
  { category: "EMAIL", type: "email", path: "data.to", count: 3 },
] as const;

function matches(shown: AgentEvent, selection: string): number {
  const text = `title: T\nid: t\nlogsource: { product: ai_agent }\ndetection: { s: ${selection}, condition: s }\nlevel: low`;
  const ruleset = compile([{ name: "t.yml", text }]);
  expect(ruleset.errors).toEqual([]);
  return ruleset.createEngine().evaluate(presentEvent(shown), { time: 0, id: "e" }).length;
}

it("D-5: rules see that a secret was there, of which kind and where", () => {
  const shown = { ...event, redacted };
  for (const selection of [
    "{ redacted.secret: true }",
    "{ redacted.pii: true }",
    "{ redacted.types: [aws_access_key, github_token] }",
    "{ redacted.categories|contains: EMAIL }",
    "{ redacted.secret_paths: data.content }",
    "{ redacted.pii_paths: data.to }",
    "{ redacted.count: 5 }",
    "{ redacted.pii_count|gte: 3 }",
    "{ event_type: pii.redacted }",
  ]) {
    expect([selection, matches(shown, selection)]).toEqual([selection, 1]);
    expect([selection, matches(event, selection)]).toEqual([selection, 0]);
  }
  expect(matches(shown, "{ event_type: model_output }")).toBe(1);
});

it("D-5: a sender cannot pretend that something was taken out, nor hide that it was", () => {
  const fake = { secret: true, types: ["private_key"] };
  for (const data of [
    { redacted: fake },
    { "redacted.secret": true, "redacted.types": ["private_key"] },
    { "redacted .secret": true },
  ]) {
    expect(matches({ ...event, data }, "{ redacted.secret: true }")).toBe(0);
    expect(matches({ ...event, data }, "{ redacted.types: private_key }")).toBe(0);
  }
  const hiding = { ...event, redacted, data: { redacted: null, "redacted.secret": false } };
  expect(matches(hiding, "{ redacted.secret: true }")).toBe(1);
  expect(matches(hiding, "{ redacted.secret: false }")).toBe(0);
});
