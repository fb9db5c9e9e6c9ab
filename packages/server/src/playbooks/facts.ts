import type { StepState } from "@firebreak/protocol";
import type { Execution } from "./execution.ts";
import { plannedOf } from "./execution.ts";
import type { AfterFailure, Step } from "./format.ts";
import type { StepRecord } from "./journal.ts";

/** What the decision needs to know of a step: what the playbook says and what the journal says. */
export interface StepFacts {
  readonly id: string;
  readonly type: Step["type"];
  readonly required: boolean;
  readonly onFailure: AfterFailure;
  readonly onTimeout: AfterFailure;
  readonly state: StepState;
  readonly reason: string | null;
  /** this process is at it */
  readonly busy: boolean;
  /** when its time box runs out, milliseconds since 1970 */
  readonly dueAt: number | null;
  /** when a waiting step is to be looked at; null: when somebody answers */
  readonly lookAt: number | null;
  /** so many of its lists may be under way at the same time */
  readonly atOnce: number;
  /** the lists of steps within it: of branches, options, items; in the order of the file */
  readonly lists: readonly (readonly StepFacts[])[];
}

/** @returns the run's own steps, with those within them */
export function factsOf(execution: Execution, busy: ReadonlySet<string>): StepFacts[] {
  const within = new Map<string | null, StepRecord[]>();
  for (const record of execution.steps.values()) {
    const siblings = within.get(record.parentId);
    if (siblings) siblings.push(record);
    else within.set(record.parentId, [record]);
  }
  const build = (record: StepRecord): StepFacts => {
    const { step, onFailure, onTimeout } = plannedOf(execution, record.stepId);
    return {
      id: record.stepId,
      type: step.type,
      required: step.required,
      onFailure,
      onTimeout,
      state: record.state,
      reason: record.reason,
      busy: busy.has(record.stepId),
      dueAt: record.dueAt,
      lookAt: lookTime(execution, step, record),
      atOnce: step.type === "for-each" ? step.atOnce : Number.POSITIVE_INFINITY,
      lists: listsOf(within.get(record.stepId) ?? []).map((list) => list.map(build)),
    };
  };
  return inOrder(within.get(null) ?? []).map(build);
}

function inOrder(records: readonly StepRecord[]): StepRecord[] {
  return records.toSorted((one, other) => one.position - other.position);
}

function listsOf(records: readonly StepRecord[]): StepRecord[][] {
  const lists = new Map<string, StepRecord[]>();
  const ordered = records.toSorted(
    (one, other) => (one.item ?? 0) - (other.item ?? 0) || one.position - other.position,
  );
  for (const record of ordered) {
    const key = `${record.item}/${record.slot}`;
    const list = lists.get(key);
    if (list) list.push(record);
    else lists.set(key, [record]);
  }
  return [...lists.values()];
}

function lookTime(execution: Execution, step: Step, record: StepRecord): number | null {
  if (step.type !== "wait" || record.state !== "waiting") return null;
  if (step.signal !== undefined) return execution.signals.has(step.signal) ? 0 : null;
  const { lookAt } = record.input;
  return typeof lookAt === "string" ? Date.parse(lookAt) : 0;
}
