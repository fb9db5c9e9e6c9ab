import type { Block } from "./block.ts";
import { looksLikeShell } from "./looks-like-command.ts";
import type { Section } from "./sections.ts";
import { titleOfSection } from "./sections.ts";
import { isAbout, isAside, isContents, phaseOfWords, timeOfHeading } from "./words.ts";
import type { PhaseId, TimeFound } from "./words.ts";

/**
 * `steps`: what is done in the course of an incident. `aside`: what is done at no fixed place (templates, prevention).
 * `about`: text to read. `contents`: the file's own table of contents.
 */
export type PartKind = "steps" | "aside" | "about" | "contents";

export interface Part {
  readonly section: Section;
  readonly title: string;
  readonly kind: PartKind;
  readonly phase: PhaseId | null;
  readonly time: TimeFound | null;
  readonly blocks: readonly Block[];
}

const NUMBERED = /^(?:[^\p{L}\p{N}]{1,4}\s?)?(?:(?:phase|step|part|stage|section)\s+)?[\d.]{0,8}[.)]?\s*[:.–—-]?\s*/iu;
const TOOLS = /\b(tools?|scripts?|cheat ?sheet|useful|appendix|glossary|access|examples?|commands)\b/i;
/** What a runbook says of incidents in general, in lists that are no steps. */
const GENERAL =
  /\b(classification|types?|levels?|severit\w*|categor\w*|sla|matrix|tree|priorit\w*|roles|team|responsibilit\w*|best practices?|metrics|automated detection|manual detection)\b/i;

interface Above {
  readonly kind: PartKind | null;
  readonly phase: PhaseId | null;
}

/** The parts of a section in the order of the text. */
export function listParts(section: Section, isTop = true): readonly Part[] {
  return walk(section, { kind: null, phase: null }, isTop);
}

function walk(section: Section, above: Above, isTop: boolean): readonly Part[] {
  const written = titleOfSection(section);
  const time = isTop ? null : timeOfHeading(written);
  const named = time === null ? written : written.replace(/\s*\([^()]*\)\s*:?\s*$/, "");
  const title = named.replace(NUMBERED, "").trim() || named;
  const found = isTop ? { kind: "about" as const, phase: null } : classify(section, title, above);
  const part: Part = { section, title, ...found, time, blocks: section.blocks };
  const inherited = isTop ? { kind: null, phase: null } : inheritedFrom(title, found);
  return [...splitTop(part, isTop), ...section.children.flatMap((child) => walk(child, inherited, false))];
}

/** Parts below lists of tools and general remarks are to be read too; below any other text they are looked at anew. */
function inheritedFrom(title: string, { kind, phase }: Pick<Part, "kind" | "phase">): Above {
  const isAll = TOOLS.test(title) || GENERAL.test(title);
  return { kind: kind === "about" && !isAll ? null : kind, phase };
}

function classify(section: Section, title: string, above: Above): Pick<Part, "kind" | "phase"> {
  if (isContents(title)) return { kind: "contents", phase: null };
  if (above.kind === "about") return { kind: "about", phase: null };
  const words = phaseOfWords(title);
  const phase = above.phase ?? words;
  if (above.kind === "aside") return { kind: "aside", phase };
  if (above.phase !== null) return { kind: "steps", phase };
  if (isAside(title) && !TOOLS.test(title)) return { kind: "aside", phase: words ?? "communicate" };
  if (words === "communicate" || (words === "learn" && /template/i.test(title))) return { kind: "aside", phase };
  if (TOOLS.test(title) || GENERAL.test(title)) return { kind: "about", phase: null };
  if (isAbout(title) && words === null) return { kind: "about", phase: null };
  if (words !== null) return { kind: "steps", phase: words };
  return { kind: section.blocks.some(isDone) ? "steps" : "about", phase: null };
}

/** Something that somebody does: commands, numbered steps, a check-list. */
function isDone(block: Block): boolean {
  if (block.kind === "code") return /^(ba|z|k)?sh|^console|^shell/.test(block.language) || looksLikeShell(block.lines);
  return block.kind === "list" && (block.isOrdered || block.items.some((item) => item.isTask));
}

/** What stands under the top heading is text about the playbook, up to the first thing that somebody does. */
function splitTop(part: Part, isTop: boolean): readonly Part[] {
  if (!isTop) return splitPhasedLists(part);
  const at = part.blocks.findIndex((block) => isDone(block) || hasPhasedItems(block));
  if (at < 0) return [part];
  const doing: Part = { ...part, kind: "steps", blocks: part.blocks.slice(at) };
  return [{ ...part, blocks: part.blocks.slice(0, at) }, ...splitPhasedLists(doing)];
}

const IN_TIME = /^(immediate\w*|short[- ]term|medium[- ]term|long[- ]term)\b/i;

function hasPhasedItems(block: Block): boolean {
  if (block.kind !== "list" || block.items.length < 2) return false;
  return block.items.every(
    ({ blocks: [first, ...rest] }) => first?.kind === "paragraph" && rest.length > 0 && IN_TIME.test(first.text),
  );
}

/** A list whose items are "Immediate", "Short-term", "Long-term" is three parts. */
function splitPhasedLists(part: Part): readonly Part[] {
  if (part.kind !== "steps" || !part.blocks.some(hasPhasedItems)) return [part];
  const parts: Part[] = [];
  let before: Block[] = [];
  let isAfter = false;
  for (const block of part.blocks) {
    if (!hasPhasedItems(block) || block.kind !== "list") {
      before.push(block);
      continue;
    }
    if (before.length > 0) parts.push({ ...part, kind: "about", phase: null, blocks: before });
    before = [];
    isAfter = true;
    for (const item of block.items) {
      const [first, ...blocks] = item.blocks;
      const title = first?.kind === "paragraph" ? first.text.replace(/:\s*$/, "") : part.title;
      const section: Section = {
        heading: { kind: "heading", level: 7, text: title, from: item.from, to: first?.to ?? item.from },
        blocks,
        children: [],
      };
      parts.push({ section, title, kind: "steps", phase: timedPhase(title), time: timeOfHeading(title), blocks });
    }
  }
  if (before.length > 0)
    parts.push({ ...part, kind: isAfter ? "aside" : part.kind, phase: isAfter ? "learn" : part.phase, blocks: before });
  return parts;
}

function timedPhase(title: string): PhaseId {
  if (/^immediate/i.test(title)) return "contain";
  return /^long/i.test(title) ? "recover" : "eradicate";
}
