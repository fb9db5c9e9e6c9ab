/** The part of the fake backend that the pages of playbooks and runs ask. */
import type { PlaybookDetail, PlaybookStepView, RunPreview } from "@firebreak/protocol";
import type { Sample } from "./sample-data.ts";
import { summaryOfDrill } from "./sample-drills.ts";
import { IMPORTED } from "./sample-import.ts";
import { lineOf } from "./sample-playbooks.ts";

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
  readonly step: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

interface Surroundings {
  readonly sample: Sample;
  readonly now: () => string;
  readonly change: (topic: "run", id: string) => void;
  readonly refuse: (code: "not_found" | "conflict", detail: string) => Error;
}

/** Of whom a step would ask what, when it is one for people. */
function askOf({ type, text: words, title, role, checklist, escalateTo }: PlaybookStepView) {
  if (type !== "manual" && type !== "decision" && type !== "approval") return null;
  return { kind: type, what: words ?? title, role, access: "responder" as const, people: 1, checklist, escalateTo };
}

function previewOf({ id, hash, steps, locks }: PlaybookDetail): RunPreview {
  return {
    playbookId: id,
    hash,
    incidentId: null,
    steps: steps.map((step) => ({
      id: step.id,
      parent: step.parent,
      option: step.option,
      phase: step.phase,
      title: step.title,
      type: step.type,
      when: step.when,
      timeBox: step.timeBox,
      required: step.required,
      asks: askOf(step),
      doing: step.title,
      effector: step.effector,
      input: step.with,
      changes: step.effector === null ? [] : [`${step.effector} would act`],
      touches: [],
      obstacles: step.id === "restart" ? ["the service was restarted three times in ten minutes"] : [],
      note: step.title,
      destroysEvidence: step.destroysEvidence,
      undo: step.undo,
      stays: step.undo === "none" ? "it has no way back" : null,
    })),
    asks: steps.flatMap((step) => {
      const ask = askOf(step);
      return ask === null ? [] : [{ stepId: step.id, title: step.title, ...ask }];
    }),
    cannotUndo: steps
      .filter((step) => step.undo === "none")
      .map((step) => ({ stepId: step.id, title: step.title, why: "it has no way back" })),
    locks,
    lockedBy: "run_deciding",
  };
}

export function playbookRoutes({ sample, now, change, refuse }: Surroundings): Record<string, (call: Call) => unknown> {
  const { playbooks, refused } = sample.library;
  const runs = () => [...sample.incidents.flatMap((incident) => incident.runs), ...sample.library.runs];
  const find = (id: string): PlaybookDetail => {
    const found = playbooks.find((playbook) => playbook.id === id);
    if (found !== undefined) return found;
    const broken = refused.find((one) => one.id === id);
    const [any] = playbooks;
    if (broken === undefined || any === undefined) throw refuse("not_found", `There is no playbook ${id}.`);
    return { ...any, ...broken, title: id, runnable: false, steps: [], phases: [], text: "id: half\ntitle: [" };
  };
  const proofOf = ({ id, hash }: PlaybookDetail) => ({
    lastProven:
      id === "service-down"
        ? {
            drillId: "drl_1",
            at: sample.library.provenAt,
            hash,
            version: 3,
            seconds: 74,
            result: "passed",
            stale: true,
          }
        : null,
    lastDrill: null,
    drillOverdue: id === "service-down",
  });
  const findRun = (id: string) => {
    const found = runs().find((run) => run.id === id);
    if (found === undefined) throw refuse("not_found", `There is no run ${id}.`);
    return found;
  };
  return {
    "GET /playbooks": () => ({
      items: playbooks.map((playbook) => ({ ...lineOf(playbook), ...proofOf(playbook) })),
      next: null,
      refused,
    }),
    "GET /playbooks/:id": ({ id }) => ({ ...find(id), ...proofOf(find(id)) }),
    "GET /runs": () => ({ items: runs(), next: null }),
    "GET /runs/:id": ({ id }) => findRun(id),
    "POST /playbooks/import": () => IMPORTED,
    "GET /drills": () => ({ items: sample.library.drills.map(summaryOfDrill), next: null }),
    "GET /drills/:id": ({ id }) => {
      const found = sample.library.drills.find(({ record }) => record.id === id);
      if (found === undefined) throw refuse("not_found", `There is no drill ${id}.`);
      return found;
    },
    "POST /runs/:id/signals/:name": ({ id }) => findRun(id),
    "POST /playbooks/:id/preview": ({ id }) => previewOf(find(id)),
    "POST /runs": ({ body }) => {
      const [first] = sample.library.runs;
      const playbook = find(text(body["playbookId"]));
      if (first === undefined) throw refuse("conflict", "The fake needs a run to copy.");
      const made = { ...first, id: "run_new", playbookId: playbook.id, playbookTitle: playbook.title };
      sample.library.runs.push(made);
      return made;
    },
    "POST /runs/:id/pause": ({ id, body }) =>
      Object.assign(findRun(id), {
        paused: { by: { kind: "person", id: "usr_ada", name: "ada" }, reason: text(body["reason"]), at: now() },
      }),
    "POST /runs/:id/resume": ({ id }) => Object.assign(findRun(id), { paused: null }),
    "POST /runs/:id/hand-over": ({ id, body }) => Object.assign(findRun(id), { owner: text(body["to"]) }),
    "POST /runs/:id/undo": ({ id }) => findRun(id),
    "POST /runs/:id/abort": ({ id }) =>
      Object.assign(findRun(id), { state: "aborted", reason: "aborted_by_person", endedAt: now() }),
    "POST /runs/:id/steps/:step/complete": ({ id, step, body }) => {
      const run = findRun(id);
      const found = run.steps.find((candidate) => candidate.id === step);
      if (found === undefined) throw refuse("not_found", "There is no such step.");
      Object.assign(found, {
        state: "succeeded",
        reason: "done_by_person",
        message: text(body["note"]),
        endedAt: now(),
      });
      Object.assign(run, { state: "running", reason: null });
      change("run", id);
      return run;
    },
    "POST /runs/:id/steps/:step/skip": ({ id, step, body }) => {
      const found = findRun(id).steps.find((candidate) => candidate.id === step);
      if (found !== undefined)
        Object.assign(found, { state: "skipped", reason: "skipped_by_person", message: text(body["reason"]) });
      return findRun(id);
    },
    "GET /incidents/:id/guidance": () => ({
      playbooks: [
        {
          id: "rogue-agent",
          title: "Rogue agent",
          why: "bound to incidents of the type Agent runaway",
          inputs: { agentId: "scout" },
        },
      ],
      contacts: [],
    }),
    "GET /runs/:id/playbook": ({ id }) => find(findRun(id).playbookId),
  };
}
