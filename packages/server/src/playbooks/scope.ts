import type { Execution } from "./execution.ts";
import { formatRowId, parseRowId } from "./row-id.ts";
import { toScopeInputs } from "./references.ts";

/** What references and conditions of a step may read, as JSON has it. */
export type StepScope = Readonly<Record<string, unknown>>;

/** @returns the scope of the step whose row that is; of the whole run when it is null */
export function scopeAt(execution: Execution, rowId: string | null): StepScope {
  const { call, items } = rowId === null ? { call: null, items: [] } : parseRowId(rowId);
  return { ...scopeIn(execution, call, items), ...eachOf(execution, rowId) };
}

/** @returns the scope at the end of the playbook that the row of a sub-playbook step calls */
export function scopeInCall(execution: Execution, call: string): StepScope {
  return scopeIn(execution, call, []);
}

function scopeIn(execution: Execution, call: string | null, items: readonly number[]): StepScope {
  const { run } = execution;
  return {
    inputs: inputsOf(execution, call),
    steps: Object.fromEntries(stepsOf(execution, call, items)),
    run: { id: run.id, playbookId: run.playbookId },
    incident: run.incident ?? { id: null },
  };
}

/** Inputs that were left out are not there: `has(inputs.x)` is false. */
function inputsOf({ run, steps }: Execution, call: string | null): Readonly<Record<string, unknown>> {
  return toScopeInputs(call === null ? run.inputs : (steps.get(call)?.input ?? {}));
}

/** Of steps in for-each steps, those of the same items. */
function stepsOf(execution: Execution, call: string | null, items: readonly number[]): [string, unknown][] {
  return (execution.books?.planIn(call) ?? []).flatMap((planned): [string, unknown][] => {
    if (planned.loops > items.length) return [];
    const row = execution.steps.get(formatRowId({ call, id: planned.id, items: items.slice(0, planned.loops) }));
    if (row === undefined) return [];
    return [[planned.id, { state: row.state, reason: row.reason, output: row.output }]];
  });
}

/** `each` and `index` of the innermost for-each step around it. */
function eachOf({ steps }: Execution, rowId: string | null): StepScope {
  const call = rowId === null ? null : parseRowId(rowId).call;
  for (let row = rowId === null ? undefined : steps.get(rowId); row; row = parentOf(steps, row.parentId)) {
    if (row.stepId === call) return {};
    if (row.item === null) continue;
    const list = parentOf(steps, row.parentId)?.input["items"];
    return Array.isArray(list) ? { each: list[row.item], index: row.item } : {};
  }
  return {};
}

function parentOf(steps: Execution["steps"], parentId: string | null) {
  return parentId === null ? undefined : steps.get(parentId);
}
