import { z } from "zod";

export const INCIDENT_STATES = [
  "detected",
  "triaged",
  "contained",
  "eradicated",
  "recovering",
  "resolved",
  "reviewed",
  "closed",
  "merged",
  "false_positive",
] as const;
export const incidentState = z.enum(INCIDENT_STATES);
export type IncidentState = z.infer<typeof incidentState>;

/** From a state to the states it may change to: the one table that server, CLI and console share. */
export const INCIDENT_TRANSITIONS: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  detected: ["triaged", "contained", "resolved", "merged", "false_positive"],
  triaged: ["contained", "resolved", "merged", "false_positive"],
  contained: ["triaged", "eradicated", "recovering", "resolved", "false_positive"],
  eradicated: ["contained", "recovering", "resolved"],
  recovering: ["contained", "resolved"],
  resolved: ["triaged", "reviewed"],
  reviewed: ["triaged", "closed"],
  closed: ["triaged"],
  merged: [],
  false_positive: ["triaged"],
};

/** @returns true when an incident may change from one state to the other */
export function canTransition(from: IncidentState, to: IncidentState): boolean {
  return INCIDENT_TRANSITIONS[from].includes(to);
}

/** States in which nobody needs to act any more. */
export const SETTLED_STATES = ["resolved", "reviewed", "closed", "merged", "false_positive"] as const;

export function isSettled(state: IncidentState): boolean {
  return SETTLED_STATES.some((settled) => settled === state);
}

export const INCIDENT_TYPES = [
  "agent_runaway",
  "agent_incorrect_output",
  "agent_rate_limit",
  "agent_authorization",
  "system_outage",
  "system_corruption",
  "system_integration",
  "security_pii_exposure",
  "security_unauthorized_access",
  "security_credential_compromise",
  "security_malicious_code",
  "security_exfiltration",
  "security_supply_chain",
  "value_wallet",
  "value_transactions",
  "value_balance",
  "other",
] as const;
export const incidentType = z.enum(INCIDENT_TYPES);
export type IncidentType = z.infer<typeof incidentType>;

export const CLOCK_KINDS = ["respond", "contain", "resolve"] as const;
export const clockKind = z.enum(CLOCK_KINDS);
export type ClockKind = z.infer<typeof clockKind>;

export const RUN_STATES = [
  "pending",
  "running",
  "waiting",
  "completed",
  "completed_with_exceptions",
  "failed",
  "aborted",
  // said what it would do, and did nothing
  "observed",
] as const;
export const runState = z.enum(RUN_STATES);
export type RunState = z.infer<typeof runState>;

export const STEP_STATES = [
  "pending",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "denied",
  "skipped",
  "timed_out",
  "unverified",
  "undone",
  "interrupted",
] as const;
export const stepState = z.enum(STEP_STATES);
export type StepState = z.infer<typeof stepState>;

export const DELIVERY_STATES = ["pending", "sending", "delivered", "failed"] as const;
export const deliveryState = z.enum(DELIVERY_STATES);
export type DeliveryState = z.infer<typeof deliveryState>;
