import { readDecisionTree } from "./decision-tree.ts";
import type { Block } from "./block.ts";
import { compileBlocks } from "./compile-blocks.ts";
import { contactsIn, severitiesIn, tablesIn } from "./contacts.ts";
import type { Contact, SeverityRow } from "./contacts.ts";
import { keepNote, sourceOf } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { compileCode } from "./compile-code.ts";
import { conditionalOf } from "./conditions.ts";
import { manualStep } from "./draft.ts";
import type { DraftStep } from "./draft.ts";
import type { Part } from "./parts.ts";
import { titleOf } from "./words.ts";

export interface PartOutcome {
  readonly steps: readonly DraftStep[];
  readonly contacts: readonly Contact[];
  readonly severities: readonly SeverityRow[];
}

const EVIDENCE = /\b(evidence|forensic\w*|preserv\w*|collection)\b/i;

/** Everything in a part: steps, contacts, severities, and what is kept to read. Every line of its blocks is on account. */
export function compilePart(ctx: CompileContext, part: Part): PartOutcome {
  const { heading } = part.section;
  if (heading !== null) ctx.ledger.put(heading, { became: part.kind === "about" ? "heading" : "phase" });
  if (part.kind === "contents") {
    for (const block of part.blocks) ctx.ledger.put(block, { became: "contents" });
    return { steps: [], contacts: [], severities: [] };
  }
  const tables = tablesIn(part.blocks);
  const contacts = tables.flatMap(contactsIn);
  const severities = tables.flatMap(severitiesIn);
  for (const table of tables) {
    const isContacts = contactsIn(table).length > 0;
    if (!isContacts && severitiesIn(table).length === 0) continue;
    keepNote(ctx, part.title, sourceOf(ctx, table), table);
    ctx.ledger.replace(table, { became: isContacts ? "contact" : "severity" });
  }
  const blocks = part.blocks.filter((block) => block.kind !== "table" || !tables.includes(block) || isOther(block));
  return { steps: stepsOf(ctx, part, blocks), contacts, severities };
}

function stepsOf(ctx: CompileContext, part: Part, blocks: readonly Block[]): readonly DraftStep[] {
  if (part.kind === "about") return readAbout(ctx, part, blocks);
  const told = tellPart(ctx, part, blocks);
  return told === null ? compileBlocks(ctx, blocks, surroundingsOf(part)) : [told];
}

/** Text with a list or two under a heading of its own is one thing to do: the text says how, the lists are ticked. */
function tellPart(ctx: CompileContext, part: Part, blocks: readonly Block[]): DraftStep | null {
  const [first] = blocks;
  const last = blocks.at(-1);
  const lists = blocks.filter((block) => block.kind === "list");
  const isTold = blocks.every((block) => block.kind === "paragraph" || isPlainList(block));
  if (first?.kind !== "paragraph" || last === undefined || lists.length === 0 || lists.length > 2 || !isTold)
    return null;
  if (blocks.some((block) => block.kind === "paragraph" && conditionalOf(block.text) !== null)) return null;
  const { heading, seconds } = surroundingsOf(part);
  const place = { from: first.from, to: last.to };
  const ticked = lists.flatMap((list) => compileBlocks(ctx, [list], surroundingsOf(part)));
  const contents = ticked.flatMap(({ content }) => (content.type === "manual" ? [content] : []));
  if (contents.length !== lists.length || contents.length !== ticked.length) return null;
  const checklist = contents.flatMap((one) => one.checklist).slice(0, 30);
  const questions = contents.flatMap((one) => one.questions).slice(0, 20);
  return manualStep(heading, [place], sourceOf(ctx, place), {
    checklist,
    questions,
    ...(seconds === null ? {} : { seconds }),
  });
}

const isPlainList = (block: Block): boolean =>
  block.kind === "list" &&
  !block.isOrdered &&
  block.items.length <= 30 &&
  block.items.every((item) => item.blocks.length === 1);

const isOther = (block: Block): boolean =>
  block.kind === "table" && contactsIn(block).length === 0 && severitiesIn(block).length === 0;

function surroundingsOf({ title, time, kind }: Part): Surroundings {
  const heading = titleOf(title) || "Steps";
  const isAside = kind === "aside";
  return {
    heading,
    lead: null,
    isEvidence: EVIDENCE.test(title),
    seconds: time?.to ?? null,
    isOneOfMany: false,
    isAside,
  };
}

/** Text to read; only check-lists and a decision tree in it are something to do. */
function readAbout(ctx: CompileContext, part: Part, blocks: readonly Block[]): readonly DraftStep[] {
  return blocks.flatMap((block): readonly DraftStep[] => {
    if (block.kind === "separator") {
      ctx.ledger.put(block, { became: "separator" });
      return [];
    }
    if (block.kind === "code" && readDecisionTree(block) !== null) return compileCode(ctx, block, surroundingsOf(part));
    if (block.kind === "list" && block.items.length > 0 && block.items.every((item) => item.isTask)) {
      const texts = block.items.map((item) => titleOf(sourceOf(ctx, item).replace(/^[-*+]\s+\[[ xX]\]\s+/, "")));
      return [manualStep(titleOf(part.title), [block], sourceOf(ctx, block), { checklist: texts.slice(0, 30) })];
    }
    keepNote(ctx, part.title, sourceOf(ctx, block), block);
    return [];
  });
}
