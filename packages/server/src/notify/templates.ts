import type { FileProblem, ProfileTemplate } from "../kernel/index.ts";
import { PLACEHOLDERS } from "./facts.ts";
import type { IncidentFacts } from "./facts.ts";

export interface Rendered {
  readonly subject: string;
  readonly text: string;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const SUBJECT_CHARACTERS_MAX = 250;
const VALUE_CHARACTERS_MAX = 10_000;

/** Sent when the template itself is missing or faulty: a page never waits for a file to be mended. */
const FALLBACK = {
  subject: "[{{incident.severityLabel}}] {{incident.id}} {{incident.state}}: {{incident.title}}",
  text: "{{incident.id}} is {{incident.state}}.\nAgent: {{incident.agent}}\nDetected: {{incident.detectedAt}}\n{{incident.url}}\n",
};

/**
 * Checks the templates of a profile: the first line is `Subject: …`, an empty line follows, and every `{{name}}` is
 * one that can be filled.
 */
export function checkTemplates(templates: readonly ProfileTemplate[]): FileProblem[] {
  return templates.flatMap(checkTemplate);
}

function checkTemplate(template: ProfileTemplate): FileProblem[] {
  const problems: FileProblem[] = [];
  if (splitTemplate(template.text) === undefined) {
    problems.push({
      file: template.file,
      line: 1,
      column: 1,
      message: "the template does not begin with a subject and an empty line",
      remedy: "Write `Subject: …` in the first line, leave the second empty, then the text.",
    });
  }
  for (const match of template.text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? "";
    if (Object.hasOwn(PLACEHOLDERS, name)) continue;
    problems.push({
      file: template.file,
      ...placeOf(template.text, match.index),
      message: `{{${name}}} cannot be filled`,
      remedy: `Use one of ${Object.keys(PLACEHOLDERS).join(", ")}.`,
    });
  }
  return problems;
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function splitTemplate(text: string): Rendered | undefined {
  const [, subject, body] = /^Subject: ([^\r\n]+)\r?\n\r?\n([^]*)$/.exec(text) ?? [];
  return subject === undefined || body === undefined ? undefined : { subject, text: body };
}

/** Fills a template once: what a value contains is never taken for a placeholder. */
export function renderTemplate(template: ProfileTemplate | undefined, facts: IncidentFacts): Rendered {
  const sound = template !== undefined && checkTemplate(template).length === 0;
  const parts = (sound ? splitTemplate(template.text) : undefined) ?? FALLBACK;
  const fill = (text: string) =>
    text.replace(PLACEHOLDER, (_whole, name: string) => oneLine(PLACEHOLDERS[name]?.(facts) ?? ""));
  return { subject: cut(fill(parts.subject), SUBJECT_CHARACTERS_MAX), text: fill(parts.text) };
}

/** Control characters (header breaks, terminal escapes) and bidirectional overrides from outside become spaces. */
export function oneLine(value: string): string {
  return cut(value.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]+/gu, " "), VALUE_CHARACTERS_MAX);
}

export function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).toWellFormed()}…`;
}
