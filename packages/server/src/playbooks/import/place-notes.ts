import { manualStep } from "./draft.ts";
import type { DraftNote, DraftPhase, DraftPlaybook, DraftStep } from "./draft.ts";
import { titleOf } from "./words.ts";

const DESCRIPTION_MAX = 7000;

/** Keeps in the description what fits; the rest becomes steps to read at the end, which may be skipped. */
export function placeNotes(playbook: DraftPlaybook): DraftPlaybook {
  const kept: DraftNote[] = [];
  const rest: DraftStep[] = [];
  let length = 0;
  for (const notes of groupNotes(playbook.about)) {
    const block = blockOf(notes);
    if (length + block.length + 2 <= DESCRIPTION_MAX) {
      kept.push(...notes);
      length += block.length + 2;
      continue;
    }
    const step = manualStep(titleOf(`Read: ${notes[0]?.heading || playbook.title}`), notes, block);
    rest.push({
      ...step,
      content: { type: "manual", instructions: block, checklist: [], questions: [], isRequired: false },
    });
  }
  if (rest.length === 0) return playbook;
  const last = playbook.phases.at(-1);
  const learn: DraftPhase = last?.id === "learn" ? last : { id: "learn", seconds: null, steps: [] };
  const before = playbook.phases.filter((phase) => phase.id !== "learn");
  return { ...playbook, about: kept, phases: [...before, { ...learn, steps: [...learn.steps, ...rest] }] };
}

/** The notes as one text, under the headings that they stood under. */
export function describe(notes: readonly DraftNote[]): string {
  return groupNotes(notes).map(blockOf).join("\n\n");
}

function groupNotes(notes: readonly DraftNote[]): readonly (readonly DraftNote[])[] {
  const groups = new Map<string, DraftNote[]>();
  for (const note of notes) {
    const group = groups.get(note.heading);
    if (group === undefined) groups.set(note.heading, [note]);
    else group.push(note);
  }
  return [...groups.values()];
}

function blockOf(notes: readonly DraftNote[]): string {
  const text = notes.map((note) => note.text).join("\n\n");
  const heading = notes[0]?.heading ?? "";
  return heading === "" ? text : `## ${heading}\n\n${text}`;
}
