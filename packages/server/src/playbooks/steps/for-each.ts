import { evaluate } from "../conditions.ts";
import { injectFault, noteStep, recordOf, tellLive } from "../execution.ts";
import type { Execution } from "../execution.ts";
import type { ForEachStep } from "../format.ts";
import { insertRows } from "../journal.ts";
import type { PlannedStep } from "../plan.ts";
import { parseRowId } from "../row-id.ts";
import { scopeAt } from "../scope.ts";
import { rowsOfItem } from "../step-rows.ts";
import { inTransaction, toStoredJson } from "../../storage/index.ts";
import { recordBegin, writeBegin } from "./record-step.ts";
import type { StepNews } from "./record-step.ts";

const ITEMS_MAX = 100;
/** Rows of one run, of all its items together. */
const ROWS_MAX = 5000;

/** The list is written down, with a row for each step of each item, before the first one begins. */
export async function beginForEach(execution: Execution, planned: PlannedStep, step: ForEachStep): Promise<void> {
  const list = readList(execution, planned, step);
  if (!list.ok) {
    await recordBegin(execution, planned, { state: "failed", reason: "condition_failed", said: list.message });
    return;
  }
  const { items } = list;
  const place = parseRowId(planned.id);
  const plan = execution.books?.planIn(place.call) ?? [];
  const loop = { ...planned, id: place.id };
  const books = execution.books?.called ?? new Map();
  const rows = items.flatMap((_item, index) => rowsOfItem(plan, loop, place, index, books));
  if (execution.steps.size + rows.length > ROWS_MAX) {
    const said = `the run would have more than ${ROWS_MAX} steps`;
    await recordBegin(execution, planned, { state: "failed", reason: "condition_failed", said });
    return;
  }
  injectFault(execution, "step.before_begin", planned.id);
  const known = recordOf(execution, planned.id);
  const { noted, made } = await inTransaction(execution.ctx.database, async (trx) => ({
    noted: await writeBegin(execution, trx, planned, newsOf(items)),
    made: await insertRows(trx, execution.run.id, rows),
  }));
  void tellLive(execution);
  for (const record of made) execution.steps.set(record.stepId, record);
  noteStep(execution, known, noted);
  injectFault(execution, "step.begun", planned.id);
}

function newsOf(items: readonly unknown[]): StepNews {
  if (items.length === 0) {
    return { state: "succeeded", reason: null, said: "no items", input: { items }, output: { count: 0 } };
  }
  return { state: "running", reason: null, said: `${items.length} items`, input: { items } };
}

type ListReading =
  | { readonly ok: true; readonly items: readonly unknown[] }
  | { readonly ok: false; readonly message: string };

function readList(execution: Execution, planned: PlannedStep, step: ForEachStep): ListReading {
  const outcome = evaluate(step.in, scopeAt(execution, planned.id));
  if (!outcome.ok) return outcome;
  if (!Array.isArray(outcome.value)) return { ok: false, message: `${step.in}: it is no list` };
  const items: unknown[] = outcome.value;
  if (items.length > ITEMS_MAX) {
    return { ok: false, message: `${step.in}: it has ${items.length} items, and ${ITEMS_MAX} are the most` };
  }
  return toStoredJson({ items }) === null
    ? { ok: false, message: "the items are too large to keep" }
    : { ok: true, items };
}
