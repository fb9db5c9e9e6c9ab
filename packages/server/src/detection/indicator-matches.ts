import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { AgentEvent, IndicatorHit, IndicatorType } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";

/** Family of the rule ids of indicators; a profile may bind it. */
const FAMILY = "indicator";

const NAMES: Readonly<Record<IndicatorType, string>> = {
  ip: "address",
  cidr: "network",
  domain: "domain",
  url: "URL",
  hash: "file hash",
  email: "e-mail address",
  file_name: "file name",
  file_path: "file path",
  wallet: "wallet address",
  pattern: "pattern",
};

/** @returns for each indicator that the intake met in an event a match like a rule's, so that it becomes an alert */
export function matchIndicators(event: AgentEvent, timeMs: number): Match[] {
  return (event.indicators ?? []).map((hit) => toMatch(event, hit, timeMs));
}

function toMatch(event: AgentEvent, hit: IndicatorHit, timeMs: number): Match {
  const { id, type, value, source, severity, path } = hit;
  const field = { field: path, value, modifier: type, pattern: value };
  return {
    ruleId: `${FAMILY}/${id}`,
    title: `Indicator of compromise: ${NAMES[type]} ${value}`,
    level: SEVERITY_NAMES[severity],
    kind: "selection",
    tags: [],
    selections: [{ name: FAMILY, fields: [field] }],
    eventIds: [event.id],
    firstTime: timeMs,
    lastTime: timeMs,
    sentence: `${event.agent.id} had to do with the ${NAMES[type]} ${value}, listed by ${source} (${event.kind}, ${path}).`,
    custom: { incident_type: incidentTypeOf(type), severity },
  };
}

const ON_DISK: ReadonlySet<IndicatorType> = new Set(["hash", "file_name", "file_path", "pattern"]);

function incidentTypeOf(type: IndicatorType): string {
  return ON_DISK.has(type) ? "security_malicious_code" : "security_exfiltration";
}
