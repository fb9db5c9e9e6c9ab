import { CLOCK_KINDS, SEVERITY_NAMES } from "@firebreak/protocol";
import type { ClockKind } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { Profile } from "../kernel/index.ts";
import type { IncidentClocksTable, IncidentsTable } from "../storage/index.ts";

export interface IncidentFacts {
  readonly incident: Selectable<IncidentsTable>;
  readonly clocks: readonly Selectable<IncidentClocksTable>[];
  readonly profile: Pick<Profile, "title">;
  readonly consoleUrl: string;
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;
const urlOf = (facts: IncidentFacts): string =>
  `${facts.consoleUrl}/incidents/${encodeURIComponent(facts.incident.id)}`;

/** Every placeholder a template may use, and what fills it. */
export const PLACEHOLDERS: Readonly<Record<string, (facts: IncidentFacts) => string>> = {
  "incident.id": ({ incident }) => incident.id,
  "incident.title": ({ incident }) => incident.title,
  "incident.type": ({ incident }) => incident.type.replaceAll("_", " "),
  "incident.severityLabel": ({ incident }) => incident.severity_label,
  "incident.severityName": ({ incident }) => SEVERITY_NAMES[incident.severity],
  "incident.state": ({ incident }) => incident.state.replaceAll("_", " "),
  "incident.agent": ({ incident }) => incident.agent_id ?? "none named",
  "incident.pack": ({ incident }) => incident.pack ?? "none",
  "incident.session": ({ incident }) => incident.session_id ?? "none",
  "incident.commander": ({ incident }) => incident.commander ?? "nobody yet",
  "incident.url": urlOf,
  "incident.beganAt": ({ incident }) => incident.began_at.toISOString(),
  "incident.detectedAt": ({ incident }) => incident.detected_at.toISOString(),
  "incident.acknowledgedAt": ({ incident }) => iso(incident.acknowledged_at) ?? "not yet",
  "incident.containedAt": ({ incident }) => iso(incident.contained_at) ?? "not yet",
  "incident.resolvedAt": ({ incident }) => iso(incident.resolved_at) ?? "not yet",
  "incident.duration": ({ incident }) => durationOf(incident),
  "incident.tripToStop": ({ incident }) =>
    incident.trip_to_stop_ms === null ? "not measured" : `${Math.round(incident.trip_to_stop_ms)} ms`,
  "incident.summary": ({ incident }) => incident.summary ?? "not written",
  "incident.rootCause": ({ incident }) => incident.root_cause ?? "not recorded",
  "clocks.respondDueAt": (facts) => dueAt(facts, "respond"),
  "clocks.containDueAt": (facts) => dueAt(facts, "contain"),
  "clocks.resolveDueAt": (facts) => dueAt(facts, "resolve"),
  "profile.title": ({ profile }) => profile.title,
};

function durationOf({ detected_at: from, resolved_at: until }: IncidentFacts["incident"]): string {
  if (until === null) return "not over yet";
  const minutes = Math.max(1, Math.round((until.getTime() - from.getTime()) / 60_000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function dueAt({ clocks }: IncidentFacts, kind: ClockKind): string {
  return clocks.find((clock) => clock.kind === kind)?.due_at.toISOString() ?? "no target";
}

/** @returns the incident for machines, as webhooks carry it; times ISO 8601 in UTC */
export function toPayload(facts: IncidentFacts): Record<string, unknown> {
  const { incident, clocks } = facts;
  return {
    id: incident.id,
    title: incident.title,
    type: incident.type,
    severity: incident.severity,
    severityLabel: incident.severity_label,
    state: incident.state,
    agentId: incident.agent_id,
    pack: incident.pack,
    sessionId: incident.session_id,
    commander: incident.commander,
    url: urlOf(facts),
    beganAt: iso(incident.began_at),
    detectedAt: iso(incident.detected_at),
    acknowledgedAt: iso(incident.acknowledged_at),
    containedAt: iso(incident.contained_at),
    resolvedAt: iso(incident.resolved_at),
    tripToStopMs: incident.trip_to_stop_ms,
    dueAt: Object.fromEntries(
      CLOCK_KINDS.map((kind) => [kind, iso(clocks.find((clock) => clock.kind === kind)?.due_at ?? null)]),
    ),
  };
}
