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
  const { type, value, source, path } = hit;
  return {
    ...describeHit(hit),
    eventIds: [event.id],
    firstTime: timeMs,
    lastTime: timeMs,
    sentence: `${event.agent.id} had to do with the ${NAMES[type]} ${value}, listed by ${source} (${event.kind}, ${path}).`,
  };
}

function describeHit({ id, type, value, severity, path }: IndicatorHit) {
  const field = { field: path, value, modifier: type, pattern: value };
  return {
    ruleId: `${FAMILY}/${id}`,
    title: `Indicator of compromise: ${NAMES[type]} ${value}`,
    level: SEVERITY_NAMES[severity],
    kind: "selection" as const,
    tags: [],
    selections: [{ name: FAMILY, fields: [field] }],
    custom: { incident_type: incidentTypeOf(type), severity },
  };
}

/** An indicator that was met in what is stored: in events of an agent, or in a file or an item of an archive. */
export interface PastHit {
  readonly hit: IndicatorHit;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** of events, the newest that are known */
  readonly eventIds: readonly string[];
  readonly agent: { readonly id: string | null; readonly session: string | null };
  /** null: events; else the file or item */
  readonly place: string | null;
}

/** @returns a match as of an event that arrives, which says that it lies in the past */
export function describePastHit({ hit, count, firstMs, lastMs, eventIds, agent, place }: PastHit): Match {
  const { type, value, source, path } = hit;
  const listed = `the ${NAMES[type]} ${value}, listed by ${source}`;
  const times = `${count} ${count === 1 ? "time" : "times"}`;
  const range = `from ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
  const sentence =
    place === null
      ? `${agent.id} had to do with ${listed}, in the past: ${times}, ${range} (${path}).`
      : `${place} holds ${listed}, in the past: ${times} (${path}).`;
  return {
    ...describeHit(hit),
    groupBy: {
      ...(agent.id === null ? {} : { "agent.id": agent.id }),
      ...(agent.session === null ? {} : { "agent.session": agent.session }),
      ...(place === null ? {} : { place }),
    },
    eventIds: [...eventIds],
    firstTime: firstMs,
    lastTime: lastMs,
    sentence,
  };
}

const ON_DISK: ReadonlySet<IndicatorType> = new Set(["hash", "file_name", "file_path", "pattern"]);

function incidentTypeOf(type: IndicatorType): string {
  return ON_DISK.has(type) ? "security_malicious_code" : "security_exfiltration";
}
