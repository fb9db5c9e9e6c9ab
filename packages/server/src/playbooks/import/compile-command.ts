import { RUN_BY_HAND } from "../export/phrases.ts";
import { lintParameters } from "../lint-parameters.ts";
import type { KnownEffector } from "../known-effectors.ts";
import type { Lines } from "./block.ts";
import { mapCommand } from "./commands/map-command.ts";
import type { Mapping } from "./commands/mapping.ts";
import { References } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { manualStep } from "./draft.ts";
import type { DraftStep } from "./draft.ts";
import type { Holes } from "./placeholders.ts";
import type { CommandEntry, Expected, ScriptEntry } from "./read-shell.ts";
import { titleOf } from "./words.ts";

/** What each kind of act is given; a person may wait longer. */
const SECONDS: readonly (readonly [RegExp, number])[] = [
  [/^(check|log|events|agent)\./, 30],
  [/^evidence\./, 120],
  [/^(docker|service|firewall|process|file|skill|mcp)\./, 120],
  [/^(backup|disk)\./, 3600],
  [/^command\.read$/, 60],
];

/** What an answer must be for a check to hold. */
const HOLDS: Readonly<Record<string, string>> = {
  "check.http": "output.up",
  "check.tcp": "output.open",
  "check.redis": "output.up",
  "check.postgres": "output.up",
  "check.service": "output.active",
  "check.file": "output.exists",
  "check.git": "output.clean",
};

/** Asked for though they destroy no evidence: a text of unknown origin should not do these by itself. */
const ASKED_FIRST = new Set([
  "command.run",
  "git.restore",
  "disk.clean",
  "backup.restore",
  "host.isolate",
  "credential.rotate",
]);

const VERIFIES = /\b(verif\w*|confirm\w*|make sure|ensure|validate|healthy|is back|are back|is up)\b/i;

/** The steps of one command: what does it, and what must be true after it. */
export function compileCommand(
  ctx: CompileContext,
  entry: CommandEntry,
  holes: Holes,
  around: Surroundings,
  mappings: readonly Mapping[] = mapCommand(useOf(entry, around)),
): readonly DraftStep[] {
  const chosen = choose(ctx, mappings, holes);
  const title = titleOfEntry(entry, around);
  const lines = [{ from: entry.from, to: entry.to }];
  if (chosen === null) return [byHand(entry, title, lines, mappings, around)];
  const { mapping, effector, parameters } = chosen;
  const seconds = SECONDS.find(([names]) => names.test(mapping.effector))?.[1] ?? 600;
  const isApproved = effector.destroysEvidence || ASKED_FIRST.has(mapping.effector);
  const undo = effector.expiry === "by_undo" ? ("auto" as const) : ("none" as const);
  const content = { type: "action" as const, effector: mapping.effector, with: parameters, isApproved, undo };
  const step: DraftStep = { title, lines, seconds, note: mapping.note ?? null, content };
  if (entry.expected !== null) return withExpected(ctx, step, entry.expected);
  const holds = VERIFIES.test(title) && effector.onlyReads === true ? HOLDS[mapping.effector] : undefined;
  return [holds === undefined ? step : asVerify(step, content, holds)];
}

function titleOfEntry({ title, text }: CommandEntry, { lead, heading, isOneOfMany }: Surroundings): string {
  if (title === null && lead === null && !isOneOfMany && /\S\s+\S/.test(heading)) return heading;
  const own = title ?? (isOneOfMany || lead === null ? text : null);
  return titleOf([lead, own].filter((part) => part !== null && part !== "").join(": ") || heading);
}

type DraftAction = Extract<DraftStep["content"], { type: "action" }>;

function asVerify(step: DraftStep, { effector, with: parameters }: DraftAction, expect: string): DraftStep {
  return { ...step, content: { type: "verify", effector, with: parameters, expect } };
}

/** The step with what must be seen after it: judged by itself where it can be, else ticked by a person. */
export function withExpected(
  { effectors }: Pick<CompileContext, "effectors">,
  step: DraftStep,
  { line, text }: Expected,
): readonly DraftStep[] {
  const { content } = step;
  const onlyReads = content.type === "action" && effectors.get(content.effector)?.onlyReads === true;
  const lines = { from: line, to: line };
  const expect = content.type === "action" && onlyReads ? expectOf(content.effector, text) : undefined;
  if (content.type === "action" && expect !== undefined) {
    return [asVerify({ ...step, lines: [...step.lines, lines] }, content, expect)];
  }
  const instructions = `Compare what "${step.title}" gave with what is expected:\n\n${text}`;
  return [step, manualStep(titleOf(`Check: ${text}`), [lines], instructions, { checklist: [titleOf(text)] })];
}

function useOf({ command, filters, runsOn, text }: CommandEntry, around: Surroundings) {
  const reason = titleOf(around.heading || text).slice(0, 200);
  return { command, filters, runsOn, isEvidence: around.isEvidence, reason };
}

interface Chosen {
  readonly mapping: Mapping;
  readonly effector: KnownEffector;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function choose(ctx: CompileContext, mappings: readonly Mapping[], holes: Holes): Chosen | null {
  for (const mapping of mappings) {
    const effector = ctx.effectors.get(mapping.effector);
    if (effector === undefined) continue;
    const references = new References(holes, ctx.home);
    const parameters = Object.fromEntries(
      Object.entries(mapping.with).map(([key, value]) => [key, references.refer(value)]),
    );
    // A secret among the words of a command would be seen by everyone who may list processes.
    if (references.usesSecret && mapping.effector.startsWith("command.")) continue;
    if (lintParameters(effector.parameters, parameters, []).length > 0) continue;
    references.commit(ctx.inputs);
    return { mapping, effector, parameters };
  }
  return null;
}

function expectOf(effector: string, text: string): string | undefined {
  const literal = literalOf(text);
  if (literal === null) return undefined;
  if (effector === "command.read") return `output.exitCode == 0 && output.output.contains(${JSON.stringify(literal)})`;
  return HOLDS[effector];
}

/** What is written to be seen word for word: one word, or what stands in quotes. */
function literalOf(text: string): string | null {
  const quoted = /["'`]([^"'`]{1,100})["'`]/.exec(text)?.[1];
  return quoted ?? (/^[\w./:-]{1,60}$/.test(text) ? text : null);
}

function byHand(
  entry: CommandEntry,
  title: string,
  lines: readonly Lines[],
  mappings: readonly Mapping[],
  around: Surroundings,
): DraftStep {
  const wanted = mappings.find(({ effector }) => !effector.startsWith("command."))?.effector;
  const why = wanted === undefined ? "it needs a shell or a person" : `${wanted} does not take it here`;
  const expected = entry.expected === null ? {} : { checklist: [`Expected: ${titleOf(entry.expected.text)}`] };
  const seconds = around.seconds === null ? {} : { seconds: around.seconds };
  return manualStep(title, lines, runByHand(entry.text), { ...expected, ...seconds, note: `by hand: ${why}` });
}

export function compileScript(entry: ScriptEntry, around: Surroundings): DraftStep {
  const title = titleOf([around.lead, entry.title].filter((part) => part !== null).join(": ") || around.heading);
  const lines = [{ from: entry.from, to: entry.to }];
  const expected = entry.expected === null ? {} : { checklist: [`Expected: ${titleOf(entry.expected.text)}`] };
  const seconds = around.seconds === null ? {} : { seconds: around.seconds };
  return manualStep(title, lines, runByHand(entry.text), { ...expected, ...seconds, note: `by hand: ${entry.why}` });
}

/** A fence longer than any in the text, so that the text cannot end it. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function runByHand(text: string): string {
  return `${RUN_BY_HAND}\n\n${fenced(text, "sh")}`;
}
