import type { KnownEffectors } from "../known-effectors.ts";
import type { Block } from "./block.ts";
import { compileBlocks } from "./compile-blocks.ts";
import type { CompileContext } from "./compile-context.ts";
import { compileParts, compilePlaybook } from "./compile-playbook.ts";
import type { CompiledParts } from "./compile-playbook.ts";
import type { Contact, SeverityRow } from "./contacts.ts";
import type { DraftNote, DraftPlaybook } from "./draft.ts";
import { Ledger } from "./ledger.ts";
import { listParts } from "./parts.ts";
import type { Section } from "./sections.ts";
import { buildSections, linesOfSection, titleOfSection } from "./sections.ts";
import { findPlaybooks } from "./split-playbooks.ts";

export interface RunbookSource {
  readonly blocks: readonly Block[];
  readonly source: readonly string[];
  /** so many lines of settings stand at its beginning */
  readonly front: number;
  /** when no heading says one */
  readonly title: string;
  readonly effectors: KnownEffectors;
  readonly home: string | null;
}

export interface CompiledRunbook {
  readonly playbooks: readonly DraftPlaybook[];
  readonly ledger: Ledger;
  /** the whole file is one playbook */
  readonly isOne: boolean;
  readonly contacts: readonly Contact[];
  readonly severities: readonly SeverityRow[];
}

const NOT_UNDERSTOOD = "Not understood";
const LINKS = "Links";

/** The playbooks of a runbook. Every line that is not empty is on account in the end. */
export function compileRunbook(runbook: RunbookSource): CompiledRunbook {
  const ledger = new Ledger();
  const contextOf = (): CompileContext => ({
    effectors: runbook.effectors,
    home: runbook.home,
    ledger,
    source: runbook.source,
    notes: [],
    inputs: new Map(),
    compileInner: compileBlocks,
  });
  const root = foldTop(buildSections(runbook.blocks));
  const found = findPlaybooks(root);
  const title = titleOfSection(root) || runbook.title;
  const isOne = found.length === 0;
  const common = contextOf();
  if (runbook.front > 0) {
    const text = runbook.source
      .slice(0, runbook.front)
      .filter((line) => !/^(---|\.\.\.)\s*$/.test(line))
      .join("\n");
    common.notes.push({ heading: "", text, from: 1, to: runbook.front });
    ledger.put({ from: 1, to: runbook.front }, { became: "note" });
  }
  const without = new Set(found.map(({ section }) => section));
  const shared: CompiledParts = isOne ? NOTHING : compileParts(common, listParts(prune(root, without)));
  const whole = { title, section: root, lines: { from: 1, to: runbook.source.length } };
  const sections = isOne ? [whole] : found.map((one) => ({ ...one, lines: linesOfSection(one.section) }));
  const compiled = sections.map(({ title: name, section, lines }) => {
    const ctx = contextOf();
    if (section.heading !== null) ledger.put(section.heading, { became: "playbook" });
    const draft = compilePlaybook(ctx, { title: name, lines, parts: listParts(section) }, shared);
    for (const [key, input] of common.inputs) if (!ctx.inputs.has(key)) ctx.inputs.set(key, input);
    return { ctx, draft };
  });
  for (const { draft } of compiled) for (const { steps } of draft.phases) steps.forEach((step) => ledger.putStep(step));
  for (const note of leftOver(runbook.source, ledger)) {
    const owner = compiled.find(({ draft }) => draft.lines.from <= note.from && note.to <= draft.lines.to);
    (owner?.ctx ?? common).notes.push(note);
  }
  return {
    playbooks: compiled.map(({ draft, ctx }) => ({ ...draft, about: [...ctx.notes, ...common.notes] })),
    ledger,
    isOne,
    contacts: [...new Set([...shared.contacts, ...compiled.flatMap(({ draft }) => draft.contacts)])],
    severities: [...new Set([...shared.severities, ...compiled.flatMap(({ draft }) => draft.severities)])],
  };
}

const NOTHING: CompiledParts = { phased: new Map(), seconds: new Map(), contacts: [], severities: [] };

/** A file's only top heading is its title: what stands under it stands at the top. */
function foldTop(root: Section): Section {
  const [only, ...others] = root.children;
  if (only?.heading == null || others.length > 0) return root;
  return { heading: only.heading, blocks: [...root.blocks, ...only.blocks], children: only.children };
}

function prune(section: Section, without: ReadonlySet<Section>): Section {
  const children = section.children.filter((child) => !without.has(child)).map((child) => prune(child, without));
  return { ...section, children };
}

/** Lines that nothing was made of, in runs. */
function leftOver(source: readonly string[], ledger: Ledger): readonly DraftNote[] {
  const notes: DraftNote[] = [];
  source.forEach((text, index) => {
    const line = index + 1;
    if (text.trim() === "" || ledger.get(line) !== undefined) return;
    const isLink = /^\s{0,3}\[[^\]]{1,200}\]:\s/.test(text);
    const heading = isLink ? LINKS : NOT_UNDERSTOOD;
    ledger.put({ from: line, to: line }, { became: "note", understood: isLink });
    const last = notes.at(-1);
    if (last?.to === line - 1 && last.heading === heading)
      notes[notes.length - 1] = { ...last, to: line, text: `${last.text}\n${text}` };
    else notes.push({ heading, text, from: line, to: line });
  });
  return notes;
}
