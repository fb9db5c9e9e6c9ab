import type { PlaybookDocument } from "./format.ts";
import { planSteps } from "./plan.ts";
import type { PlannedStep } from "./plan.ts";
import { formatRowId } from "./row-id.ts";

/** Where rows are made: in the run's own playbook, in a call of another, for an item of a for-each step. */
export interface RowPlace {
  readonly call: string | null;
  readonly items: readonly number[];
}

/** A row of the journal before anything has happened. */
export interface NewStepRow {
  readonly stepId: string;
  readonly position: number;
  readonly phase: string;
  readonly title: string;
  readonly type: string;
  readonly parentId: string | null;
  readonly slot: string | null;
  readonly item: number | null;
}

/** @returns the rows that a run has when it is requested: all but those of for-each steps, whose items nobody knows yet */
export function rowsOfPlaybook(document: PlaybookDocument, books: Books): NewStepRow[] {
  const plan = planSteps(document);
  return rowsAmong(plan, null, { call: null, items: [] }, books, null);
}

/** @returns the rows of one item of a for-each step */
export function rowsOfItem(
  plan: readonly PlannedStep[],
  loop: PlannedStep,
  place: RowPlace,
  item: number,
  books: Books,
): NewStepRow[] {
  const within = { call: place.call, items: [...place.items, item] };
  const parent = formatRowId({ ...place, id: loop.id });
  return rowsAmong(plan, loop.id, within, books, { parent, item });
}

/** Playbooks that are called, by their id. */
export type Books = ReadonlyMap<string, PlaybookDocument>;

function rowsAmong(
  plan: readonly PlannedStep[],
  parent: string | null,
  place: RowPlace,
  books: Books,
  top: { readonly parent: string; readonly item: number | null; readonly phase?: string } | null,
): NewStepRow[] {
  return plan
    .filter((planned) => planned.parent === parent)
    .flatMap((planned) => {
      const { step, position, slot } = planned;
      const stepId = formatRowId({ ...place, id: planned.id });
      const phase = top?.phase ?? planned.phase;
      const parentId = top?.parent ?? (parent === null ? null : formatRowId({ ...place, id: parent }));
      const row = {
        stepId,
        position,
        phase,
        title: step.title,
        type: step.type,
        parentId,
        slot,
        item: top?.item ?? null,
      };
      return [row, ...rowsWithin(plan, planned, place, books, { parent: stepId, item: null, phase })];
    });
}

function rowsWithin(
  plan: readonly PlannedStep[],
  planned: PlannedStep,
  place: RowPlace,
  books: Books,
  top: { readonly parent: string; readonly item: null; readonly phase: string },
): NewStepRow[] {
  const { step } = planned;
  if (step.type === "for-each") return [];
  if (step.type !== "sub-playbook") return rowsAmong(plan, planned.id, place, books, top);
  const called = books.get(step.playbook);
  return called ? rowsAmong(planSteps(called), null, { call: top.parent, items: [] }, books, top) : [];
}
