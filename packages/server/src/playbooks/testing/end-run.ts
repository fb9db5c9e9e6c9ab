/** Executes runs to their end as the work engine and a careful person do. */
import type { StepView } from "@firebreak/protocol";
import { completeManualStep } from "../answer-step.ts";
import type { RunContext } from "../context.ts";
import type { RunProgress } from "../execute-run.ts";
import { wakeRuns } from "../wake-runs.ts";
import { readActs } from "./file-effectors.ts";
import { Died } from "./harness.ts";
import type { Harness } from "./harness.ts";

/** Again after every death; a person answers what waits or was interrupted; what is waited for comes. */
export async function executeToEnd(harness: Harness, runId: string, fault?: RunContext["fault"]): Promise<RunProgress> {
  for (let tries = 0; tries < 500; tries++) {
    const progress = await harness.execute(runId, fault).catch((error: unknown) => {
      if (error instanceof Died) return null;
      throw error;
    });
    if (progress?.kind === "ended") return progress;
    if (progress?.kind !== "waiting" || (await answer(harness, runId))) continue;
    await new Promise((resolve) => setTimeout(resolve, 2));
    await wakeRuns(harness.ctx);
  }
  throw new Error("the run did not end");
}

/** A person looks at the world and says what is true. @returns whether there was something to answer */
export async function answer(harness: Harness, runId: string): Promise<boolean> {
  const run = await harness.view(runId);
  const step = run.steps.find(({ state, type }) => state === "interrupted" || (state === "waiting" && type !== "wait"));
  if (!step) return false;
  const happened = step.state === "waiting" || readActs(harness.home).includes(`apply ${actOf(step)}`);
  const option = step.type === "decision" ? firstOption(step) : undefined;
  const result = happened ? "done" : "again";
  await completeManualStep(harness.ctx, { runId, stepId: step.id, result, note: "looked", option });
  return true;
}

/** What a step's effector writes down when it acts. */
export function actOf({ id, input }: StepView): string {
  return typeof input["name"] === "string" ? input["name"] : id;
}

function firstOption({ input }: StepView): string {
  const [first] = Array.isArray(input["options"]) ? input["options"] : [];
  return String(Object(first)["id"]);
}
