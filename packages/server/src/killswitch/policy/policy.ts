import { ROLES } from "@firebreak/protocol";
import type { Role } from "@firebreak/protocol";
import type { PolicyFile, TwoPersonCase } from "./policy-file.ts";

/** How the kill switch is used here: what a policy file says in our terms, or the defaults. */
export interface KillswitchPolicy {
  /** where it was read; null for the defaults */
  readonly file: string | null;
  /** the least role that may stop everything, and that may stop one pack or less */
  readonly globalRole: Role;
  readonly packRole: Role;
  /** what has to be typed to stop everything; null for nothing */
  readonly confirmation: string | null;
  readonly criticalPacks: readonly string[];
  /** to stop a critical pack, its name has to be typed */
  readonly confirmCriticalPacks: boolean;
  /** what a stop without a level does to what runs; null: it freezes */
  readonly runningTasks: RunningTasks | null;
  /** packs come back in batches after a stop of everything; null: at once */
  readonly gradualRestore: { readonly packsPerBatch: number; readonly intervalMs: number } | null;
  /** how long a batch may take to be well; null: not looked at */
  readonly healthCheckMs: number | null;
  readonly twoPersons: readonly TwoPersonCase[];
  readonly checklist: readonly string[];
  readonly logUnauthorized: boolean;
  /** a drill is due at least so often; null: never */
  readonly drillEveryDays: number | null;
  readonly prolongedGlobalMs: number;
  readonly activationsPerDayMax: number;
  /** members of the file that change nothing here, each with why */
  readonly remarks: readonly string[];
}

export interface RunningTasks {
  /** `terminate_gracefully`: denied at once, asked to end after the grace, killed at `forceAfterMs` */
  readonly action: "terminate_gracefully" | "terminate_immediately" | "wait_completion";
  readonly graceMs: number;
  /** from the stop */
  readonly forceAfterMs: number;
}

/** Before agents that did damage run again. */
const CHECKLIST = [
  "The cause is known, and removed or contained",
  "The services that the agents depend on answer",
  "Gates, budgets and credentials are as they should be",
  "No maintenance lock is left behind",
];

const HOUR_MS = 3_600_000;

export const DEFAULT_POLICY: KillswitchPolicy = {
  file: null,
  globalRole: "commander",
  packRole: "responder",
  confirmation: null,
  criticalPacks: [],
  confirmCriticalPacks: false,
  runningTasks: null,
  gradualRestore: null,
  healthCheckMs: null,
  twoPersons: ["severity_1"],
  checklist: CHECKLIST,
  logUnauthorized: true,
  drillEveryDays: null,
  prolongedGlobalMs: HOUR_MS,
  activationsPerDayMax: 5,
  remarks: [],
};

/** Which of our roles the roles of AgentOS have, unless the profile says otherwise (`roles`). */
export const ROLES_OF_AGENTOS: Readonly<Record<string, Role>> = {
  incident_commander: "commander",
  security_lead: "commander",
  cto: "commander",
  platform_admin: "admin",
  team_lead: "responder",
  on_call_engineer: "responder",
};

/** @returns our role for a name of the policy, or undefined */
export function roleNamed(name: string, given: Readonly<Record<string, Role>>): Role | undefined {
  return given[name] ?? ROLES_OF_AGENTOS[name] ?? ROLES.find((role) => role === name);
}

/** @param role gives ours for a name of the policy; every name in the file has one */
export function toPolicy(file: string, { spec }: PolicyFile, role: (name: string) => Role): KillswitchPolicy {
  const { global, pack_level: pack, on_deactivation: deactivation } = spec;
  return {
    ...DEFAULT_POLICY,
    file,
    globalRole: least(global.authorized_roles.map(role)),
    packRole: least(pack.authorized_roles.map(role)),
    confirmation: global.require_confirmation ? global.confirmation_phrase : null,
    criticalPacks: pack.critical_packs,
    confirmCriticalPacks: pack.critical_pack_confirmation,
    runningTasks: runningTasksOf(spec.on_activation),
    ...restoreOf(deactivation),
    twoPersons: deactivation?.two_persons ?? ["severity_1", "critical_packs"],
    checklist: deactivation?.checklist ?? CHECKLIST,
    logUnauthorized: spec.audit?.log_unauthorized_attempts ?? true,
    drillEveryDays: spec.testing?.required_test_frequency_days ?? null,
    ...thresholdsOf(spec.monitoring),
    remarks: remarksOn(spec),
  };
}

/** Roles are a ladder: who has a higher one may too. */
const least = (roles: readonly Role[]): Role => ROLES.find((role) => roles.includes(role)) ?? "admin";

function runningTasksOf(activation: PolicyFile["spec"]["on_activation"]): RunningTasks | null {
  if (activation === undefined) return null;
  const { action, grace_period_seconds: grace, force_after_seconds: force } = activation.running_tasks;
  return { action, graceMs: grace * 1000, forceAfterMs: force * 1000 };
}

function restoreOf(deactivation: PolicyFile["spec"]["on_deactivation"]) {
  if (deactivation === undefined) return {};
  const { gradual_restore: gradual, require_health_check: isChecked } = deactivation;
  return {
    gradualRestore:
      gradual?.enabled === true
        ? { packsPerBatch: gradual.packs_per_batch, intervalMs: gradual.batch_interval_seconds * 1000 }
        : null,
    healthCheckMs: isChecked ? deactivation.health_check_timeout_seconds * 1000 : null,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };

function thresholdsOf(monitoring: PolicyFile["spec"]["monitoring"]) {
  const conditionOf = (name: string) => monitoring?.alerts?.find((alert) => alert.name === name)?.condition ?? "";
  const [, length, unit = "h"] = /(\d+)([smhd])$/.exec(conditionOf("prolonged_global_disable")) ?? [];
  const [, most] = /(\d+)$/.exec(conditionOf("frequent_activations")) ?? [];
  return {
    ...(length === undefined ? {} : { prolongedGlobalMs: Number(length) * (UNIT_MS[unit] ?? HOUR_MS) }),
    ...(most === undefined ? {} : { activationsPerDayMax: Number(most) }),
  };
}

function remarksOn({ global, on_activation: activation, audit, testing }: PolicyFile["spec"]): string[] {
  const remarks: string[] = [];
  if (global.notifications.length > 0) {
    remarks.push("global.notifications tell nobody here: name channels and routes in the profile or channels.yaml");
  }
  if (activation?.pending_tasks !== undefined) {
    remarks.push(
      "on_activation.pending_tasks: Firebreak has no queue of the agents' tasks; gates deny each as it comes",
    );
  }
  if (audit?.retention_days !== undefined) {
    remarks.push("audit.retention_days: the audit log is never shortened, so it is kept for longer");
  }
  if (testing?.test_notification_channel !== undefined) {
    remarks.push("testing.test_notification_channel tells nobody here: an overdue drill is an alert like any other");
  }
  return remarks;
}
