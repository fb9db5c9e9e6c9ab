import type { Section } from "./sections.ts";
import { titleOfSection } from "./sections.ts";
import { phaseOfWords } from "./words.ts";

/** `Incident #1: Service Down`, `Playbook 2 - …`, `Scenario: …`. */
const NAMED =
  /^(?:[^\p{L}\p{N}]{1,4}\s?)?(?:\d{1,2}(?:\.\d{1,2})?[.)]?\s+)?(?:incident|playbook|scenario|runbook|case|use case|alert|procedure|sop)\s*(?:#|no\.?\s|nr\.?\s)?\s*(?:(?:\d{1,3}|[A-Z]\b)\s*[:.)–—-]|:)\s*(\S.*)$/iu;
const SEEN =
  /\b(symptoms?|meaning|impact|scenario|description|triggers?|alert|signs?|indicators?|overview|problem|summary|when)\b/i;

export interface PlaybookSection {
  readonly title: string;
  readonly section: Section;
}

/** The sections of a file that are a playbook each; empty when the whole file is one. */
export function findPlaybooks(root: Section): readonly PlaybookSection[] {
  return findIn(root, named) ?? findIn(root, shaped) ?? [];
}

type Recognize = (section: Section) => string | null;

/** The outermost headings that are recognized, two or more of them on one level. */
function findIn(section: Section, recognize: Recognize): readonly PlaybookSection[] | null {
  const found = section.children.flatMap((child) => {
    const title = recognize(child);
    return title === null ? [] : [{ title, section: child }];
  });
  if (found.length >= 2) return found;
  for (const child of section.children) {
    const inner = findIn(child, recognize);
    if (inner !== null) return inner;
  }
  return null;
}

function named(section: Section): string | null {
  const title = NAMED.exec(titleOfSection(section).slice(0, 300))?.[1];
  return title === undefined || (section.blocks.length === 0 && section.children.length === 0) ? null : title;
}

/** A heading whose own parts say how it shows and what to do: one fault of several in a file. */
function shaped(section: Section): string | null {
  const title = titleOfSection(section);
  const names = section.children.map(titleOfSection);
  const acts = names.some((name) => !SEEN.test(name) && phaseOfWords(name) !== null);
  return acts && names.some((name) => SEEN.test(name)) && title !== "" ? title : null;
}
