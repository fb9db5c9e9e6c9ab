/** Runs of the playbook `service-down` in the moments that matter: a decision, a manual step, an approval, each end. */
import type { ApprovalView, PlaybookDetail, RunView, StepView } from "@firebreak/protocol";

type At = (minutes: number) => string;
type Changes = Readonly<Record<string, Partial<StepView>>>;

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;

function stepsOf(playbook: PlaybookDetail, changes: Changes): StepView[] {
  return playbook.steps.map((step, position) => ({
    id: step.id,
    position: position + 1,
    parent: step.parent,
    option: step.option,
    item: null,
    phase: step.phase,
    title: step.title,
    type: step.type,
    state: "pending",
    reason: null,
    message: null,
    attempts: 0,
    input: {},
    output: {},
    startedAt: null,
    endedAt: null,
    dueAt: null,
    assignee: null,
    approvalId: null,
    needs: [],
    earlier: [],
    ...changes[step.id],
  }));
}

function run(playbook: PlaybookDetail, at: At, part: Partial<RunView> & Pick<RunView, "id" | "state">): RunView {
  return {
    playbookId: playbook.id,
    playbookTitle: playbook.title,
    playbookHash: playbook.hash,
    incidentId: null,
    reason: null,
    requestedBy: ADA,
    requestedAt: at(31),
    startedAt: at(31),
    endedAt: null,
    wakeAt: null,
    inputs: { service: "web", packs: ["research"], calm: false },
    outputs: null,
    observes: false,
    owner: "ada",
    paused: null,
    locks: ["service:web"],
    lockedBy: null,
    steps: [],
    ...part,
  };
}

const done = (at: At, minutes: number, part: Partial<StepView> = {}): Partial<StepView> => ({
  state: "succeeded",
  attempts: 1,
  startedAt: at(minutes),
  endedAt: at(minutes - 0.02),
  ...part,
});

const notChosen = (at: At): Partial<StepView> => ({ state: "skipped", reason: "not_chosen", endedAt: at(3) });

function deciding(playbook: PlaybookDetail, at: At): RunView {
  const steps = stepsOf(playbook, {
    down: done(at, 4, { output: { up: false, status: 503, millis: 812 }, message: "it answers 503" }),
    "how-bad": {
      state: "waiting",
      reason: "waiting_for_person",
      attempts: 1,
      startedAt: at(3.9),
      dueAt: at(-6.1),
      input: {
        question: "Which service is down, and does anybody notice?",
        options: [
          { id: "major", label: "Customers notice" },
          { id: "minor", label: "Nobody notices yet" },
          { id: "none", label: "It was a false alarm" },
        ],
      },
    },
  });
  return run(playbook, at, { id: "run_deciding", state: "waiting", reason: "decision", steps });
}

function atWork(playbook: PlaybookDetail, at: At): RunView {
  const steps = stepsOf(playbook, {
    down: done(at, 4),
    "how-bad": done(at, 3.9, { output: { option: "minor" }, message: "Nobody notices yet, says ada" }),
    keep: notChosen(at),
    restart: notChosen(at),
    look: {
      state: "waiting",
      reason: "waiting_for_person",
      attempts: 1,
      startedAt: at(3),
      dueAt: at(-17),
      input: {
        instructions: "Open the dashboard of the service.\nWrite down the first error after the last good request.",
        checklist: ["The dashboard shows the last hour", "The first error is found"],
        capture: [
          { name: "firstError", label: "The first error", type: "string", required: true },
          { name: "requests", label: "Requests that failed", type: "number", required: false },
        ],
        role: { id: "on-call", title: "On call", access: "responder" },
        dueAt: at(-17),
      },
    },
  });
  return run(playbook, at, { id: "run_manual", state: "waiting", reason: "manual_step", steps });
}

function asking(playbook: PlaybookDetail, at: At): RunView {
  const steps = stepsOf(playbook, {
    down: done(at, 4),
    "how-bad": done(at, 3.9, { output: { option: "major" } }),
    look: notChosen(at),
    keep: done(at, 3),
    restart: {
      state: "waiting",
      reason: "waiting_for_approval",
      attempts: 1,
      startedAt: at(2),
      dueAt: at(-28),
      approvalId: "apr_restart",
      input: { service: "web" },
    },
  });
  return run(playbook, at, { id: "run_asking", state: "waiting", reason: "approval", steps });
}

function interrupted(playbook: PlaybookDetail, at: At): RunView {
  const steps = stepsOf(playbook, {
    down: done(at, 4),
    "how-bad": done(at, 3.9, { output: { option: "major" } }),
    look: notChosen(at),
    keep: done(at, 3),
    restart: {
      state: "interrupted",
      reason: "interrupted",
      message: "Firebreak died while this step ran",
      attempts: 1,
      startedAt: at(2),
    },
  });
  return run(playbook, at, { id: "run_interrupted", state: "waiting", reason: "interrupted_step", steps });
}

/** Everything went well; the for-each step had two items. */
function completed(playbook: PlaybookDetail, at: At): RunView {
  const changes = Object.fromEntries(playbook.steps.map(({ id }, index) => [id, done(at, 30 - index)] as const));
  const steps = stepsOf(playbook, {
    ...changes,
    look: notChosen(at),
    rogue: { state: "skipped", reason: "condition_false" },
  });
  const items = ["research", "ops"].flatMap((pack, item) =>
    steps
      .filter(({ parent }) => parent === "packs")
      .map((step) => ({ ...step, id: `${step.id}#${item}`, item, message: `of ${pack}` })),
  );
  const packs = steps.findIndex(({ id }) => id === "packs");
  const others = steps.filter(({ parent }) => parent !== "packs");
  return run(playbook, at, {
    id: "run_completed",
    state: "completed",
    endedAt: at(1),
    outputs: { downMinutes: 4 },
    steps: [...others.slice(0, packs + 1), ...items, ...others.slice(packs + 1)].map((step, index) => ({
      ...step,
      position: index + 1,
    })),
  });
}

function denied(playbook: PlaybookDetail, at: At): RunView {
  const rest = playbook.steps
    .slice(5)
    .map(({ id }) => [id, { state: "skipped", reason: "earlier_step_failed" }] as const);
  const steps = stepsOf(playbook, {
    ...Object.fromEntries(rest),
    down: done(at, 9),
    "how-bad": done(at, 8, { output: { option: "major" } }),
    look: notChosen(at),
    keep: done(at, 7),
    restart: {
      state: "denied",
      reason: "approval_denied",
      message: "bob: not during the sale",
      attempts: 1,
      startedAt: at(6),
      endedAt: at(5),
      earlier: [
        {
          state: "failed",
          reason: "unreachable",
          message: "systemd did not answer",
          startedAt: at(7),
          endedAt: at(6.5),
        },
      ],
    },
  });
  return run(playbook, at, { id: "run_denied", state: "failed", reason: "step_denied", endedAt: at(5), steps });
}

/** What the step `restart` asks before it acts. */
export function restartQuestion(at: At): ApprovalView {
  return {
    id: "apr_restart",
    kind: "playbook.step",
    title: "Restart the service",
    target: "web",
    reason: "A step of the playbook “A service is down” asks before it acts",
    arguments: { runId: "run_asking", stepId: "restart", effector: "service.restart", parameters: { service: "web" } },
    digest: "8c1d".repeat(16),
    preview: ["restarts the service web"],
    checklist: ["The snapshot is complete"],
    incidentId: "INC-2026-0042",
    requestedBy: { kind: "playbook", id: "service-down", name: "A service is down" },
    requestedAt: at(2),
    expiresAt: at(-28),
    role: "commander",
    answersNeeded: 2,
    answers: [{ by: { kind: "person", id: "usr_bob", name: "bob" }, answer: "approved", reason: "go", at: at(1) }],
    state: "pending",
    decidedAt: null,
    usedAt: null,
    outcome: null,
    askedAgainAt: null,
    breakGlass: null,
    reviewed: null,
    refusal: null,
  };
}

export function sampleRuns(playbook: PlaybookDetail, at: At): RunView[] {
  return [deciding, atWork, asking, interrupted, completed, denied].map((make) => make(playbook, at));
}
