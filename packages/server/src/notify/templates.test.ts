import { expect, test } from "vitest";
import type { ProfileTemplate } from "../kernel/index.ts";
import type { IncidentFacts } from "./facts.ts";
import { checkTemplates, renderTemplate } from "./templates.ts";

const time = new Date(Date.UTC(2026, 10, 20, 12));
const facts: IncidentFacts = {
  incident: {
    id: "INC-2026-0001",
    title: "Burst {{incident.summary}}\r\nBcc: everybody@example.org \u001B[31m",
    type: "agent_runaway",
    severity: 1,
    severity_label: "SEV-1",
    state: "detected",
    profile: "ai-empire",
    agent_id: "scout",
    pack: null,
    session_id: null,
    group_key: null,
    origin: null,
    commander: null,
    summary: "secret summary",
    root_cause: null,
    began_at: time,
    detected_at: time,
    acknowledged_at: null,
    contained_at: null,
    resolved_at: null,
    closed_at: null,
    trip_to_stop_ms: 41.6,
    version: 1,
    opened_at: time,
    updated_at: time,
  },
  clocks: [],
  profile: { title: "AI Empire" },
  consoleUrl: "https://fire.example.org",
};

const template = (text: string): ProfileTemplate => ({ name: "initial", file: "initial.md", text });

test("M-2: a template is filled from the incident", () => {
  const text =
    "Subject: {{incident.id}} {{incident.severityLabel}}\n\n{{ incident.agent }} {{incident.tripToStop}} {{incident.url}} {{clocks.containDueAt}} {{incident.containedAt}}";
  expect(renderTemplate(template(text), facts)).toEqual({
    subject: "INC-2026-0001 SEV-1",
    text: "scout 42 ms https://fire.example.org/incidents/INC-2026-0001 no target not yet",
  });
});

test("M-2: what a value contains can neither add a header nor be taken for a placeholder", () => {
  const rendered = renderTemplate(template("Subject: {{incident.title}}\n\n{{incident.title}}\n"), facts);
  expect(rendered.subject).toBe("Burst {{incident.summary}} Bcc: everybody@example.org  [31m");
  expect(rendered.text).not.toMatch(/secret summary|\p{Cc}(?<!\n)/u);
});

test("M-2: an unknown placeholder is a load problem at its place, and the page is still sent", () => {
  const faulty = template("Subject: x\n\nHello {{incident.colour}} and {{constructor}}\n");
  expect(checkTemplates([faulty])).toMatchObject([
    { file: "initial.md", line: 3, column: 7, message: "{{incident.colour}} cannot be filled" },
    { line: 3, message: "{{constructor}} cannot be filled" },
  ]);
  expect(renderTemplate(faulty, facts).subject).toMatch(/^\[SEV-1\] INC-2026-0001 detected/);
  expect(renderTemplate(undefined, facts).text).toContain("scout");
});

test("M-2: a template without a subject is a load problem", () => {
  expect(checkTemplates([template("just text")])).toMatchObject([{ line: 1, column: 1 }]);
});
