import { evaluateCondition } from "../conditions.ts";
import { openTimeBox, runWithin } from "../../containment/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { dueOfContainers, noteStep, recordOf, writeStep } from "../execution.ts";
import type { Execution } from "../execution.ts";
import type { WaitStep } from "../format.ts";
import { parseDuration } from "../duration.ts";
import { durationMs } from "../plan.ts";
import type { PlannedStep } from "../plan.ts";
import { prepareProbe } from "../prepare-step.ts";
import { resolveReferences } from "../references.ts";
import { scopeAt } from "../scope.ts";
import { recordBegin, recordNews } from "./record-step.ts";

/** From here on the run needs no process: when it is to be looked at again stands in the journal. */
export async function beginWait(execution: Execution, planned: PlannedStep, step: WaitStep): Promise<void> {
  const now = execution.ctx.clock.now();
  const { for: time, until, signal } = step;
  if (time !== undefined) {
    const ms = readTime(execution, planned, time);
    if (ms === null) {
      const said = `${time} is no time such as 10m`;
      await recordBegin(execution, planned, { state: "failed", reason: "invalid_parameters", said });
      return;
    }
    const lookAt = toIso(now + ms);
    const news = { state: "waiting", reason: "waiting_for_time", said: `until ${lookAt}`, input: { lookAt } } as const;
    await recordBegin(execution, planned, news);
  } else if (until !== undefined) {
    const input = { until, lookAt: toIso(now) };
    await recordBegin(execution, planned, { state: "waiting", reason: "waiting_for_condition", said: until, input });
  } else {
    const said = `for the signal ${signal}`;
    await recordBegin(execution, planned, { state: "waiting", reason: "waiting_for_signal", said, input: { signal } });
  }
}

/** The time may stand in an input. */
function readTime(execution: Execution, planned: PlannedStep, time: string): number | null {
  const resolution = resolveReferences(time, scopeAt(execution, planned.id));
  return resolution.ok && typeof resolution.value === "string" ? parseDuration(resolution.value) : null;
}

/** What is waited for may have come. */
export async function lookAtWait(execution: Execution, planned: PlannedStep, step: WaitStep): Promise<void> {
  const { signal, until } = step;
  if (signal !== undefined) {
    const output = execution.signals.get(signal) ?? {};
    await recordNews(execution, planned, {
      state: "succeeded",
      reason: null,
      said: `the signal ${signal} came`,
      output,
    });
  } else if (until === undefined) {
    await recordNews(execution, planned, { state: "succeeded", reason: null, said: "the time is over" });
  } else {
    await lookAtCondition(execution, planned, step, until);
  }
}

async function lookAtCondition(
  execution: Execution,
  planned: PlannedStep,
  step: WaitStep,
  until: string,
): Promise<void> {
  const seen = await readProbe(execution, planned, step);
  if (seen.kind === "nothing") {
    await lookLater(execution, planned, step, seen.message);
    return;
  }
  const truth = evaluateCondition(until, { ...scopeAt(execution, planned.id), ...seen.scope });
  const output = seen.scope.output ?? {};
  if (!truth.ok) {
    const said = truth.message;
    await recordNews(execution, planned, { state: "failed", reason: "condition_failed", said, output });
  } else if (truth.holds) {
    await recordNews(execution, planned, { state: "succeeded", reason: null, said: `${until} holds`, output });
  } else {
    await lookLater(execution, planned, step, `${until} does not hold yet`);
  }
}

type Seen =
  | { readonly kind: "seen"; readonly scope: { readonly output?: Readonly<Record<string, unknown>> } }
  /** nothing could be found out this time */
  | { readonly kind: "nothing"; readonly message: string };

/** One look takes a minute at most, and no longer than there is time. */
const LOOK_MAX_MS = 60_000;

async function readProbe(execution: Execution, planned: PlannedStep, { probe }: WaitStep): Promise<Seen> {
  if (probe === undefined) return { kind: "seen", scope: {} };
  const prepared = prepareProbe(execution, planned.id, probe);
  if (!prepared.ok) return { kind: "nothing", message: prepared.message };
  const due = Math.min(recordOf(execution, planned.id).dueAt ?? 0, dueOfContainers(execution, planned.id));
  const box = openTimeBox(Math.max(1, Math.min(LOOK_MAX_MS, due - execution.ctx.clock.now())));
  try {
    const boxed = await runWithin(box, prepared.call);
    if (boxed.kind === "threw") return { kind: "nothing", message: messageOf(boxed.error) };
    if (boxed.kind === "timed_out") return { kind: "nothing", message: "the look took too long" };
    if (!boxed.value.ok) return { kind: "nothing", message: boxed.value.message };
    return { kind: "seen", scope: { output: boxed.value.output } };
  } finally {
    box.close();
  }
}

/** Not told in the timeline each time: a wait may look a thousand times. */
async function lookLater(execution: Execution, planned: PlannedStep, step: WaitStep, message: string): Promise<void> {
  const { ctx } = execution;
  const known = recordOf(execution, planned.id);
  const lookAt = toIso(ctx.clock.now() + durationMs(step.every));
  const input = { ...known.input, lookAt };
  const change = { state: "waiting", reason: "waiting_for_condition", attempts: known.attempts + 1 } as const;
  await inTransaction(ctx.database, (trx) =>
    writeStep(execution, trx, known, { ...change, message, input: JSON.stringify(input) }),
  );
  noteStep(execution, known, { ...change, input });
}
