import { GO_ON } from "../export/phrases.ts";
import type { Block, List, ListItem } from "./block.ts";
import { keepNote, sourceOf } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { conditionOfItem, decide, firstProse, titleOfCondition } from "./conditions.ts";
import type { Conditional } from "./conditions.ts";
import { manualStep } from "./draft.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import { commandAtEnd, inlineCommand } from "./inline-command.ts";
import { severityOf, timeOf, titleOf } from "./words.ts";

const CHECKLIST_MAX = 30;

/** The steps of a list: numbered items are steps of their own, bullets that only say something are one check-list. */
export function compileList(ctx: CompileContext, list: List, around: Surroundings): readonly DraftStep[] {
  const steps: DraftStep[] = [];
  const isChecklist =
    !list.isOrdered || around.isAside || list.items.every((item) => asks(firstProse(item.blocks)?.text ?? ""));
  let plain: ListItem[] = [];
  const flush = () => {
    if (plain.length > 0) steps.push(...checklistSteps(ctx, plain, around));
    plain = [];
  };
  for (let index = 0; index < list.items.length; index++) {
    const item = list.items[index];
    if (item === undefined) continue;
    const conditional = conditionOfItem(item);
    if (conditional === null && isChecklist && isPlain(item)) {
      plain.push(item);
      continue;
    }
    flush();
    if (conditional === null) {
      steps.push(...compileItem(ctx, item, { ...around, lead: null }));
      continue;
    }
    const group = takeConditions(list.items, index);
    steps.push(decideAmong(ctx, group, around));
    index += group.length - 1;
  }
  flush();
  return steps;
}

type ConditionalItem = readonly [ListItem, Conditional];

function takeConditions(items: readonly ListItem[], from: number): readonly ConditionalItem[] {
  const group: ConditionalItem[] = [];
  for (const item of items.slice(from)) {
    const conditional = conditionOfItem(item);
    if (conditional === null || group.length >= 19) break;
    group.push([item, conditional]);
  }
  return group;
}

function decideAmong(ctx: CompileContext, group: readonly ConditionalItem[], around: Surroundings): DraftStep {
  const options = group.map(([item, { condition, rest: said }]): DraftOption => {
    const rest = said.startsWith(GO_ON) ? "" : said;
    const [, ...inner] = item.blocks;
    const lead = rest === "" ? titleOfCondition(condition) : rest;
    const within = inner.length > 0 ? ctx.compileInner(ctx, inner, { ...around, lead: titleOf(lead) }) : [];
    const told =
      rest === "" || within.some((step) => step.title.startsWith(titleOf(rest)))
        ? []
        : sayRest(ctx, item, rest, around);
    const graded = /\s*\(severity ([1-4])\)$/.exec(condition);
    const label = titleOf(graded === null ? condition : condition.slice(0, graded.index));
    const severity = graded === null ? null : severityOf(`severity ${graded[1] ?? ""}`);
    return { label, severity, steps: [...told, ...within] };
  });
  const lines = group.map(([item]) => ({ from: item.from, to: item.to }));
  const only = group.length === 1 ? options[0]?.label : undefined;
  return decide(titleOf(only ?? around.lead ?? around.heading), lines, options, around.seconds);
}

function sayRest(ctx: CompileContext, item: ListItem, rest: string, around: Surroundings): readonly DraftStep[] {
  const prose = firstProse(item.blocks);
  if (prose === null) return [];
  return inlineCommand(ctx, prose.source, prose, around) ?? [manual(around, titleOf(rest), prose, prose.source)];
}

function manual(around: Surroundings, title: string, lines: { from: number; to: number }, text: string): DraftStep {
  const seconds = timeOf(title)?.to ?? around.seconds;
  return manualStep(title, [lines], text, seconds === null ? {} : { seconds });
}

/** Bullets within bullets, and no code: something to read and tick. */
function isPlain(item: ListItem): boolean {
  if (item.blocks.some((block) => block.kind !== "paragraph" && block.kind !== "list")) return false;
  const prose = firstProse(item.blocks);
  if (prose !== null && commandAtEnd(prose.source) !== null) return false;
  return item.blocks.every(
    (block) => block.kind !== "list" || block.items.every((inner) => conditionOfItem(inner) === null && isPlain(inner)),
  );
}

function checklistSteps(ctx: CompileContext, items: readonly ListItem[], around: Surroundings): readonly DraftStep[] {
  const chunks: (readonly ListItem[])[] = [];
  for (let at = 0; at < items.length; at += CHECKLIST_MAX) chunks.push(items.slice(at, at + CHECKLIST_MAX));
  return chunks.map((chunk) => {
    const lines = chunk.map(({ from, to }) => ({ from, to }));
    const texts = chunk.map((item) => firstProse(item.blocks)?.text ?? sourceOf(ctx, item));
    const instructions = chunk.map((item) => sourceOf(ctx, item)).join("\n");
    const title = titleOf(around.lead ?? around.heading);
    const seconds = around.seconds === null ? {} : { seconds: around.seconds };
    return manualStep(title, lines, instructions, { ...sortTexts(texts), ...seconds });
  });
}

const asks = (text: string): boolean => /\?(\s*\(.{0,200}\))?\s*$/.test(text.slice(-400));

/** What asks is answered in words; everything else is ticked. */
function sortTexts(texts: readonly string[]): { checklist: readonly string[]; questions: readonly string[] } {
  const questions = texts.filter(asks).map(titleOf).slice(0, 20);
  return { questions, checklist: texts.filter((text) => !asks(text)).map(titleOf) };
}

/** One item with everything in it. */
function compileItem(ctx: CompileContext, item: ListItem, around: Surroundings): readonly DraftStep[] {
  const prose = firstProse(item.blocks);
  if (prose === null) return ctx.compileInner(ctx, item.blocks, around);
  const rest = item.blocks.slice(1);
  const [title, ...more] = prose.text.split("\n");
  const lead = titleOf(title ?? "");
  const own = { from: prose.from, to: prose.to };
  if (rest.length === 0) {
    return inlineCommand(ctx, prose.source, prose, around) ?? [manual(around, titleOf(prose.text), own, prose.source)];
  }
  if (!rest.every(isReading)) {
    const seconds = timeOf(lead)?.to ?? around.seconds;
    const [first, ...others] = ctx.compileInner(ctx, rest, { ...around, lead, seconds });
    if (first === undefined) {
      keepNote(ctx, around.heading, prose.source, own);
      return [];
    }
    const steps = [{ ...first, lines: [...first.lines, { from: prose.from, to: prose.from }] }, ...others];
    if (more.length > 0) keepNote(ctx, lead, more.join("\n"), { from: prose.from + 1, to: prose.to });
    return steps;
  }
  const inner = rest.flatMap((block) => (block.kind === "list" ? block.items : []));
  const texts = inner.map((one) => firstProse(one.blocks)?.text ?? sourceOf(ctx, one));
  const seconds = timeOf(lead)?.to ?? around.seconds;
  const sorted = sortTexts(texts.slice(0, CHECKLIST_MAX));
  const step = manualStep(lead, [{ from: item.from, to: item.to }], sourceOf(ctx, item), {
    ...sorted,
    ...(seconds === null ? {} : { seconds }),
  });
  return [step];
}

const isReading = (block: Block): boolean =>
  block.kind === "paragraph" ||
  block.kind === "quote" ||
  (block.kind === "list" && block.items.every((item) => conditionOfItem(item) === null && isPlain(item)));
