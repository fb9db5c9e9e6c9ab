/** The part of the fake backend that the page of automatic containment asks. */
import type { ContainmentView, GuardView, ReactionView } from "@firebreak/protocol";
import { clockOf } from "./sample-data.ts";

const NOTHING = { observed: 0, acted: 0, asked: 0, held: 0, failed: 0, agents: 0 };

const RULES: ContainmentView["rules"] = [
  {
    name: "prompt-injection",
    origin: "containment",
    mode: "ask",
    kind: "effector",
    what: "agent.deny",
    trigger: "rule 5e1f1a52-8f0a-4f0e-9b53-1f6f0f3fd401",
    problem: null,
    counts: { ...NOTHING, asked: 1, agents: 1 },
  },
  {
    name: "quarantine-changed-skills-as-soon-as-anybody-sees-one-of-them",
    origin: "containment",
    mode: "observe",
    kind: "effector",
    what: "skill.banish",
    trigger: "tag attack.persistence and severity 1 or 2",
    problem: "nothing here provides the effector skill.banish",
    counts: { ...NOTHING, observed: 12, agents: 3 },
  },
  {
    name: "5e1f1a52-8f0a-4f0e-9b53-1f6f0f3f8b01",
    origin: "detectors",
    mode: "act",
    kind: "playbook",
    what: "rogue-agent",
    trigger: "rule 5e1f1a52-8f0a-4f0e-9b53-1f6f0f3f8b01",
    problem: null,
    counts: { ...NOTHING, acted: 2, held: 1, agents: 2 },
  },
];

export function containmentOf(isBusy: boolean): ContainmentView {
  return {
    rules: isBusy ? RULES : [],
    limits: { actionsPerHour: 20, actionsPerRulePerHour: 10, fleetShare: 0.5, quietMinutes: 10, lateMinutes: 60 },
    used: { actionsThisHour: 2, agentsThisHour: 2, agentsActive: 4, agentsAllowed: 2 },
    waiting: isBusy ? 1 : 0,
  };
}

export function reactionsOf(isBusy: boolean): ReactionView[] {
  if (!isBusy) return [];
  const ago = clockOf(Date.now());
  const base: ReactionView = {
    id: "rct_1",
    rule: "prompt-injection",
    title: "Instructions that are hidden or encoded",
    mode: "act",
    state: "applied",
    kind: "playbook",
    what: "rogue-agent",
    target: "agent scout",
    parameters: { agentId: "scout" },
    changes: [],
    blastRadius: { agents: ["scout"], hosts: [], services: [], addresses: [] },
    agentId: "scout",
    sessionId: null,
    incidentId: "INC-2026-0042",
    alertId: null,
    rail: null,
    railReason: null,
    message: null,
    approvalId: null,
    actionId: null,
    runId: "run_1",
    at: ago(5),
    updatedAt: ago(5),
  };
  return [
    {
      ...base,
      id: "rct_2",
      state: "waiting",
      rail: "fleet",
      railReason: "2 of 4 active agents were acted on in the last hour, and 2 may be (fleetShare)",
      approvalId: "apr_1",
    },
    {
      ...base,
      id: "rct_3",
      kind: "effector",
      what: "agent.deny",
      mode: "observe",
      state: "observed",
      changes: ["sets a hold (deny) on agent scout, which a person must lift"],
    },
    { ...base, id: "rct_4", state: "failed", message: "there is no playbook gone that may run" },
    base,
  ];
}

export function guardOf(isBusy: boolean): GuardView {
  const ago = clockOf(Date.now());
  const [cpu, memory] = isBusy ? [97, 81] : [12, 40];
  const process = { commandLine: "node agent.js", cpuPercent: 182, memoryBytes: 2 * 1024 ** 3, sessionId: null };
  const measure = { since: ago(1), of: "host", trend: "steady" } as const;
  return {
    host: "box",
    state: "watching",
    problem: null,
    level: isBusy ? "emergency" : "normal",
    since: ago(1),
    sampledAt: ago(0),
    cores: 2,
    memoryBytes: 8 * 1024 ** 3,
    diskFreeBytes: 40 * 1024 ** 3,
    measures: [
      { ...measure, name: "cpu", percent: cpu, level: isBusy ? "emergency" : "normal", trend: "rising" },
      { ...measure, name: "memory", percent: memory, level: isBusy ? "warn" : "normal" },
      { ...measure, name: "disk", percent: 33, level: "normal" },
    ],
    history: Array.from({ length: 60 }, (_, index) => ({
      at: ago((60 - index) / 12),
      cpu: isBusy ? Math.min(97, 20 + index * 2) : 12,
      memory,
      disk: 33,
    })),
    throttle: isBusy ? { maxConcurrent: 0, delayMs: 5000, reason: "resource guard on box: emergency, cpu 97 %" } : null,
    stops: isBusy
      ? [{ at: ago(0.3), agentId: "scout", sessionId: "ses_1", effector: "agent.freeze", state: "applied" }]
      : [],
    top: {
      at: isBusy ? ago(0.1) : null,
      cpu: isBusy ? [{ ...process, pid: 4242, name: "node", agentId: "scout" }] : [],
      memory: isBusy ? [{ ...process, pid: 77, name: "postgres", agentId: null }] : [],
    },
  };
}
