import type { AlertReason, Severity } from "@firebreak/protocol";
import type { StormSettings } from "../../kernel/index.ts";

/** What comes in a storm of all rules together. */
export const ALL = "all";

/** What of an alert decides whether it joins a storm. */
export interface StormCase {
  readonly origin: string;
  /** a rule of ours raised it: of these there are not without end */
  readonly isOfRule: boolean;
  readonly agentId: string | null;
  readonly severity: Severity;
}

export interface ActiveStorm {
  readonly incidentId: string;
  readonly severity: Severity;
}

/** Everything besides the alert that a decision depends on, so that deciding is pure. */
export interface StormSituation {
  readonly settings: StormSettings;
  /** by what comes in it: an origin, or {@link ALL} */
  readonly active: ReadonlyMap<string, ActiveStorm>;
  /** storms that each agent is in */
  readonly storms: ReadonlyMap<string, readonly ActiveStorm[]>;
  /** incidents opened within the time that counts, by what set them off */
  readonly opened: ReadonlyMap<string, number>;
}

/** The storm that an alert joins, by what comes in it, and why. */
export interface StormVerdict {
  readonly key: string;
  readonly reason: Extract<AlertReason, "rule_storm" | "wide_storm" | "agent_storm">;
  /** null: it begins now */
  readonly incidentId: string | null;
}

/**
 * For an alert without an incident of its own. A storm must not hide what is not of it: the first alert of a rule opens an
 * incident always, and what is critical joins only a storm of its own rule.
 *
 * @returns null when it opens an incident of its own
 */
export function decideStorm(alert: StormCase, situation: StormSituation): StormVerdict | null {
  const { settings, active, storms, opened } = situation;
  const own = active.get(alert.origin);
  if (own !== undefined) return { key: alert.origin, reason: "rule_storm", incidentId: own.incidentId };
  const isCritical = alert.severity === 1;
  const shared =
    alert.agentId === null ? undefined : storms.get(alert.agentId)?.find((one) => one.severity <= alert.severity);
  if (shared !== undefined && !isCritical) {
    return { key: alert.origin, reason: "agent_storm", incidentId: shared.incidentId };
  }
  const ofOrigin = opened.get(alert.origin) ?? 0;
  if (settings.incidents > 0 && ofOrigin >= settings.incidents) {
    return { key: alert.origin, reason: "rule_storm", incidentId: null };
  }
  if (isCritical || (alert.isOfRule && ofOrigin === 0)) return null;
  return joinWide(situation);
}

function joinWide({ settings, active, opened }: StormSituation): StormVerdict | null {
  const wide = active.get(ALL);
  if (wide !== undefined) return { key: ALL, reason: "wide_storm", incidentId: wide.incidentId };
  const all = [...opened.values()].reduce((sum, count) => sum + count, 0);
  if (settings.incidentsOfAll === 0 || all < settings.incidentsOfAll) return null;
  return { key: ALL, reason: "wide_storm", incidentId: null };
}
