import type { ActionStep, DecisionOption, PlaybookDocument, Step } from "../format.ts";
import { commandLineOf } from "./command-line.ts";
import { GO_ON, OTHERWISE } from "./phrases.ts";

/** What a playbook's paper copy says of the people and the clocks around it. */
export interface RunbookSurroundings {
  /** SHA-256 of the playbook's text, hexadecimal */
  readonly hash: string;
  readonly severities: readonly {
    readonly label: string;
    readonly respond: string;
    readonly contain: string;
    readonly resolve: string;
  }[];
  readonly contacts: readonly { readonly name: string; readonly when: string; readonly reach: string }[];
}

const PHASE_TITLES = {
  contain: "Contain",
  investigate: "Investigate",
  eradicate: "Eradicate",
  recover: "Recover",
  communicate: "Communicate",
  learn: "Learn: after the incident",
} as const;

/** A playbook as a runbook in Markdown: to print, and to follow by hand when nothing else answers. */
export function writeRunbook(document: PlaybookDocument, around: RunbookSurroundings): string {
  const parts = [
    `# ${oneLine(document.title)}`,
    `**Playbook:** ${document.id}, version ${document.version}\n**Text:** SHA-256 ${around.hash}`,
    lowerHeadings(document.description),
    ...severityPart(around),
    ...contactsPart(document, around),
    ...inputsPart(document),
    ...document.phases.flatMap((phase, index) => [
      `## Phase ${index + 1}: ${PHASE_TITLES[phase.id]}${phase.timeBox === undefined ? "" : ` (${timeText(phase.timeBox)})`}`,
      ...phase.steps.flatMap((step, at) => writeStep(step, `${index + 1}.${at + 1}`)),
    ]),
  ];
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const cell = (text: string): string => oneLine(text).replaceAll("|", "\\|");

/** Headings within a text stay below those of the runbook. */
function lowerHeadings(text: string): string {
  return text.replaceAll(/^#{1,6}\s+(.*)$/gm, "**$1**");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}

function severityPart({ severities }: RunbookSurroundings): string[] {
  if (severities.length === 0) return [];
  const rows = severities.map(({ label, respond, contain, resolve }) => [label, respond, contain, resolve]);
  return ["## Severity levels", table(["Severity", "Respond within", "Contained within", "Resolved within"], rows)];
}

function contactsPart({ roles }: PlaybookDocument, { contacts }: RunbookSurroundings): string[] {
  const known = new Set(contacts.map(({ name }) => name));
  const duties = Object.values(roles)
    .filter(({ title }) => !known.has(title))
    .map(({ title, duty, access }) => [title, duty ?? access, ""]);
  const rows = [...contacts.map(({ name, when, reach }) => [name, when, reach]), ...duties];
  return rows.length === 0 ? [] : ["## Contacts", table(["Role", "When", "Contact"], rows)];
}

function inputsPart({ inputs }: PlaybookDocument): string[] {
  const rows = Object.entries(inputs).map(([name, input]) => [
    name,
    input.description ?? input.type,
    input.default === undefined ? "" : String(input.default),
  ]);
  return rows.length === 0
    ? []
    : ["## Overview: what to write down first", table(["Name", "What it is", "Value"], rows)];
}

function writeStep(step: Step, number: string): string[] {
  return [`### ☐ ${number} ${oneLine(step.title)}${clockText(step)}`, ...writeBody(step, number)];
}

/** What a machine does is quick; the clock is for people. */
function clockText(step: Step): string {
  const isAct = step.type === "action" || step.type === "verify";
  return isAct ? "" : ` (${timeText(step.timeBox)})`;
}

function timeText(duration: string): string {
  const found = /^(\d+)(ms|s|m|h|d)$/.exec(duration);
  const units = { ms: "millisecond", s: "second", m: "minute", h: "hour", d: "day" } as const;
  const unit = found?.[2];
  if (unit !== "ms" && unit !== "s" && unit !== "m" && unit !== "h" && unit !== "d") return duration;
  const count = found?.[1] ?? "";
  return `${count} ${units[unit]}${count === "1" ? "" : "s"}`;
}

const shell = (...lines: readonly string[]): string => ["```sh", ...lines, "```"].join("\n");

function writeBody(step: Step, number: string): string[] {
  switch (step.type) {
    case "action":
      return [shell(commandLineOf(step.effector, step.with)), ...approvalText(step)];
    case "verify":
      return writeVerify(step);
    case "manual":
      return [
        lowerHeadings(step.instructions),
        bullets(
          step.checklist.filter((item) => !step.instructions.includes(item)),
          "- [ ] ",
        ),
        bullets(
          step.capture.map(({ label }) => label).filter((label) => !step.instructions.includes(label)),
          "- ",
        ),
      ];
    case "decision":
      return [quoted(step.question), step.options.map((one) => writeOption(one)).join("\n"), OTHERWISE];
    case "approval":
      return [`Ask for a yes before what follows: ${step.question}`, ...inner(step.steps ?? [], number)];
    case "parallel":
      return step.branches.flatMap((branch, index) => inner(branch.steps, `${number}.${index + 1}`));
    case "for-each":
      return [`For each of \`${step.in}\`:`, ...inner(step.steps, number)];
    case "wait":
      return [waitText(step)];
    case "sub-playbook":
      return [`Follow the playbook ${step.playbook}.`];
    default:
      return step satisfies never;
  }
}

const inner = (steps: readonly Step[], number: string): string[] =>
  steps.flatMap((step, index) => writeStep(step, number === "" ? String(index + 1) : `${number}.${index + 1}`));

const bullets = (items: readonly string[], mark: string): string =>
  items.map((item) => `${mark}${oneLine(item)}`).join("\n");

function approvalText({ approval }: ActionStep): string[] {
  if (approval === undefined) return [];
  const { role, people } = approval;
  const who = role === undefined ? "" : ` (${role})`;
  return [`> Ask first: it needs the yes of ${people === 1 ? "one person" : `${people} persons`}${who}.`];
}

function writeVerify(step: Extract<Step, { type: "verify" }>): string[] {
  if (step.of !== undefined) return [`See that step ${step.of} holds.`];
  if (step.probe === undefined) return [`See that this holds: \`${step.expect ?? ""}\``];
  const expected = step.expect === undefined ? [] : [`Expected: \`${step.expect}\``];
  return [shell(commandLineOf(step.probe.effector, step.probe.with)), ...expected];
}

function waitText(step: Extract<Step, { type: "wait" }>): string {
  if (step.for !== undefined) return `Wait ${timeText(step.for).replace(/^\$\{inputs\.(\w+)\}$/, "<$1>")}.`;
  if (step.signal !== undefined) return `Wait until somebody says: ${step.signal}.`;
  return `Wait until \`${step.until ?? ""}\`.`;
}

const quoted = (text: string): string =>
  text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");

/** One item of a list: the condition, and under it what is done then. */
function writeOption({ label, severity, steps = [] }: DecisionOption): string {
  const condition = /^(if|when|in case)\s/i.test(label) ? oneLine(label) : `If ${oneLine(label)}`;
  const plain = condition.replaceAll(/\s*[:;,→]\s*/g, " – ");
  const graded = severity === undefined ? plain : `${plain} (severity ${severity})`;
  if (steps.length === 0) return `- **${graded}:** ${GO_ON}`;
  const items = steps.flatMap((step, index) => [
    `${index + 1}. **${oneLine(step.title)}:**`,
    indent(writeBody(step, "").join("\n\n"), 3),
  ]);
  return [`- **${graded}:**`, "", indent(items.join("\n\n"), 2), ""].join("\n");
}

function indent(text: string, by: number): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `${" ".repeat(by)}${line}`))
    .join("\n");
}
