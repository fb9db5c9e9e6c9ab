import { INCIDENT_TYPES, SEVERITY_NAMES } from "@firebreak/protocol";
import type { IncidentType, Severity } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import { detectorBindingFor } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";

/** What a team decides about rules. */
export type AlertProfile = Pick<Profile, "detectors" | "severities">;

/**
 * How grave a match is and what kind of incident it means. The first that says so wins: the profile's binding of this
 * very rule, the rule's own `firebreak` key, the profile's binding for `*`, the rule's level.
 */
export function judgeMatch(
  profile: AlertProfile,
  match: Pick<Match, "ruleId" | "level" | "custom">,
): { severity: Severity; incidentType: IncidentType } {
  const binding = detectorBindingFor(profile, match.ruleId);
  const own = binding?.rule === "*" ? undefined : binding;
  const others = own === undefined ? binding : undefined;
  const severity =
    own?.severity ?? readSeverity(match.custom["severity"]) ?? others?.severity ?? severityOfLevel(match.level);
  const incidentType =
    own?.type ?? readIncidentType(match.custom["incident_type"] ?? match.custom["type"]) ?? others?.type ?? "other";
  return { severity, incidentType };
}

function severityOfLevel(level: string): Severity {
  switch (level.toLowerCase()) {
    case "critical":
      return 1;
    case "high":
      return 2;
    case "medium":
      return 3;
    default:
      return 4;
  }
}

function readSeverity(value: unknown): Severity | undefined {
  const levels: readonly Severity[] = [1, 2, 3, 4];
  return levels.find((level) => level === value || SEVERITY_NAMES[level] === value);
}

function readIncidentType(value: unknown): IncidentType | undefined {
  return INCIDENT_TYPES.find((type) => type === value);
}
