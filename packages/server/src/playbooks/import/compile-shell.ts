import type { Code } from "./block.ts";
import { startMapping } from "./commands/services.ts";
import { compileCommand, compileScript } from "./compile-command.ts";
import { keepNote } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { manualStep } from "./draft.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import type { Holes } from "./placeholders.ts";
import { readShell } from "./read-shell.ts";
import type { CommandEntry, ShellEntry } from "./read-shell.ts";
import { timeOf, titleOf } from "./words.ts";

const OPTION = /^option\s+(?:\d+|[a-z])\s*[:.)-]/i;
const EVIDENCE = /\b(evidence|preserve|forensic\w*|capture|snapshot|collect|archive)\b/i;
/** A comment that tells something rather than asks for it. */
const TELLS = /^[-*(]|^(output|artifacts?|note|see|reference|example|integration|this|these|or|where|it|if)\b/i;

/** The steps of a block of shell commands. Every line of it is on account. */
export function compileShell(ctx: CompileContext, code: Code, around: Surroundings): readonly DraftStep[] {
  const { entries, holes } = readShell(code);
  const options = splitOptions(entries);
  const steps = options === null ? compileEntries(ctx, entries, holes, around) : chooseOne(ctx, options, holes, around);
  return withFences(mergeEvidence(steps), code);
}

/** The lines that open and close the block belong to its first and last step. */
function withFences(steps: readonly DraftStep[], { from, to }: Code): readonly DraftStep[] {
  return steps.map((step, index) => {
    const opening = index === 0 ? [{ from, to: from }] : [];
    const closing = index === steps.length - 1 ? [{ from: to, to }] : [];
    return { ...step, lines: [...step.lines, ...opening, ...closing] };
  });
}

function compileEntries(
  ctx: CompileContext,
  entries: readonly ShellEntry[],
  holes: Holes,
  around: Surroundings,
): readonly DraftStep[] {
  const steps: DraftStep[] = [];
  const untitled = entries.filter((entry) => entry.kind === "command" && entry.title === null);
  const beside = { ...around, isOneOfMany: untitled.length > 1 };
  for (let index = 0; index < entries.length; index++) {
    const restart = restartAt(ctx, entries, index, holes, around);
    const entry = entries[index];
    if (restart !== null) {
      steps.push(...restart.steps);
      index = restart.last;
    } else if (entry !== undefined) steps.push(...compileEntry(ctx, entry, holes, evidenceOf(beside, entry)));
  }
  return steps;
}

function evidenceOf(around: Surroundings, entry: ShellEntry): Surroundings {
  if (entry.kind !== "command" || around.isEvidence) return around;
  return { ...around, isEvidence: EVIDENCE.test(entry.title ?? "") };
}

function compileEntry(
  ctx: CompileContext,
  entry: ShellEntry,
  holes: Holes,
  around: Surroundings,
): readonly DraftStep[] {
  const lines = { from: entry.from, to: entry.to };
  switch (entry.kind) {
    case "command":
      return compileCommand(ctx, entry, holes, around);
    case "script":
      return [compileScript(entry, around)];
    case "pause":
      return [
        {
          title: titleOf(entry.text),
          lines: [lines],
          seconds: timeOf(entry.text)?.to ?? 10,
          note: null,
          content: { type: "wait" },
        },
      ];
    case "remark": {
      const text = holes.show(entry.text);
      if (TELLS.test(text) || !/\s/.test(text)) {
        keepNote(ctx, around.heading, text, lines);
        return [];
      }
      return [manualStep(titleOf(text), [lines], text, around.seconds === null ? {} : { seconds: around.seconds })];
    }
    default:
      return entry satisfies never;
  }
}

/** `pkill X`, perhaps a pause, then X started in the background: that is a restart under supervision. */
function restartAt(
  ctx: CompileContext,
  entries: readonly ShellEntry[],
  index: number,
  holes: Holes,
  around: Surroundings,
): { steps: readonly DraftStep[]; last: number } | null {
  const ends = entries[index];
  const name = ends?.kind === "command" ? endedName(ends) : null;
  if (ends?.kind !== "command" || name === null) return null;
  const next = entries[index + 1]?.kind === "pause" ? index + 2 : index + 1;
  const starts = entries[next];
  if (starts?.kind !== "command" || !starts.runsOn || !starts.text.toLowerCase().includes(name.toLowerCase()))
    return null;
  const [start] = startMapping({ command: starts.command }, name);
  if (start === undefined) return null;
  const title = ends.title ?? around.lead ?? `Restart ${name}`;
  const entry = { ...ends, title, text: `${ends.text}\n${starts.text}`, to: starts.to, expected: starts.expected };
  const mapping = { ...start, effector: "service.restart" };
  return { steps: compileCommand(ctx, entry, holes, around, [mapping]), last: next };
}

function endedName({ command }: CommandEntry): string | null {
  if (command.program !== "pkill" && command.program !== "killall") return null;
  return command.args.findLast((word) => !word.startsWith("-")) ?? null;
}

/** What is collected at once is one collection. */
function mergeEvidence(steps: readonly DraftStep[]): readonly DraftStep[] {
  const merged: DraftStep[] = [];
  for (const step of steps) {
    const last = merged.at(-1);
    const collects = ({ content }: DraftStep) => content.type === "action" && content.effector === "evidence.collect";
    if (last !== undefined && collects(last) && collects(step)) {
      merged[merged.length - 1] = { ...last, lines: [...last.lines, ...step.lines] };
    } else merged.push(step);
  }
  return merged;
}

interface Alternative {
  readonly label: string;
  readonly entries: readonly ShellEntry[];
}

/** Alternatives, each under a comment `Option 1: …`; null when the block has no two. */
function splitOptions(entries: readonly ShellEntry[]): readonly Alternative[] | null {
  const groups: { label: string; entries: ShellEntry[] }[] = [];
  for (const entry of entries) {
    const label = entry.kind === "remark" ? entry.text : entry.kind === "pause" ? null : entry.title;
    if (label !== null && OPTION.test(label)) groups.push({ label, entries: [entry] });
    else if (groups.length === 0) return null;
    else groups.at(-1)?.entries.push(entry);
  }
  return groups.length < 2 ? null : groups;
}

function chooseOne(
  ctx: CompileContext,
  alternatives: readonly Alternative[],
  holes: Holes,
  around: Surroundings,
): readonly DraftStep[] {
  const lines = alternatives.flatMap(({ entries }) => entries.map(({ from, to }) => ({ from, to })));
  const options = alternatives.map(({ label, entries }): DraftOption => {
    const rest = entries.filter((entry) => entry.kind !== "remark" || entry.text !== label);
    const inner = { ...around, lead: titleOf(label) };
    const asked = rest.map((entry) =>
      entry.kind !== "remark" && entry.kind !== "pause" && entry.title === label ? { ...entry, title: null } : entry,
    );
    return { label: titleOf(holes.show(label)), severity: null, steps: compileEntries(ctx, asked, holes, inner) };
  });
  const question = `${around.lead ?? around.heading}: which way is taken?`;
  const content = { type: "decision" as const, question, options };
  return [
    { title: titleOf(around.lead ?? around.heading), lines, seconds: around.seconds ?? 900, note: null, content },
  ];
}
