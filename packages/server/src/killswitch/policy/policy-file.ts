import { z } from "zod";

/** The shape of `killswitch.policy.v1` as AgentOS ships it, strictly, with two members of ours under `on_deactivation`. */

const roleName = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "use small letters, digits, _ and -");
const roles = z.array(roleName).min(1, "name at least one role, or nobody could stop").max(32);
const seconds = z.number().int().min(0).max(86_400);

const notification = z.strictObject({
  channel: z.string().min(1).max(64),
  target: z.string().min(1).max(256),
  on_events: z.array(z.enum(["disabled", "enabled"])).min(1),
});

const mustRun = z.literal(true, "only true: agents run until somebody stops them; to keep them stopped, stop them");

const globalSwitch = z.strictObject({
  default_enabled: mustRun.default(true),
  authorized_roles: roles,
  require_confirmation: z.boolean().default(false),
  /** of ours: what has to be typed */
  confirmation_phrase: z.string().trim().min(3).max(64).default("KILL ALL AGENTS"),
  auto_reenable_after_seconds: z
    .literal(0, "only 0: nothing lets agents run again by itself; a person may give one stop an end (stop --for)")
    .default(0),
  notifications: z.array(notification).max(50).default([]),
});

const packSwitch = z.strictObject({
  default_enabled: mustRun.default(true),
  authorized_roles: roles,
  critical_packs: z.array(z.string().min(1).max(128)).max(200).default([]),
  critical_pack_confirmation: z.boolean().default(false),
  cascade_on_global_disable: z.literal(true, "only true: a stop of everything covers every pack").default(true),
});

const runningTasks = z
  .strictObject({
    action: z.enum(["terminate_gracefully", "terminate_immediately", "wait_completion"]),
    grace_period_seconds: seconds.default(30),
    force_after_seconds: seconds.default(60),
  })
  .refine((tasks) => tasks.force_after_seconds >= tasks.grace_period_seconds, {
    message: "force_after_seconds counts from the stop, so it cannot be less than grace_period_seconds",
    path: ["force_after_seconds"],
  });

const onActivation = z.strictObject({
  running_tasks: runningTasks,
  pending_tasks: z
    .strictObject({
      action: z.enum(["pause", "reject", "retain"]),
      max_queue_size: z.number().int().min(0).optional(),
    })
    .optional(),
  pending_approvals: z
    .strictObject({ action: z.literal("retain", "only retain: a stop answers no question that a person was asked") })
    .optional(),
});

/** Whose resume takes two persons. */
export const TWO_PERSON_CASES = ["severity_1", "critical_packs", "global"] as const;
export type TwoPersonCase = (typeof TWO_PERSON_CASES)[number];

const onDeactivation = z.strictObject({
  gradual_restore: z
    .strictObject({
      enabled: z.boolean().default(true),
      packs_per_batch: z.number().int().min(1).max(100).default(2),
      batch_interval_seconds: seconds.default(60),
    })
    .optional(),
  require_health_check: z.boolean().default(true),
  health_check_timeout_seconds: seconds.default(30),
  /** of ours */
  two_persons: z.array(z.enum(TWO_PERSON_CASES)).max(3).optional(),
  /** of ours: what has to be checked before such a resume */
  checklist: z.array(z.string().trim().min(3).max(200)).max(20).optional(),
});

const alwaysLogged = z.literal(true, "only true: the audit log keeps every act").default(true);

const audit = z.strictObject({
  log_all_state_changes: alwaysLogged,
  log_authorized_attempts: alwaysLogged,
  log_unauthorized_attempts: z.boolean().default(true),
  retention_days: z.number().int().min(1).optional(),
  required_fields: z
    .array(z.enum(["timestamp", "user_id", "action", "target", "reason", "ip_address", "result"]))
    .optional(),
});

const testing = z.strictObject({
  allow_test_mode: z.boolean().optional(),
  test_environments: z.array(z.string().max(64)).max(50).optional(),
  required_test_frequency_days: z.number().int().min(1).max(366).optional(),
  test_notification_channel: z.string().max(256).optional(),
});

const alertCondition = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("prolonged_global_disable"),
    condition: z
      .string()
      .regex(/^global_disabled_duration > \d{1,4}[smhd]$/, "write it as: global_disabled_duration > 1h"),
    severity: z.string().max(32).optional(),
  }),
  z.strictObject({
    name: z.literal("frequent_activations"),
    condition: z.string().regex(/^activations_last_24h > \d{1,5}$/, "write it as: activations_last_24h > 5"),
    severity: z.string().max(32).optional(),
  }),
]);

const monitoring = z.strictObject({
  metrics: z
    .array(
      z.strictObject({
        name: z.enum(["killswitch_state", "killswitch_activations_total", "killswitch_duration_seconds"]),
        type: z.string(),
        labels: z.array(z.string()),
      }),
    )
    .max(10)
    .optional(),
  alerts: z.array(alertCondition).max(10).optional(),
});

export const policyFile = z.strictObject({
  apiVersion: z.literal("agentos.io/v1"),
  kind: z.literal("Policy"),
  metadata: z.strictObject({
    name: z.literal("killswitch"),
    version: z.string().regex(/^1\./, "this reads version 1 of the policy"),
    description: z.string().max(1000).optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.strictObject({
    global: globalSwitch,
    pack_level: packSwitch,
    on_activation: onActivation.optional(),
    on_deactivation: onDeactivation.optional(),
    audit: audit.optional(),
    testing: testing.optional(),
    monitoring: monitoring.optional(),
  }),
});
export type PolicyFile = z.infer<typeof policyFile>;
