import { CODE_LEADS, OTHERWISE } from "../export/phrases.ts";
import type { Block, Paragraph, Quote } from "./block.ts";
import { compileCode } from "./compile-code.ts";
import { withExpected } from "./compile-command.ts";
import { keepNote, sourceOf } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { compileList } from "./compile-list.ts";
import { compileTable } from "./compile-table.ts";
import { conditionalOf, decide, titleOfCondition } from "./conditions.ts";
import { manualStep } from "./draft.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import { inlineCommand } from "./inline-command.ts";
import { timeOf, titleOf } from "./words.ts";

/** The steps of blocks that stand under one heading or in one item. What is no step is kept as a note. */
export function compileBlocks(
  ctx: CompileContext,
  blocks: readonly Block[],
  around: Surroundings,
): readonly DraftStep[] {
  return new BlockCompiler(ctx, blocks, around).compile();
}

const EXPECTED = /^(?:expected(?: output| result)?|you should see|should (?:return|show|print))\b\s*:?\s*/i;
const PAUSE = /^wait (?:for )?(?:about |at least )?\d+\s*(?:seconds?|minutes?|hours?|s|m|h|min|sec)\b[^.]{0,40}\.?$/i;
/** `Owner: Security Team`, which says something of the document. */
const METADATA =
  /^(?:document\s\w+|version|last\s\w+|owner|author|status|maintainer|reviewed|review\s\w+|next\s\w+|questions|emergency|created|updated|approved\s\w+|related\s\w+|difficulty|prerequisites|estimated\s\w+|objective|goal|note|reference|see also|timeline|agenda|scope)\s*:/i;
const LEAD_MAX = 160;

class BlockCompiler {
  readonly #ctx: CompileContext;
  readonly #blocks: readonly Block[];
  readonly #around: Surroundings;
  readonly #steps: DraftStep[] = [];
  #prose: Paragraph[] = [];
  #lead: string | null;

  constructor(ctx: CompileContext, blocks: readonly Block[], around: Surroundings) {
    this.#ctx = ctx;
    this.#blocks = blocks;
    this.#around = around;
    this.#lead = around.lead;
  }

  compile(): readonly DraftStep[] {
    for (let index = 0; index < this.#blocks.length; index++) {
      const taken = this.#takeConditions(index);
      const block = this.#blocks[index];
      if (taken > 0) index += taken - 1;
      else if (block !== undefined) index += this.#compileBlock(block, this.#blocks[index + 1]);
    }
    this.#finish();
    return this.#steps;
  }

  /** @returns how many of the following blocks were used with it */
  #compileBlock(block: Block, next: Block | undefined): 0 | 1 {
    switch (block.kind) {
      case "paragraph":
        return this.#readParagraph(block, next);
      case "heading":
        this.#flushProse();
        this.#ctx.ledger.put(block, { became: "heading" });
        this.#lead = titleOf(block.text);
        return 0;
      case "separator":
        this.#ctx.ledger.put(block, { became: "separator" });
        return 0;
      case "quote":
        this.#readQuote(block);
        return 0;
      case "code":
      case "list":
      case "table":
        this.#add(this.#takeLead(), (around) => this.#compileOther(block, around));
        return 0;
    }
  }

  #compileOther(
    block: Exclude<Block, { kind: "paragraph" | "heading" | "separator" | "quote" }>,
    around: Surroundings,
  ) {
    switch (block.kind) {
      case "list":
        return compileList(this.#ctx, block, around);
      case "code":
        return compileCode(this.#ctx, block, around);
      case "table":
        return compileTable(this.#ctx, block, around);
      default:
        return block satisfies never;
    }
  }

  #readParagraph(paragraph: Paragraph, next: Block | undefined): 0 | 1 {
    const { text } = paragraph;
    const last = this.#steps.at(-1);
    if (text === OTHERWISE && last !== undefined) {
      this.#steps.splice(-1, 1, { ...last, lines: [...last.lines, paragraph] });
      return 0;
    }
    if (EXPECTED.test(text) && this.#prose.length === 0 && last !== undefined) {
      return this.#expect(paragraph, next, last);
    }
    if (text.split("\n").every((line) => METADATA.test(line))) {
      keepNote(this.#ctx, this.#around.heading, paragraph.source, paragraph);
      return 0;
    }
    const time = PAUSE.test(text) ? timeOf(text) : null;
    const lines = { from: paragraph.from, to: paragraph.to };
    if (time !== null) {
      this.#push([{ title: titleOf(text), lines: [lines], seconds: time.to, note: null, content: { type: "wait" } }]);
      return 0;
    }
    const conditional =
      text.length <= 300 && next?.kind !== "code" && next?.kind !== "list" ? conditionalOf(text) : null;
    if (conditional !== null && conditional.rest !== "") {
      const { condition, rest } = conditional;
      const step = manualStep(titleOf(rest), [lines], paragraph.source);
      const label = titleOf(condition);
      this.#push([decide(label, [lines], [{ label, severity: null, steps: [step] }], this.#around.seconds)]);
      return 0;
    }
    const command = inlineCommand(this.#ctx, paragraph.source, paragraph, { ...this.#around, lead: this.#lead });
    if (command !== null) this.#push(command);
    else this.#prose.push(paragraph);
    return 0;
  }

  #expect(paragraph: Paragraph, next: Block | undefined, last: DraftStep): 0 | 1 {
    const said = paragraph.text.replace(EXPECTED, "").trim();
    const shown = said === "" && next?.kind === "code" ? next : null;
    const text =
      shown === null
        ? said || paragraph.text
        : shown.lines
            .map((line) => line.text)
            .join("\n")
            .trim();
    const place = { from: paragraph.from, to: shown?.to ?? paragraph.to };
    const steps = withExpected(this.#ctx, last, { line: paragraph.from, text });
    const [first, ...more] = steps;
    if (first === undefined) return 0;
    const grown =
      more.length === 0
        ? [{ ...first, lines: [...first.lines, place] }]
        : [first, ...more.map((step) => ({ ...step, lines: [place] }))];
    this.#steps.splice(-1, 1, ...grown);
    return shown === null ? 0 : 1;
  }

  /** Quoted text is something to mind; only commands in it are steps like others. */
  #readQuote(quote: Quote): void {
    this.#flushProse();
    const codes = quote.blocks.filter((block) => block.kind === "code");
    if (codes.length === 0) keepNote(this.#ctx, this.#around.heading, sourceOf(this.#ctx, quote), quote);
    else for (const block of quote.blocks) this.#compileBlock(block, undefined);
  }

  /** Paragraphs such as "For system issues:", each with the blocks after it: a person says which holds. */
  #takeConditions(from: number): number {
    const options: DraftOption[] = [];
    const used: Block[] = [];
    let at = from;
    for (let head = this.#conditionAt(at); head !== null; head = this.#conditionAt(at)) {
      const inner: Block[] = [];
      for (at++; at < this.#blocks.length && !this.#endsCondition(at); at++) {
        const block = this.#blocks[at];
        if (block !== undefined) inner.push(block);
      }
      const around = { ...this.#around, lead: titleOf(head.lead) };
      options.push({ label: titleOf(head.condition), severity: null, steps: compileBlocks(this.#ctx, inner, around) });
      used.push(head.block, ...inner);
      if (options.length >= 19) break;
    }
    if (options.length === 0) return 0;
    this.#flushProse();
    const lines = used.map(({ from: first, to }) => ({ from: first, to }));
    const title = options.length === 1 ? (options[0]?.label ?? "") : titleOf(this.#lead ?? this.#around.heading);
    this.#push([decide(title, lines, options, this.#around.seconds)]);
    return at - from;
  }

  #conditionAt(index: number): { block: Paragraph; condition: string; lead: string } | null {
    const block = this.#blocks[index];
    const next = this.#blocks[index + 1];
    if (block?.kind !== "paragraph" || (next?.kind !== "code" && next?.kind !== "list")) return null;
    const found = conditionalOf(block.text);
    if (found === null || block.text.length > 300) return null;
    return {
      block,
      condition: found.condition,
      lead: found.rest === "" ? titleOfCondition(found.condition) : found.rest,
    };
  }

  #endsCondition(index: number): boolean {
    const block = this.#blocks[index];
    return (
      block?.kind === "heading" ||
      block?.kind === "separator" ||
      (block?.kind === "paragraph" && !EXPECTED.test(block.text))
    );
  }

  #takeLead(): Paragraph | null {
    const last = this.#prose.at(-1);
    if (last === undefined || last.text.length > LEAD_MAX || last.linked > 0.8) return null;
    if (!/:\s*$/.test(last.text) && last.lead === null && last.text.includes(". ")) return null;
    this.#prose.pop();
    return last;
  }

  #add(lead: Paragraph | null, compile: (around: Surroundings) => readonly DraftStep[]): void {
    this.#flushProse();
    const isFixed = lead !== null && CODE_LEADS.has(lead.text);
    const text = lead === null || isFixed ? this.#lead : titleOf(lead.text);
    const seconds = (lead === null ? null : timeOf(lead.text)?.to) ?? this.#around.seconds;
    const steps = compile({ ...this.#around, lead: text, seconds });
    const [first] = steps;
    const says = isFixed || (lead !== null && steps.some((step) => step.title.startsWith(titleOf(lead.text))));
    if (lead !== null && first !== undefined && says) this.#ctx.ledger.put(lead, { became: "step", step: first });
    else if (lead !== null) keepNote(this.#ctx, this.#around.heading, lead.source, lead);
    this.#push(steps);
  }

  #push(steps: readonly DraftStep[]): void {
    this.#steps.push(...steps);
    if (steps.length > 0) this.#lead = this.#around.lead;
  }

  /** Text that belongs to no step is kept to read. */
  #flushProse(): void {
    for (const { source, from, to } of this.#prose) keepNote(this.#ctx, this.#around.heading, source, { from, to });
    this.#prose = [];
  }

  /** A part with nothing but text is something to do, told in prose. */
  #finish(): void {
    const [first] = this.#prose;
    const last = this.#prose.at(-1);
    if (this.#steps.length > 0 || first === undefined || last === undefined) {
      this.#flushProse();
      return;
    }
    const text = this.#prose.map(({ source }) => source).join("\n\n");
    const lines = this.#prose.map(({ from, to }) => ({ from, to }));
    const seconds = this.#around.seconds === null ? {} : { seconds: this.#around.seconds };
    this.#prose = [];
    this.#push([manualStep(titleOf(this.#around.lead ?? this.#around.heading), lines, text, seconds)]);
  }
}
