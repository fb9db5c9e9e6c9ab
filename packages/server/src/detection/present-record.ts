import { EVENT_KINDS, redactionFact } from "@firebreak/protocol";
import type { AgentEvent, EventKind } from "@firebreak/protocol";
import { flattenWindowsEvent } from "@firebreak/sigma";
import type { Logsource, SigmaEvent } from "@firebreak/sigma";
import { z } from "zod";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { presentEvent } from "./present-event.ts";
import { deriveLogsources } from "./windows-logsource.ts";

type Fields = Readonly<Record<string, unknown>>;

/** As the intake does by default, so that rules see here what they see in the server. */
const redactor = createRedactor(DEFAULT_REDACTION);

function redactEvent(event: AgentEvent): AgentEvent {
  const { resource, data = {}, facts } = redactor.redactEvent(event);
  const redacted = [...(event.redacted ?? []), ...facts];
  return {
    ...event,
    ...(resource === undefined ? {} : { resource }),
    data: { ...data },
    ...(redacted.length === 0 ? {} : { redacted }),
  };
}

const ANY: Logsource = {};
const KINDS: ReadonlySet<unknown> = new Set<unknown>(EVENT_KINDS);

/**
 * A record of a log file as rules see it: an event of ours as the server presents it, a Windows event flattened, any
 * other object as it stands.
 *
 * @param routing name the log it comes from, as far as the record tells; else it is presented to every rule
 */
export function presentRecord(record: Fields, { routing }: { readonly routing: boolean }): SigmaEvent {
  const own = asAgentEvent(record);
  if (own !== undefined) return presentEvent(redactEvent(own));
  const fields = flattenWindowsEvent(record) ?? record;
  const logsources = routing ? deriveLogsources(fields) : [ANY];
  return { presentations: logsources.map((logsource) => ({ logsource, fields })) };
}

/** Fields that hold the time of a record, the surest first. */
const TIME_FIELDS = [
  "time",
  "@timestamp",
  "timestamp",
  "TimeCreated_SystemTime",
  "UtcTime",
  "EventTime",
  "ts",
] as const;

/** When the record says it happened, in ms since the epoch; undefined when it does not say so in ISO 8601. */
export function readRecordTime(record: Fields): number | undefined {
  const fields = flattenWindowsEvent(record) ?? record;
  for (const name of TIME_FIELDS) {
    const value = fields[name];
    const text = typeof value === "string" && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? value : undefined;
    // a time without a zone is taken as UTC, as Sysmon writes it
    const time = text === undefined ? Number.NaN : Date.parse(hasZone(text) ? text : `${text.replace(" ", "T")}Z`);
    if (!Number.isNaN(time)) return time;
  }
  return undefined;
}

const hasZone = (text: string): boolean => /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.slice(10));

/** An event as it is sent to the intake or told by the API; what it lacks is filled in. */
function asAgentEvent(record: Fields): AgentEvent | undefined {
  const { agent, kind, data = {} } = record;
  if (!isMap(agent) || typeof agent["id"] !== "string" || !isKind(kind) || !isMap(data)) return undefined;
  const text = (name: string, otherwise: string): string => {
    const value = record[name];
    return typeof value === "string" ? value : otherwise;
  };
  const { outcome, risk } = record;
  return {
    seq: 0,
    id: text("id", ""),
    time: text("time", ""),
    receivedTime: text("receivedTime", ""),
    source: text("source", "file"),
    agent: { ...optionalTexts(agent, "pack", "session", "run"), id: agent["id"] },
    kind,
    outcome: outcome === "success" || outcome === "failure" || outcome === "denied" ? outcome : "unknown",
    ...(risk === "low" || risk === "medium" || risk === "high" || risk === "critical" ? { risk } : {}),
    ...optionalTexts(record, "resource"),
    data: { ...data },
    ...readRedacted(record["redacted"]),
  };
}

function readRedacted(value: unknown): Pick<AgentEvent, "redacted"> {
  const parsed = z.array(redactionFact).safeParse(value);
  return parsed.success ? { redacted: parsed.data } : {};
}

function optionalTexts<Name extends string>(fields: Fields, ...names: readonly Name[]): { [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string") found[name] = value;
  }
  return found;
}

const isKind = (value: unknown): value is EventKind => KINDS.has(value);
const isMap = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
