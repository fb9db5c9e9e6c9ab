import type { Actor, RunView, StepView } from "@firebreak/protocol";
import { z } from "zod";
import { answerApproval, expireApprovals, getApproval } from "../approvals/index.ts";
import type { Answerer } from "../approvals/index.ts";
import { reportIncident } from "../incidents/index.ts";
import { createManualClock } from "../kernel/index.ts";
import type { Clock, Logger, NewId, Profile } from "../kernel/index.ts";
import {
  completeManualStep,
  executeRun,
  followStepApproval,
  getRun,
  requestRun,
  signalRun,
} from "../playbooks/index.ts";
import type { KnownEffectors, LoadedPlaybook, RunContext } from "../playbooks/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import type { SimulationCase } from "./format.ts";
import { pretendEffector } from "./pretend-effector.ts";

export interface Simulation {
  /** one that nothing else uses: incidents and runs are written into it */
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly home: string;
  readonly profile: Profile;
  readonly effectors: KnownEffectors;
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
}

export interface SimulationResult {
  readonly run: RunView;
  /** what the case expects and did not come; empty when all came */
  readonly differences: readonly string[];
}

const STARTER: Actor = { kind: "rule", id: "simulation", name: "simulation" };
const DAEMON: Actor = { kind: "daemon", id: "firebreak", name: "firebreak" };
const PERSONS = ["ada", "bob", "cleo"].map((name): Answerer => ({
  actor: { kind: "person", id: `usr_${name}`, name },
  access: "admin",
}));
/** More answers and waits than a playbook of 200 steps asks for. */
const ROUNDS_MAX = 1000;

/**
 * Runs a playbook with the engine itself: what acts only says that it did, persons answer as the case says, and time is
 * moved instead of waited for.
 *
 * @throws FirebreakError for inputs that do not fit; Error when the run makes no progress, with what it waits for
 */
export async function simulate(
  simulation: Simulation,
  playbook: LoadedPlaybook,
  one: SimulationCase,
): Promise<SimulationResult> {
  const clock = createManualClock(simulation.clock.now());
  const effectors = new Map(
    [...simulation.effectors].map(([name, effector]) => [
      name,
      pretendEffector(effector, (id) => one.outcomes[plainId(id)]),
    ]),
  );
  const ctx = {
    ...simulation,
    clock,
    effectors,
    readSecret: async () => "a secret",
    actor: STARTER,
  } satisfies RunContext & {
    actor: Actor;
  };
  const incident = await reportIncident(ctx, { title: `Simulated: ${one.title}`, ...one.incident });
  const asked = { playbookId: playbook.document.id, incidentId: incident.id, inputs: one.inputs };
  const { runId } = await inTransaction(simulation.database, (trx) => requestRun(trx, ctx, asked));
  // a signal that comes early is kept until a step waits for it
  for (const name of one.signals) await signalRun(ctx, { runId, name });
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await executeRun(ctx, runId);
    const run = await getRun(simulation.database, runId);
    if (run.endedAt !== null) return { run, differences: compare(run, one) };
    if (!(await moveOn(ctx, run, one, clock))) throw new Error(describeStandstill(run));
  }
  throw new Error(`the run does not end within ${ROUNDS_MAX} rounds`);
}

/** In a for-each and in other playbooks' steps the case names a step by its id alone, or by the whole. */
function plainId(rowId: string): string {
  return rowId.replaceAll(/#\d+/g, "");
}

type SimulationContext = RunContext & { readonly actor: Actor; readonly playbooks: Simulation["playbooks"] };

/** Answers what is asked, or moves the time to when something happens. @returns false when neither can be done */
async function moveOn(
  ctx: SimulationContext,
  run: RunView,
  one: SimulationCase,
  clock: ReturnType<typeof createManualClock>,
): Promise<boolean> {
  const waiting = run.steps.filter(({ state }) => state === "waiting");
  for (const step of waiting) if (await answerStep(ctx, run, step, one)) return true;
  const times = [run.wakeAt, ...waiting.map(({ dueAt }) => dueAt), ...(await expiryOf(ctx, waiting))];
  const next = Math.min(...times.flatMap((at) => (at === null ? [] : [Date.parse(at)])));
  if (!Number.isFinite(next)) return false;
  clock.advance(Math.max(1, next - clock.now()));
  await expireQuestions(ctx, waiting);
  return true;
}

function questionOf(ctx: SimulationContext, approvalId: string) {
  return getApproval(ctx, PERSONS[0] ?? { actor: DAEMON, access: "admin" }, approvalId);
}

async function expiryOf(ctx: SimulationContext, waiting: readonly StepView[]): Promise<string[]> {
  const asked = waiting.flatMap(({ approvalId }) => approvalId ?? []);
  return Promise.all(asked.map(async (id) => (await questionOf(ctx, id)).expiresAt));
}

async function expireQuestions(ctx: SimulationContext, waiting: readonly StepView[]): Promise<void> {
  await expireApprovals({ ...ctx, actor: DAEMON, recordTimeline: async () => {} });
  for (const { approvalId } of waiting) if (approvalId !== null) await followQuestion(ctx, approvalId);
}

async function followQuestion(ctx: SimulationContext, approvalId: string): Promise<boolean> {
  const { state } = await questionOf(ctx, approvalId);
  if (state === "pending") return false;
  await followStepApproval({ ...ctx, actor: DAEMON }, { approvalId, state });
  return true;
}

const askedInput = z.looseObject({
  checklist: z.array(z.string()).default([]),
  capture: z.array(z.looseObject({ name: z.string(), type: z.string().default("string") })).default([]),
  options: z.array(z.looseObject({ id: z.string() })).default([]),
});
const SAMPLES: Readonly<Record<string, string | number | boolean>> = { string: "simulated", number: 0, boolean: false };

async function answerStep(ctx: SimulationContext, run: RunView, step: StepView, one: SimulationCase): Promise<boolean> {
  const said = one.answers[plainId(step.id)];
  if (step.approvalId !== null) return answerQuestion(ctx, step.approvalId, said?.approval ?? "approved");
  if (step.reason !== "waiting_for_person") return false;
  const { checklist, capture, options } = askedInput.parse(step.input);
  const captured = Object.fromEntries(
    capture.map(({ name, type }) => [name, said?.captured[name] ?? SAMPLES[type] ?? "simulated"]),
  );
  const option = said?.option ?? options[0]?.id;
  const [person] = PERSONS;
  if (!person) return false;
  await completeManualStep(
    { ...ctx, actor: person.actor, access: "admin" },
    {
      runId: run.id,
      stepId: step.id,
      result: said?.result ?? "done",
      note: "answered in a simulation",
      checked: checklist,
      captured,
      ...(options.length > 0 && option !== undefined ? { option } : {}),
    },
  );
  return true;
}

async function answerQuestion(
  ctx: SimulationContext,
  approvalId: string,
  answer: "approved" | "denied" | "none",
): Promise<boolean> {
  if (answer === "none") return false;
  const as = (actor: Actor) => ({ ...ctx, actor, recordTimeline: async () => {} });
  for (const person of PERSONS) {
    const { state, digest, checklist } = await getApproval(as(DAEMON), person, approvalId);
    if (state !== "pending") break;
    const given = { id: approvalId, answer, digest, checked: checklist, reason: "answered in a simulation" };
    await answerApproval(as(person.actor), person, given);
  }
  return followQuestion(ctx, approvalId);
}

function compare(run: RunView, { expect }: SimulationCase): string[] {
  const differences: string[] = [];
  if (expect.run !== undefined && run.state !== expect.run) {
    differences.push(`the run is ${run.state}${run.reason === null ? "" : ` (${run.reason})`}, not ${expect.run}`);
  }
  for (const [id, state] of Object.entries(expect.steps)) {
    const rows = run.steps.filter((step) => plainId(step.id) === id || step.id === id);
    if (rows.length === 0) differences.push(`there is no step ${id}`);
    for (const row of rows) {
      if (row.state !== state)
        differences.push(`${row.id} is ${row.state}${row.message ? ` (${row.message})` : ""}, not ${state}`);
    }
  }
  return differences;
}

function describeStandstill(run: RunView): string {
  const waits = run.steps.filter(({ state }) => state === "waiting" || state === "interrupted");
  const list = waits.map(({ id, reason }) => `${id} (${reason ?? "waits"})`).join(", ");
  return `the run waits and nothing in the case goes on: ${list || run.state}`;
}
