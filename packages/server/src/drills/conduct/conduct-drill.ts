import { randomBytes } from "node:crypto";
import type { DrillRecord, IncidentDetail, RunView, StepView } from "@firebreak/protocol";
import { incidentDetail, incidentSummary, pageOf } from "@firebreak/protocol";
import { z } from "zod";
import { messageOf } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { FAULTS } from "../faults/index.ts";
import type { Caused } from "../faults/fault.ts";
import { startCalmAgent } from "../faults/start-agent.ts";
import type { Facts } from "../fill-in.ts";
import { fillIn, fillInAll } from "../fill-in.ts";
import type { DrillDocument } from "../format.ts";
import type { SandboxApi } from "../sandbox/api.ts";
import { admitPersons, openSandbox, startServer } from "../sandbox/open-sandbox.ts";
import type { Persons, Sandbox } from "../sandbox/open-sandbox.ts";
import { writeProfile } from "../sandbox/profile.ts";
import { NotInTimeError, waitFor } from "../sandbox/wait.ts";
import { SERVICES } from "../services/index.ts";
import { startServices } from "../services/start-services.ts";
import { keepWatch, watchDocument } from "../watches/watch.ts";
import type { Watch } from "../watches/watch.ts";
import { createAnswerer } from "./answer-steps.ts";
import type { Answerer } from "./answer-steps.ts";
import { checkEnd } from "./check-end.ts";
import { measureSpans } from "./measure.ts";
import { scoreDrill } from "./score.ts";
import type { DrillSpec } from "./spec.ts";

export interface Conducting {
  readonly spec: DrillSpec;
  readonly clock: Clock;
  /** tells a person how far it is */
  readonly say: (text: string) => void;
  /** aborted when whoever asked for the drill is gone, or ends it */
  readonly abandoned: AbortSignal;
}

/** What is known so far; at every point it makes a record. */
interface Course {
  caused: Caused | null;
  faultAtMs: number | null;
  incident: IncidentDetail | null;
  /** of the run that a person started; null: the playbook started by itself */
  runId: string | null;
  checks: DrillRecord["checks"];
  messages: number;
  answers: DrillRecord["answers"];
  readonly troubles: string[];
}

/** Makes a drill from the sandbox to the record. What goes wrong is a finding of the record, never hidden. */
export async function conductDrill(conducting: Conducting): Promise<DrillRecord> {
  const { spec, clock } = conducting;
  const startedAtMs = clock.now();
  const course: Course = {
    caused: null,
    faultAtMs: null,
    incident: null,
    runId: null,
    checks: [],
    messages: 0,
    answers: [],
    troubles: [],
  };
  const sandbox = await openSandbox({ ...spec, path: spec.searchPath });
  try {
    await Promise.race([play(conducting, sandbox, course), whenAborted(conducting.abandoned)]);
  } catch (fault) {
    course.troubles.push(messageOf(fault));
  }
  course.messages = sandbox.catcher.received.length;
  try {
    conducting.say("clearing away");
    await sandbox.close();
  } catch (fault) {
    course.troubles.push(`what the drill started could not be ended: ${messageOf(fault)}`);
  }
  return toRecord(conducting, course, startedAtMs);
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new Error("the drill was ended before it was over"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

async function play(conducting: Conducting, sandbox: Sandbox, course: Course): Promise<void> {
  const { spec, clock, say } = conducting;
  const { drill } = spec;
  const prepared = await prepare(conducting, sandbox);
  say("starting a Firebreak of its own");
  const api = await startServer(sandbox);
  await requirePlaybook(api, spec);
  await startServices(
    api,
    drill.services.map(({ name }) => name),
  );
  const facts = { ...prepared, ...(await startAgents(sandbox, drill)) };
  watchFromNow(sandbox, { api, watches: drill.watches, facts }, course);
  const persons = admitting(api);
  const context = { sandbox, api, facts, rogueAgent: spec.rogueAgent };
  say(`causing the fault: ${drill.fault.kind}`);
  course.faultAtMs = clock.now();
  const fault = FAULTS.get(drill.fault.kind);
  if (fault === undefined) throw new RangeError(`there is no fault ${drill.fault.kind}`);
  course.caused = await fault.cause(context, fillInAll(drill.fault.with, facts));
  say(`caused: ${course.caused.what}`);
  const deadlineMs = clock.now() + drill.limitSeconds * 1000;
  course.incident = await untilDetected(api, drill);
  say(`detected: ${course.incident.id}`);
  const answerer = createAnswerer({
    answers: drill.answers,
    checklists: spec.checklists,
    facts: allFacts(facts, course),
    persons,
    sandbox,
  });
  if (drill.start === "by_person") await startByPerson(conducting, course, await persons(), facts);
  const remainingMs = Math.max(1000, deadlineMs - clock.now());
  const ended = await untilEnded({ api, playbookId: drill.playbook, timeoutMs: remainingMs }, course, answerer);
  course.answers = answerer.given;
  say(`the playbook ended: ${ended.state}`);
  course.incident = await untilSettled(api, course.incident.id);
  const end = { sandbox, incident: course.incident, facts: allFacts(facts, course) };
  course.checks = await checkEnd(drill.expect.checks, end);
}

async function startAgents(sandbox: Sandbox, { agents }: DrillDocument): Promise<Facts> {
  const workspaces: Record<string, string> = {};
  for (const id of agents) workspaces[`${id}.workspace`] = await startCalmAgent(sandbox, id);
  return workspaces;
}

function allFacts(facts: Facts, { caused, incident }: Course): Facts {
  const ofIncident = incident === null ? {} : { incidentId: incident.id };
  return { ...facts, ...ofIncident, ...prefixed("fault", caused?.facts ?? {}) };
}

async function startByPerson({ spec, say }: Conducting, course: Course, { first }: Persons, facts: Facts) {
  const { playbook, inputs } = spec.drill;
  if (spec.drill.after !== undefined) await untilOver(first, course, spec.drill.after);
  say("a person starts the playbook");
  const started = await first.post(z.object({ id: z.string() }), "/runs", {
    playbookId: playbook,
    incidentId: course.incident?.id ?? null,
    inputs: fillInAll(inputs, allFacts(facts, course)),
  });
  course.runId = started.id;
}

const OVER_WITHIN_MS = 60_000;

async function untilOver(api: SandboxApi, { incident }: Course, playbookId: string): Promise<void> {
  const id = encodeURIComponent(incident?.id ?? "");
  await waitFor(`the end of the playbook ${playbookId}`, OVER_WITHIN_MS, async () => {
    const run = runOf(await api.get(incidentDetail, `/incidents/${id}`), playbookId, null);
    return run !== null && ENDED.includes(run.state) ? true : undefined;
  });
}

/** A monitor that breaks down has noticed nothing, and the drill says so. */
function watchFromNow(
  sandbox: Sandbox,
  { api, watches, facts }: { readonly api: SandboxApi; readonly watches: readonly Watch[]; readonly facts: Facts },
  course: Course,
): void {
  if (watches.length === 0) return;
  const ending = new AbortController();
  const watching = keepWatch(
    api,
    watches.map((watch) => watchDocument.parse(fillIn(watch, facts))),
    ending.signal,
  ).catch((fault: unknown) => {
    if (!ending.signal.aborted) course.troubles.push(`the monitor broke down: ${messageOf(fault)}`);
  });
  sandbox.onClose(async () => {
    ending.abort();
    await watching;
  });
}

/** Services first: the profile says where they are. */
async function prepare({ spec, say }: Conducting, sandbox: Sandbox): Promise<Facts> {
  const entries: Record<string, unknown>[] = [];
  let facts: Facts = { folder: sandbox.folder, workspace: sandbox.workspace };
  const { drill } = spec;
  for (const { name, kind, with: values } of drill.services) {
    say(`preparing ${name}`);
    const service = SERVICES.get(kind);
    if (service === undefined) throw new RangeError(`there is no service ${kind}`);
    const { facts: own, entry } = await service.prepare(sandbox, name, fillInAll(values, facts));
    facts = { ...facts, ...prefixed(name, own) };
    entries.push({ name, ...entry });
  }
  writeProfile({
    ...spec,
    folder: sandbox.folder,
    home: sandbox.home,
    catcherUrl: sandbox.catcher.url,
    services: entries,
    changes: fillInAll(drill.profile, facts),
  });
  return facts;
}

function prefixed(prefix: string, facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** Persons are made when one is needed: most drills need none. */
function admitting(api: SandboxApi): () => Promise<Persons> {
  let admitted: Promise<Persons> | undefined;
  return () => (admitted ??= admitPersons(api, randomBytes(24).toString("base64url")));
}

const loadedPlaybooks = pageOf(z.object({ id: z.string(), hash: z.string() }));

/** What runs must be what the record will name. */
async function requirePlaybook(api: SandboxApi, { playbook }: DrillSpec): Promise<void> {
  const { items } = await api.get(loadedPlaybooks, "/playbooks");
  const found = items.find(({ id }) => id === playbook.id);
  if (found?.hash === playbook.hash) return;
  const why = found === undefined ? "does not load" : "is another text than the one under test";
  throw new RangeError(`the playbook ${playbook.id} ${why} in the sandbox; see \`firebreak doctor\``);
}

async function untilDetected(api: SandboxApi, { detect }: DrillDocument): Promise<IncidentDetail> {
  const { rules, title, withinSeconds } = detect;
  const what = `an incident from ${title === undefined ? `the rules ${rules.join(", ")}` : `an alert "${title}"`}`;
  return waitFor(what, withinSeconds * 1000, async () => {
    const { items } = await api.get(pageOf(incidentSummary), "/incidents?limit=20");
    for (const { id } of items) {
      const incident = await api.get(incidentDetail, `/incidents/${encodeURIComponent(id)}`);
      const fits = incident.alerts.some(
        (alert) => rules.some((rule) => alert.ruleId === rule) || (title !== undefined && alert.title.includes(title)),
      );
      if (fits) return incident;
    }
    return undefined;
  });
}

/** What stands within other steps is at work by itself; those around it only wait for it. */
function isAtWork({ state, type, reason }: StepView): boolean {
  const isWait = state === "waiting" && reason?.startsWith("waiting_for_") === true && reason !== "waiting_for_person";
  return isWait || (state === "running" && (type === "action" || type === "verify"));
}

/** A step that nobody answers is answered by nobody later either. */
const STUCK_MS = 8_000;
const ENDED: readonly string[] = ["completed", "completed_with_exceptions", "failed", "aborted", "observed"];

async function untilEnded(
  { api, playbookId, timeoutMs }: { readonly api: SandboxApi; readonly playbookId: string; readonly timeoutMs: number },
  course: Course,
  answerer: Answerer,
): Promise<RunView> {
  let unanswered: readonly string[] = [];
  let stuckSince: number | null = null;
  const incidentId = course.incident?.id ?? "";
  try {
    return await waitFor(`the end of the playbook`, timeoutMs, async () => {
      const incident = await api.get(incidentDetail, `/incidents/${encodeURIComponent(incidentId)}`);
      course.incident = incident;
      const run = runOf(incident, playbookId, course.runId);
      if (run === null) return undefined;
      if (ENDED.includes(run.state)) return run;
      unanswered = await answerer.answerWaiting(run);
      const isStuck = unanswered.length > 0 && !run.steps.some(isAtWork);
      stuckSince = isStuck ? (stuckSince ?? performance.now()) : null;
      if (stuckSince !== null && performance.now() - stuckSince > STUCK_MS) throw new NotInTimeError("the run waits");
      return undefined;
    });
  } catch (fault) {
    if (unanswered.length > 0)
      course.troubles.push(`nobody answers ${unanswered.join(", ")}: the drill's file says nothing`);
    throw fault;
  }
}

function runOf(incident: IncidentDetail, playbookId: string, runId: string | null): RunView | null {
  return incident.runs.find((run) => (runId === null ? run.playbookId === playbookId : run.id === runId)) ?? null;
}

const SETTLE_TIMEOUT_MS = 10_000;

/** Messages are on their way a moment longer than the run; what does not come is for the checks to say. */
async function untilSettled(api: SandboxApi, incidentId: string): Promise<IncidentDetail> {
  let incident: IncidentDetail | undefined;
  const settled = async () => {
    incident = await api.get(incidentDetail, `/incidents/${encodeURIComponent(incidentId)}`);
    return incident.deliveries.every(({ state }) => state === "delivered" || state === "failed") ? incident : undefined;
  };
  try {
    return await waitFor("the messages", SETTLE_TIMEOUT_MS, settled);
  } catch (fault) {
    if (incident !== undefined) return incident;
    throw fault;
  }
}

function toRecord({ spec, clock }: Conducting, course: Course, startedAtMs: number): DrillRecord {
  const { incident, faultAtMs, caused } = course;
  const { drill } = spec;
  const run = incident === null ? null : runOf(incident, spec.playbook.id, course.runId);
  const spans =
    faultAtMs === null
      ? []
      : measureSpans({
          faultAtMs,
          detectWithinMs: drill.detect.withinSeconds * 1000,
          incident,
          run,
          phaseTimeBoxesMs: new Map(Object.entries(spec.phaseTimeBoxes)),
        });
  const seen = { expect: drill.expect, incident, run, spans, checks: course.checks, troubles: course.troubles };
  const score = scoreDrill(seen, (id) => spec.effectors[id] ?? "");
  const endedAtMs = clock.now();
  return {
    format: 1,
    id: spec.drillId,
    title: drill.title,
    profile: spec.profileName,
    playbook: spec.playbook,
    drillHash: spec.drillHash,
    firebreakVersion: spec.firebreakVersion,
    sandbox: { isolation: spec.isolation, system: spec.system, node: process.version },
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    seconds: Math.max(0, endedAtMs - startedAtMs) / 1000,
    ...score,
    findings: [...score.findings],
    steps: [...score.steps],
    notExercised: [...score.notExercised],
    fault: {
      kind: drill.fault.kind,
      what: caused?.what ?? "it was not caused",
      at: faultAtMs === null ? null : new Date(faultAtMs).toISOString(),
    },
    severity: incident?.severity ?? null,
    incidentId: incident?.id ?? null,
    run: run === null ? null : { id: run.id, state: run.state, reason: run.reason },
    spans,
    checks: course.checks,
    answers: course.answers,
    messages: course.messages,
  };
}
