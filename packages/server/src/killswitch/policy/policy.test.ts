import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DEFAULT_POLICY } from "./policy.ts";
import { parsePolicy } from "./read-policy.ts";

/** The members of AgentOS's killswitch.policy.v1, each with its value there. */
const AGENTOS = `
apiVersion: agentos.io/v1
kind: Policy
metadata: { name: killswitch, version: "1.0.0", description: x, labels: { category: safety, criticality: high } }
spec:
  global:
    default_enabled: true
    authorized_roles: [incident_commander, security_lead, cto, platform_admin]
    require_confirmation: true
    auto_reenable_after_seconds: 0
    notifications:
      - { channel: slack, target: "#agentos-alerts", on_events: [disabled, enabled] }
  pack_level:
    default_enabled: true
    authorized_roles: [team_lead, on_call_engineer, incident_commander, platform_admin]
    critical_packs: [finance, legal, billing]
    critical_pack_confirmation: true
    cascade_on_global_disable: true
  on_activation:
    running_tasks: { action: terminate_gracefully, grace_period_seconds: 30, force_after_seconds: 60 }
    pending_tasks: { action: pause, max_queue_size: 1000 }
    pending_approvals: { action: retain }
  on_deactivation:
    gradual_restore: { enabled: true, packs_per_batch: 2, batch_interval_seconds: 60 }
    require_health_check: true
    health_check_timeout_seconds: 30
  audit:
    log_all_state_changes: true
    log_authorized_attempts: true
    log_unauthorized_attempts: true
    retention_days: 365
    required_fields: [timestamp, user_id, action, target, reason, ip_address, result]
  testing:
    allow_test_mode: true
    test_environments: [development, staging]
    required_test_frequency_days: 30
    test_notification_channel: "#agentos-ops"
  monitoring:
    metrics:
      - { name: killswitch_state, type: gauge, labels: [level, target] }
    alerts:
      - { name: prolonged_global_disable, condition: global_disabled_duration > 2h, severity: warning }
      - { name: frequent_activations, condition: activations_last_24h > 7, severity: warning }
`;

test("C-1: the policy that the agentos profile ships is sound, and lets packs back one at a time", () => {
  const file = fileURLToPath(new URL("../../../../../profiles/agentos/killswitch.policy.yaml", import.meta.url));
  expect(parsePolicy(file, readFileSync(file, "utf8"), {})).toMatchObject({
    ok: true,
    policy: { globalRole: "commander", gradualRestore: { packsPerBatch: 1, intervalMs: 300_000 } },
  });
});

const read = (text: string, roles = {}) => parsePolicy("p.yaml", text, roles);
const problemsOf = (text: string) => {
  const parsed = read(text);
  return parsed.ok ? [] : parsed.problems;
};

test("C-1: killswitch.policy.v1 of AgentOS is read whole, in our terms", () => {
  const parsed = read(AGENTOS);
  expect(parsed).toMatchObject({
    ok: true,
    policy: {
      file: "p.yaml",
      globalRole: "commander",
      packRole: "responder",
      confirmation: "KILL ALL AGENTS",
      criticalPacks: ["finance", "legal", "billing"],
      confirmCriticalPacks: true,
      runningTasks: { action: "terminate_gracefully", graceMs: 30_000, forceAfterMs: 60_000 },
      gradualRestore: { packsPerBatch: 2, intervalMs: 60_000 },
      healthCheckMs: 30_000,
      twoPersons: ["severity_1", "critical_packs"],
      drillEveryDays: 30,
      prolongedGlobalMs: 7_200_000,
      activationsPerDayMax: 7,
    },
  });
  expect(parsed.ok && parsed.policy.remarks).toHaveLength(4);
});

describe("what would be unsafe is refused at its line, with what to do", () => {
  test.each([
    ["auto_reenable_after_seconds: 0", "auto_reenable_after_seconds: 600", "nothing lets agents run again by itself"],
    ["cascade_on_global_disable: true", "cascade_on_global_disable: false", "covers every pack"],
    ["action: retain }", "action: reject }", "only retain"],
    ["log_all_state_changes: true", "log_all_state_changes: false", "every act"],
    ["force_after_seconds: 60", "force_after_seconds: 10", "cannot be less than grace_period_seconds"],
    ["authorized_roles: [team_lead,", "authorized_roles: [janitor,", "nobody here has the role janitor"],
    [
      "    default_enabled: true\n    authorized_roles: [team",
      "    default_enabled: false\n    authorized_roles: [team",
      "only true",
    ],
    ["  audit:", "  audits:", "not known here"],
    ["activations_last_24h > 7", "activations_last_24h >= 7", "write it as"],
  ])("%s → %s", (before, after, message) => {
    expect(AGENTOS).toContain(before);
    const text = AGENTOS.replace(before, after);
    const [problem] = problemsOf(text);
    expect(problem?.message).toContain(message);
    const changed = after.trim().split("\n")[0] ?? "";
    expect(Math.abs((problem?.line ?? 0) - text.slice(0, text.indexOf(changed)).split("\n").length)).toBeLessThan(2);
  });
});

test("the other shape, with triggers, is refused with what it is and what to write", () => {
  const other = "killswitch:\n  triggers:\n    - security_incident\n    - cost_overrun\n";
  expect(problemsOf(other)).toMatchObject([
    {
      line: 1,
      message: expect.stringContaining("other shape"),
      remedy: expect.stringContaining("killswitch.policy.v1"),
    },
  ]);
  expect(problemsOf("spec:\n  triggers: []\n")).toMatchObject([{ message: expect.stringContaining("other shape") }]);
});

test("the profile says which of our roles a further name has", () => {
  const text = AGENTOS.replace("[incident_commander, security_lead, cto, platform_admin]", "[duty_officer]");
  expect(read(text).ok).toBe(false);
  expect(read(text, { duty_officer: "admin" })).toMatchObject({ policy: { globalRole: "admin" } });
});

test("nothing a file holds makes the reader throw, and every problem has a place", () => {
  const cut = fc.record({
    at: fc.nat(AGENTOS.length),
    gone: fc.nat(40),
    put: fc.string({ unit: "binary", maxLength: 8 }),
  });
  const broken = cut.map(({ at, gone, put }) => AGENTOS.slice(0, at) + put + AGENTOS.slice(at + gone));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), broken), (text) => {
      const parsed = read(text);
      if (parsed.ok) return;
      expect(parsed.problems.length).toBeGreaterThan(0);
      for (const { line, column, remedy } of parsed.problems)
        expect([line >= 1, column >= 1, remedy !== ""]).toEqual([true, true, true]);
    }),
    { numRuns: 60 },
  );
});

test("without a file: a commander stops everything, a responder the rest, two persons for severity 1", () => {
  expect(DEFAULT_POLICY).toMatchObject({ globalRole: "commander", packRole: "responder", twoPersons: ["severity_1"] });
});
