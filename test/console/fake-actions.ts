import type { ActionPreview, ActionView, Actor, EffectorView } from "@firebreak/protocol";

const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const NOTHING = { agents: [], hosts: [], services: [], addresses: [] };

const EFFECTORS: readonly EffectorView[] = [
  {
    name: "maintenance.lock",
    title: "Set a lock file that services honour",
    destroysEvidence: false,
    expiry: "by_undo",
    role: "responder",
    missing: [],
    parameters: { type: "object", properties: { lock: { type: "string" } }, required: ["lock"] },
  },
  {
    name: "docker.kill",
    title: "Kill containers",
    destroysEvidence: true,
    expiry: "by_undo",
    role: "commander",
    missing: [{ what: "the container engine cannot be asked", remedy: "start it" }],
    parameters: { type: "object", properties: { container: { type: "string" } } },
  },
];

export function actionsOf(ago: (minutes: number) => string): ActionView[] {
  const contained: ActionView = {
    id: "act_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
    effector: "docker.contain",
    parameters: { label: "firebreak.agent=scout" },
    state: "in_force",
    changes: ["pauses scout-1: its processes stand still and keep their memory", "takes scout-1 out of research"],
    blastRadius: { ...NOTHING, agents: ["scout"], services: ["scout-1"] },
    message: "scout-1: verified",
    failure: null,
    output: {},
    reason: "it read what it must not",
    incidentId: "INC-2026-0042",
    requestedBy: ADA,
    host: "agents-1",
    requestedAt: ago(42),
    appliedAt: ago(42),
    verifiedAt: ago(1),
    expiresAt: ago(-78),
    endedAt: null,
    endedBy: null,
    endReason: null,
    nextTryAt: null,
  };
  const lost: ActionView = {
    ...contained,
    id: "act_01KDY8M3T0XV5C8QJ2N4R6W9ZC",
    effector: "maintenance.lock",
    state: "lost",
    blastRadius: { ...NOTHING, services: ["/run/lock/services/deploys.lock"] },
    message: "it is not in effect: /run/lock/services/deploys.lock is a lock of person bob (database move)",
    incidentId: null,
    expiresAt: null,
    nextTryAt: ago(-1),
  };
  const ended: ActionView = {
    ...contained,
    id: "act_01KDY8M3T0XV5C8QJ2N4R6W9Z9",
    effector: "systemd.stop",
    state: "undone",
    blastRadius: { ...NOTHING, hosts: ["agents-1"], services: ["openclaw-gateway.service"] },
    message: "openclaw-gateway.service is active",
    endedAt: ago(5),
    endedBy: ADA,
    endReason: "the key was rotated",
  };
  return [lost, contained, ended];
}

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
}

export function actionRoutes(actions: ActionView[], now: () => string): Record<string, (call: Call) => unknown> {
  return {
    "GET /effectors": () => ({ items: EFFECTORS, next: null }),
    "POST /effectors/:id/preview": ({ id }): ActionPreview | undefined => {
      const found = EFFECTORS.find(({ name }) => name === id);
      if (found === undefined) return undefined;
      const { name, title, destroysEvidence, expiry, role } = found;
      const changes = ["makes deploys.lock: whoever honours it does not begin"];
      const blastRadius = { ...NOTHING, services: ["deploys.lock"] };
      return { effector: name, title, changes, blastRadius, obstacles: [], destroysEvidence, expiry, role };
    },
    "GET /actions": () => ({ items: actions, next: null }),
    "POST /actions": () => actions[0],
    "POST /actions/:id/undo": ({ id, body }) => {
      const index = actions.findIndex((action) => action.id === id);
      const before = actions[index];
      if (before === undefined) return undefined;
      const endReason = String(body["reason"]);
      actions[index] = { ...before, state: "undone", endedAt: now(), endedBy: ADA, endReason };
      return actions[index];
    },
  };
}
