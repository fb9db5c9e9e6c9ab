import { PUT_IN_PLACE, RUN_CODE, RUN_QUERY, USE_TEXT } from "../export/phrases.ts";
import type { Code } from "./block.ts";
import { fenced } from "./compile-command.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { compileShell } from "./compile-shell.ts";
import { readDecisionTree } from "./decision-tree.ts";
import { manualStep } from "./draft.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import { looksLikeShell } from "./looks-like-command.ts";
import { titleOf } from "./words.ts";

const SHELL = new Set(["bash", "sh", "shell", "zsh", "console", "shell-session", "terminal", "shellsession", "ksh"]);
const CONFIGURATION = new Set([
  "yaml",
  "yml",
  "json",
  "toml",
  "ini",
  "conf",
  "hcl",
  "terraform",
  "xml",
  "env",
  "properties",
  "nginx",
  "dockerfile",
]);
const QUERY = new Set(["sql", "psql", "mysql", "promql", "kql", "kusto", "spl", "logql", "cypher", "graphql"]);
const TEXT = new Set(["", "text", "txt", "plain", "plaintext", "none", "markdown", "md"]);

/** The steps of a block of code: commands one by one, everything else word for word for a person. */
export function compileCode(ctx: CompileContext, code: Code, around: Surroundings): readonly DraftStep[] {
  const { language, lines } = code;
  if (lines.every(({ text }) => text.trim() === "")) return [];
  if (SHELL.has(language) || (TEXT.has(language) && looksLikeShell(lines))) return compileShell(ctx, code, around);
  const tree = TEXT.has(language) ? readDecisionTree(code) : null;
  if (tree !== null) return [decisionOf(tree, code, around)];
  const items = TEXT.has(language) ? numbered(code) : [];
  const text = lines.map((line) => line.text).join("\n");
  const title = titleOf(around.lead ?? around.heading);
  const seconds = around.seconds === null ? {} : { seconds: around.seconds };
  if (items.length > 1) return [manualStep(title, [code], text, { checklist: items.slice(0, 30), ...seconds })];
  return [manualStep(title, [code], `${askOf(language)}\n\n${fenced(text, language)}`, seconds)];
}

function askOf(language: string): string {
  if (CONFIGURATION.has(language)) return PUT_IN_PLACE;
  if (QUERY.has(language)) return RUN_QUERY;
  return TEXT.has(language) ? USE_TEXT : RUN_CODE;
}

function numbered({ lines }: Code): readonly string[] {
  const told = lines.map(({ text }) => text.trim()).filter((text) => text !== "");
  const items = told.flatMap((text) => /^\d{1,3}[.)]\s+(.{1,300})$/.exec(text)?.[1] ?? []);
  return items.length === told.length ? items : [];
}

function decisionOf(
  tree: NonNullable<ReturnType<typeof readDecisionTree>>,
  code: Code,
  around: Surroundings,
): DraftStep {
  const options = tree.map(({ question, answer, severity }): DraftOption => ({
    label: titleOf(`${answer}: ${question}`),
    severity,
    steps: [],
  }));
  const question = tree.map((branch, index) => `${index + 1}. ${branch.question} → ${branch.answer}`).join("\n");
  const asked = `Take the first that is true:\n\n${question}`;
  const content = { type: "decision" as const, question: asked, options };
  return {
    title: titleOf(around.lead ?? around.heading),
    lines: [code],
    seconds: around.seconds ?? 900,
    note: null,
    content,
  };
}
