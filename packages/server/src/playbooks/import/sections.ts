import type { Block, Heading, Lines } from "./block.ts";

/** A heading with what stands under it. The first one of a file has no heading. */
export interface Section {
  readonly heading: Heading | null;
  readonly blocks: readonly Block[];
  readonly children: readonly Section[];
}

interface OpenSection {
  readonly heading: Heading | null;
  readonly blocks: Block[];
  readonly children: OpenSection[];
}

/** Headings as a tree. */
export function buildSections(blocks: readonly Block[]): Section {
  const root: OpenSection = { heading: null, blocks: [], children: [] };
  const open: OpenSection[] = [root];
  for (const block of blocks) {
    if (block.kind !== "heading") {
      open.at(-1)?.blocks.push(block);
      continue;
    }
    while (open.length > 1 && (open.at(-1)?.heading?.level ?? 0) >= block.level) open.pop();
    const section: OpenSection = { heading: block, blocks: [], children: [] };
    open.at(-1)?.children.push(section);
    open.push(section);
  }
  return root;
}

export const titleOfSection = (section: Section): string => section.heading?.text ?? "";

/** From the heading to the end of everything under it. */
export function linesOfSection(section: Section): Lines {
  const places = [section.heading, ...section.blocks, ...section.children.map(linesOfSection)].filter(
    (one) => one !== null,
  );
  const from = places.reduce((least, one) => Math.min(least, one.from), Infinity);
  const to = places.reduce((most, one) => Math.max(most, one.to), 0);
  return { from: Number.isFinite(from) ? from : 1, to: Math.max(to, 1) };
}
