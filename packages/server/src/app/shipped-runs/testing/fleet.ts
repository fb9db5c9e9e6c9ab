/**
 * Runs that are executed by a process, many at once, and that process is killed at random, again and again; the next one takes
 * over. Persons live on: they answer what is asked, and take back what was done.
 */
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepView } from "@firebreak/protocol";
import { FirebreakError } from "../../../kernel/index.ts";
import { abortRun, getRun, previewRun, requestRun, undoEndedRun } from "../../../playbooks/index.ts";
import { inTransaction } from "../../../storage/index.ts";
import { readActLines } from "./acts-file.ts";
import { DAYS, DEATHS, findAsking, inputsOf } from "./days.ts";
import { OWNER, answerStep } from "./persons.ts";
import type { AnswerContext } from "./persons.ts";
import type { Random } from "./random.ts";
import { begunTimes, noteKill } from "./trial.ts";
import type { Assignment, Trial } from "./trial.ts";
import type { Victim } from "./victim.ts";

export interface FleetContext extends AnswerContext {
  readonly home: string;
  readonly actsFile: string;
  readonly random: Random;
  readonly startVictim: () => Victim;
  readonly openIncident: () => Promise<string>;
  /** @returns what may run besides, once all is begun that was asked for, the most needed first */
  readonly more: (trials: readonly Trial[]) => readonly Assignment[];
  /** in all */
  readonly isStruckEnough: (trials: readonly Trial[]) => boolean;
  /** whether the playbook was struck too seldom so far */
  readonly isRare: (trial: Trial, trials: readonly Trial[]) => boolean;
}

/** So many runs are under way at once: a kill strikes most of them, and costs the start of a process. */
const AT_ONCE = 32;
const KILLS_MAX = 200;
/** One process is killed after so many lines of acts; once enough was struck, after more of them. */
const LINES_MAX = 100;
const LINES_MAX_LATER = 400;
const LINE_BYTES = 90;
const IDLE_MAX_MS = 120_000;
/** Between two answers of a person a run has a few acts: at one of the first it is struck. */
const ACTS_MAX = 4;

interface Fleet {
  readonly ctx: FleetContext;
  readonly queue: Assignment[];
  readonly trials: Trial[];
  /** what persons are doing now */
  readonly pending: Set<Promise<void>>;
  victim: Victim;
  filling: Promise<void>;
}

export async function runAndKill(ctx: FleetContext, assignments: readonly Assignment[]): Promise<Trial[]> {
  let next = ctx.startVictim();
  const filling = Promise.resolve();
  const fleet: Fleet = { ctx, queue: [...assignments], trials: [], pending: new Set(), victim: next, filling };
  await fill(fleet);
  for (let kills = 0; openTrials(fleet).length > 0; kills++) {
    if (kills === KILLS_MAX) throw new Error(`the runs do not end: ${openTrials(fleet).map(describeOpen).join("; ")}`);
    fleet.victim = next;
    next = ctx.startVictim();
    await fleet.victim.ready;
    fleet.victim.listen((runId, word) => note(fleet, runId, word));
    for (const trial of openTrials(fleet)) order(fleet, trial);
    await workForAWhile(fleet);
    await fleet.victim.kill();
    while (fleet.pending.size > 0) await Promise.all(fleet.pending);
    await noteKills(fleet);
  }
  await next.kill();
  return fleet.trials;
}

function openTrials({ trials }: Fleet): Trial[] {
  return trials.filter(({ stage }) => stage !== "over");
}

function describeOpen({ assignment, stage, isExecuting, places }: Trial): string {
  const { profile, playbook } = assignment;
  const at = isExecuting ? "executed" : "waiting";
  return `${profile}/${playbook.document.id} (${stage}, ${at}, struck ${places.length} times: ${places.join(", ")})`;
}

/** Begins what there is room for, one caller after another. */
async function fill(fleet: Fleet): Promise<void> {
  const before = fleet.filling;
  const beginAll = async () => {
    await before;
    for (let assignment = chooseNext(fleet); assignment; assignment = chooseNext(fleet)) {
      const trial = await beginTrial(fleet, assignment);
      fleet.trials.push(trial);
      order(fleet, trial);
    }
  };
  fleet.filling = beginAll();
  await fleet.filling;
}

/** Of one playbook one run at a time, as some lock what is the same in all their runs. */
function chooseNext(fleet: Fleet): Assignment | null {
  const open = openTrials(fleet);
  if (open.length >= AT_ONCE) return null;
  const isBusy = ({ playbook }: Assignment) =>
    open.some(({ assignment }) => assignment.playbook.document.id === playbook.document.id);
  const index = fleet.queue.findIndex((one) => !isBusy(one));
  const [found = null] = index < 0 ? [] : fleet.queue.splice(index, 1);
  if (found !== null || fleet.queue.length > 0) return found;
  return fleet.ctx.more(fleet.trials).find((one) => !isBusy(one)) ?? null;
}

async function beginTrial({ ctx, trials }: Fleet, assignment: Assignment): Promise<Trial> {
  const { playbook, playbooks, effectors } = assignment;
  const verbs = { ...ctx, playbooks, effectors, actor: { kind: "rule", id: "a-rule", name: "a rule" } as const };
  const incidentId = await ctx.openIncident();
  const inputs = inputsOf(playbook, `scout-${trials.length}`);
  const request = { playbookId: playbook.document.id, incidentId, inputs };
  const outlook = await previewRun(verbs, request);
  const { runId } = await inTransaction(ctx.database, (trx) => requestRun(trx, verbs, request));
  return {
    assignment,
    runId,
    outlook,
    stage: "running",
    isExecuting: false,
    isAborted: false,
    phase: null,
    places: [],
    asked: [],
    settled: new Map(),
    ended: null,
    takenBack: null,
    faults: [],
  };
}

function order({ ctx, victim, queue, trials }: Fleet, trial: Trial): void {
  const { profile, day, repeatsNothing } = trial.assignment;
  trial.isExecuting = true;
  // what a kill from outside strikes too seldom, as its runs are short or wait for persons, takes its process along itself
  const isWanted = queue.length === 0 && trial.stage === "running" && ctx.isRare(trial, trials);
  const moment = DEATHS[ctx.random.between(0, DEATHS.length - 1)] ?? "begun";
  const dies = isWanted ? { act: ctx.random.between(1, ACTS_MAX), moment } : null;
  victim.execute({ runId: trial.runId, profile, day, repeatsNothing, dies });
}

/** Until so much has happened, and then for some milliseconds, so that kills strike anywhere; or until it has killed itself. */
async function workForAWhile(fleet: Fleet): Promise<void> {
  const { actsFile, random } = fleet.ctx;
  const size = () => statSync(actsFile, { throwIfNoEntry: false })?.size ?? 0;
  const linesMax = fleet.ctx.isStruckEnough(fleet.trials) ? LINES_MAX_LATER : LINES_MAX;
  const enough = size() + random.between(1, linesMax) * LINE_BYTES;
  let last = { size: size(), atMs: performance.now() };
  for (; last.size < enough && openTrials(fleet).length > 0; await sleep(1)) {
    if (fleet.victim.hasDied()) return;
    if (fleet.victim.hasEnded()) throw new Error("the process ended by itself");
    if (size() > last.size) last = { size: size(), atMs: performance.now() };
    if (performance.now() - last.atMs > IDLE_MAX_MS) throw new Error("the process does nothing");
    const candidates = openTrials(fleet).filter(
      ({ assignment, stage, isAborted }) => assignment.takesBack === "abort" && stage === "running" && !isAborted,
    );
    const unlucky = random.chance(0.02) ? candidates[random.between(0, candidates.length - 1)] : undefined;
    if (unlucky) doBeside(fleet, abort(fleet, unlucky));
  }
  await sleep(random.between(0, 12));
}

function doBeside({ pending }: Fleet, work: Promise<void>): void {
  const done = work.finally(() => pending.delete(done));
  pending.add(done);
  done.catch(() => {}); // who waits for all of them hears of it
}

/** What the process says of a run. */
function note(fleet: Fleet, runId: string, word: string): void {
  const trial = fleet.trials.find((one) => one.runId === runId);
  if (trial === undefined || word === "busy") return;
  trial.isExecuting = false;
  doBeside(fleet, word === "ended" ? goOn(fleet, trial) : answer(fleet, trial));
}

async function answer(fleet: Fleet, trial: Trial): Promise<void> {
  const { ctx } = fleet;
  const { assignment, runId } = trial;
  const run = await getRun(ctx.database, runId);
  const step = findAsking(run);
  if (step?.state === "interrupted") {
    trial.asked.push(step.id);
    trial.faults.push(...judgeQuestion(step));
  }
  const happened = ({ id }: StepView) => begunTimes(readActLines(ctx.actsFile), runId, "apply", id) > 0;
  const approval = assignment.denies ? "denied" : "approved";
  try {
    if (step) await answerStep(ctx, run, step, { day: DAYS[assignment.day], approval, happened });
  } catch (error) {
    // it was aborted meanwhile
    if (!trial.isAborted || !(error instanceof FirebreakError)) throw error;
  }
  order(fleet, trial);
}

/** A person who is asked what became of a step is told what is known of it. */
function judgeQuestion({ id, message, startedAt, attempts, input }: StepView): string[] {
  const isTold = message?.includes("died while this step ran") && startedAt !== null && attempts > 0;
  return isTold && typeof input === "object" ? [] : [`${id} asks without saying what is known`];
}

/** A run has ended: it is taken back, and then it is over. */
async function goOn(fleet: Fleet, trial: Trial): Promise<void> {
  const { ctx } = fleet;
  const { runId, stage, isAborted, assignment } = trial;
  const run = await getRun(ctx.database, runId);
  if (run.endedAt === null) throw new Error(`run ${runId} was said to have ended`);
  if (stage === "undoing" || isAborted) {
    trial.takenBack = run;
    trial.ended ??= run;
    trial.stage = "over";
    await fill(fleet);
    return;
  }
  trial.ended = run;
  trial.stage = "undoing";
  const acted = run.steps.filter(({ type, attempts }) => type === "action" && attempts > 0);
  const phase = acted[ctx.random.between(0, Math.max(0, acted.length - 1))]?.phase ?? run.steps[0]?.phase;
  trial.phase = assignment.takesBack === "phase" ? (phase ?? null) : null;
  const request = { runId, reason: "a test", phase: trial.phase ?? undefined };
  await undoEndedRun({ ...ctx, actor: OWNER }, request);
  order(fleet, trial);
}

async function abort(fleet: Fleet, trial: Trial): Promise<void> {
  trial.isAborted = true;
  try {
    await abortRun({ ...fleet.ctx, actor: OWNER }, { runId: trial.runId, reason: "a test" });
  } catch (error) {
    if (!(error instanceof FirebreakError)) throw error;
    trial.isAborted = false; // it has ended before
    return;
  }
  trial.stage = "undoing";
  order(fleet, trial);
}

async function noteKills({ ctx, trials }: Fleet): Promise<void> {
  const lines = readActLines(ctx.actsFile);
  for (const trial of trials.filter(({ stage, isExecuting }) => stage !== "over" && isExecuting)) {
    const run = await getRun(ctx.database, trial.runId);
    if (run.state === "running") noteKill(trial, run, lines);
  }
}
