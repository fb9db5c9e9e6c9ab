/** Playbooks as the pages of playbooks show them: one with every kind of step, one small, one that does not load. */
import type {
  DrillView,
  PlaybookDetail,
  PlaybookStepView,
  PlaybookView,
  RefusedPlaybookView,
  RunView,
} from "@firebreak/protocol";
import { sampleDrills } from "./sample-drills.ts";
import { sampleRuns } from "./sample-runs.ts";

type Part = Partial<PlaybookStepView> & Pick<PlaybookStepView, "id" | "title" | "type">;

function step(phase: string, part: Part): PlaybookStepView {
  return {
    phase,
    line: 1,
    parent: null,
    option: null,
    depth: part.parent === undefined ? 0 : 1,
    groups: [],
    when: null,
    timeBox: "1m",
    onFailure: "stop",
    onTimeout: part.onFailure ?? "stop",
    required: true,
    retries: 0,
    effector: null,
    with: {},
    destroysEvidence: false,
    onlyReads: part.effector?.startsWith("check.") === true || part.effector === "command.read",
    undo: part.type === "action" ? "none" : null,
    approval: null,
    role: null,
    remindAfter: null,
    escalateTo: null,
    text: null,
    checklist: [],
    capture: [],
    expect: null,
    of: null,
    in: null,
    atOnce: null,
    otherwise: null,
    waitFor: null,
    waitEvery: null,
    signal: null,
    playbook: null,
    ...part,
  };
}

const ANSWERS = "The service answers its health check";

function containSteps(): PlaybookStepView[] {
  return [
    step("contain", {
      id: "down",
      title: "Ask the service whether it answers",
      type: "action",
      effector: "check.http",
      with: { url: "${inputs.healthUrl}", timeoutMs: 3000 },
      undo: "none",
      retries: 2,
    }),
    step("contain", {
      id: "how-bad",
      title: "Decide how bad it is",
      type: "decision",
      role: "lead",
      timeBox: "10m",
      text: "Which service is down, and does anybody notice?",
      otherwise: "minor",
      groups: [
        { id: "major", label: "Customers notice", when: "steps.down.output.up == false", severity: 1 },
        { id: "minor", label: "Nobody notices yet", when: null, severity: 3 },
        { id: "none", label: "It was a false alarm", when: null, severity: null },
      ],
    }),
    step("contain", {
      id: "keep",
      title: "Keep the evidence of the container before anything restarts",
      type: "action",
      effector: "docker.snapshot",
      with: { container: "${inputs.service}" },
      timeBox: "2m",
      parent: "how-bad",
      option: "major",
    }),
    step("contain", {
      id: "restart",
      title: "Restart the service",
      type: "action",
      effector: "service.restart",
      with: { service: "${inputs.service}" },
      destroysEvidence: true,
      undo: "auto",
      approval: { role: "lead", people: 2, expiresAfter: "30m", checklist: ["The snapshot is complete"] },
      role: "lead",
      parent: "how-bad",
      option: "major",
    }),
    step("contain", {
      id: "look",
      title: "Look at the logs of the last hour",
      type: "manual",
      role: "on-call",
      text: "Open the dashboard of the service.\nWrite down the first error after the last good request.",
      checklist: ["The dashboard shows the last hour", "The first error is found"],
      capture: [
        { name: "firstError", label: "The first error", type: "string", required: true },
        { name: "requests", label: "Requests that failed", type: "number", required: false },
      ],
      timeBox: "20m",
      parent: "how-bad",
      option: "minor",
    }),
  ];
}

function recoverSteps(): PlaybookStepView[] {
  return [
    step("recover", {
      id: "both",
      title: "Check both stores at the same time",
      type: "parallel",
      groups: [
        { id: "redis", label: "Redis", when: null, severity: null },
        { id: "postgres", label: "PostgreSQL", when: null, severity: null },
      ],
    }),
    step("recover", {
      id: "redis-up",
      title: "Redis answers and is not loading",
      type: "verify",
      effector: "check.redis",
      expect: "output.up && !output.loading",
      parent: "both",
      option: "redis",
    }),
    step("recover", {
      id: "postgres-log",
      title: "Read the end of PostgreSQL’s log",
      type: "action",
      effector: "command.read",
      with: { program: "tail", args: ["-n", "50", "/var/log/postgresql/it's main.log"] },
      parent: "both",
      option: "postgres",
    }),
    step("recover", {
      id: "packs",
      title: "Bring the packs back, one after another",
      type: "for-each",
      in: "inputs.packs",
      atOnce: 1,
      timeBox: "1h",
    }),
    step("recover", {
      id: "start-pack",
      title: "Start the pack",
      type: "action",
      effector: "service.start",
      with: { service: "${each}" },
      undo: "auto",
      parent: "packs",
    }),
    step("recover", {
      id: "watch",
      title: "Watch it for five minutes",
      type: "wait",
      waitFor: "5m",
      timeBox: "6m",
      parent: "packs",
    }),
    step("recover", {
      id: "answers",
      title: ANSWERS,
      type: "verify",
      effector: "check.http",
      with: { url: "${inputs.healthUrl}" },
      expect: "output.up == true && output.status < 400",
      when: `steps.how-bad.state == "succeeded"`,
    }),
  ];
}

function communicateSteps(): PlaybookStepView[] {
  return [
    step("communicate", {
      id: "go-public",
      title: "May the customers be told?",
      type: "approval",
      text: "The message names the outage, since when, and what customers should do.",
      approval: { role: "lead", people: 1, expiresAfter: "1h", checklist: [] },
      role: "lead",
      remindAfter: "10m",
      escalateTo: "chief",
      timeBox: "1h",
    }),
    step("communicate", {
      id: "tell",
      title: "Tell the customers",
      type: "action",
      effector: "notify.send",
      with: { template: "update" },
      parent: "go-public",
    }),
    step("learn", {
      id: "rogue",
      title: "Contain the agent that caused it",
      type: "sub-playbook",
      playbook: "rogue-agent",
      with: { agentId: "scout" },
      required: false,
      onFailure: "continue",
    }),
  ];
}

const SOURCE = [
  "id: service-down",
  "title: A service is down",
  "description: A service does not answer any more.",
  "phases:",
  "  - id: contain",
  "    steps:",
  "      - id: down",
  "        title: Ask the service whether it answers",
  "        timeBox: 1m",
].join("\n");

const WARNING = {
  level: "warning",
  file: "playbooks/service-down.yaml",
  line: 9,
  column: 9,
  message: "`timeBox` of step down is long for a probe",
  remedy: "write `10s`",
} as const;

const HASH = "5d1e".repeat(16);

function serviceDown(at: (minutes: number) => string): PlaybookDetail {
  return {
    id: "service-down",
    title: "A service is down",
    description:
      "A service does not answer any more.\nFinds out which, brings it back with its evidence kept, tells whom it concerns.",
    file: "playbooks/service-down.yaml",
    hash: HASH,
    version: 4,
    severity: 2,
    appliesTo: { rules: ["r1"], incidentTypes: ["system_outage"], severities: [1, 2] },
    inputs: [
      {
        name: "service",
        type: "string",
        description: "the name of the service in the profile",
        required: true,
        default: null,
      },
      {
        name: "healthUrl",
        type: "string",
        description: "where it says how it is",
        required: true,
        default: "http://127.0.0.1:8088/health",
      },
      { name: "packs", type: "list", description: "packs to bring back", required: false, default: ["research"] },
      { name: "calm", type: "boolean", description: null, required: false, default: false },
    ],
    runnable: true,
    roles: [
      { id: "lead", title: "Incident lead", access: "commander", duty: "decides, and speaks for the team" },
      { id: "on-call", title: "On call", access: "responder", duty: null },
      { id: "chief", title: "Chief", access: "admin", duty: "is told when nobody answers" },
    ],
    locks: ["service:${inputs.service}"],
    onLocked: "wait",
    phases: [
      { id: "contain", timeBox: "15m" },
      { id: "recover", timeBox: "1h" },
      { id: "communicate", timeBox: null },
      { id: "learn", timeBox: null },
    ],
    steps: [...containSteps(), ...recoverSteps(), ...communicateSteps()],
    outputs: [{ name: "downMinutes", expression: "steps.answers.output.millis / 60000" }],
    text: SOURCE,
    problems: [WARNING],
    versions: [
      { hash: HASH, runs: 3, firstAt: at(4000), lastAt: at(30) },
      { hash: "11aa".repeat(16), runs: 1, firstAt: at(90_000), lastAt: at(90_000) },
    ],
  };
}

function rogueAgent(): PlaybookDetail {
  return {
    ...serviceDown(() => "2026-01-01T00:00:00Z"),
    id: "rogue-agent",
    title: "Rogue agent",
    description: "Stops an agent with proof, keeps the evidence and tells the team.",
    file: "profiles/ai-empire/playbooks/rogue-agent.yaml",
    hash: "9f2c".repeat(16),
    version: 1,
    severity: 1,
    appliesTo: { rules: [], incidentTypes: ["agent_runaway"], severities: [] },
    inputs: [{ name: "agentId", type: "string", description: "the agent to contain", required: true, default: null }],
    roles: [],
    locks: [],
    outputs: [],
    phases: [{ id: "contain", timeBox: null }],
    steps: [
      step("contain", {
        id: "freeze",
        title: "Freeze the agent’s whole process tree",
        type: "action",
        effector: "agent.freeze",
      }),
      step("contain", {
        id: "evidence",
        title: "Keep the evidence of the frozen tree",
        type: "action",
        effector: "evidence.collect",
      }),
      step("contain", {
        id: "kill",
        title: "Kill the agent’s whole process tree",
        type: "action",
        effector: "agent.kill",
        destroysEvidence: true,
      }),
    ],
    problems: [],
    versions: [],
  };
}

const REFUSED: RefusedPlaybookView = {
  id: "half-written",
  file: "playbooks/half-written.yaml",
  problems: [
    {
      level: "error",
      file: "playbooks/half-written.yaml",
      line: 2,
      column: 8,
      message: "`timeBox` of step look is missing",
      remedy: "add how long the step may take, for example `timeBox: 10s`",
    },
  ],
};

export interface PlaybookSample {
  runs: RunView[];
  readonly provenAt: string;
  drills: DrillView[];
  playbooks: PlaybookDetail[];
  refused: RefusedPlaybookView[];
}

export function samplePlaybooks(at: (minutes: number) => string): PlaybookSample {
  const down = serviceDown(at);
  return {
    playbooks: [rogueAgent(), down],
    refused: [REFUSED],
    runs: sampleRuns(down, at),
    drills: sampleDrills(down, at),
    provenAt: at(3 * 24 * 60),
  };
}

/** @returns the playbook as a line of the library */
export function lineOf(playbook: PlaybookDetail): PlaybookView {
  const { id, title, description, file, hash, version, severity, appliesTo, inputs, problems } = playbook;
  const steps = playbook.steps.map((one) => ({ id: one.id, phase: one.phase, title: one.title, type: one.type }));
  return { id, title, description, file, hash, version, severity, appliesTo, inputs, steps, problems };
}
