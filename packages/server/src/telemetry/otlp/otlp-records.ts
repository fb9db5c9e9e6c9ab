import { toIso } from "../../kernel/index.ts";
import type { Message, OtlpSignal } from "./decode-protobuf.ts";

/** One span, log record or point of a metric with what it came in: what maps with the parser `otlp` read. */
export type OtlpRecord = Readonly<Record<string, unknown>>;

/** Walks a request, as its JSON encoding has it; what is not of the expected shape is passed over. */
export function* otlpRecords(signal: OtlpSignal, request: Message): Generator<OtlpRecord> {
  switch (signal) {
    case "traces":
      yield* walk(request, ["resourceSpans", "scopeSpans", "spans"], (span) => [toSpan(span)]);
      return;
    case "logs":
      yield* walk(request, ["resourceLogs", "scopeLogs", "logRecords"], (log) => [toLog(log)]);
      return;
    case "metrics":
      yield* walk(request, ["resourceMetrics", "scopeMetrics", "metrics"], toPoints);
      return;
    default:
      signal satisfies never;
  }
}

function* walk(
  request: Message,
  [inResource, inScope, inList]: readonly [string, string, string],
  toRecords: (message: Message) => OtlpRecord[],
): Generator<OtlpRecord> {
  for (const ofResource of listOf(request[inResource])) {
    const resource = readAttributes(messageOf(ofResource["resource"])["attributes"]);
    for (const ofScope of listOf(ofResource[inScope])) {
      const { name, version } = messageOf(ofScope["scope"]);
      const scope = { name: textOf(name), version: textOf(version) };
      for (const message of listOf(ofScope[inList])) {
        for (const record of toRecords(message)) yield { ...record, resource, scope };
      }
    }
  }
}

const SPAN_KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUS_CODES = ["unset", "ok", "error"];

/** Its time is its end: then it is sent, and what it did has happened. */
function toSpan(span: Message): OtlpRecord {
  const [start, end] = [nanosOf(span["startTimeUnixNano"]), nanosOf(span["endTimeUnixNano"])];
  const status = messageOf(span["status"]);
  return {
    signal: "span",
    traceId: idOf(span["traceId"]),
    spanId: idOf(span["spanId"]),
    parentSpanId: idOf(span["parentSpanId"]),
    name: textOf(span["name"]),
    kind: SPAN_KINDS[Number(span["kind"] ?? 0)],
    time: isoOf(end ?? start),
    startTime: isoOf(start),
    durationMs: start === undefined || end === undefined ? undefined : Number(end - start) / 1e6,
    status: { code: STATUS_CODES[Number(status["code"] ?? 0)], message: textOf(status["message"]) },
    attributes: readAttributes(span["attributes"]),
    events: present(
      listOf(span["events"]).map((event) => ({
        name: textOf(event["name"]),
        time: isoOf(nanosOf(event["timeUnixNano"])),
        attributes: readAttributes(event["attributes"]),
      })),
    ),
    links: present(
      listOf(span["links"]).map((link) => ({ traceId: idOf(link["traceId"]), spanId: idOf(link["spanId"]) })),
    ),
  };
}

function toLog(log: Message): OtlpRecord {
  const attributes = readAttributes(log["attributes"]);
  const nanos = nanosOf(log["timeUnixNano"]) ?? nanosOf(log["observedTimeUnixNano"]);
  return {
    signal: "log",
    traceId: idOf(log["traceId"]),
    spanId: idOf(log["spanId"]),
    time: isoOf(nanos),
    timeUnixNano: nanos === undefined ? undefined : String(nanos),
    severity: numberOf(log["severityNumber"]),
    severityText: textOf(log["severityText"]),
    // before the field existed, events were named by this attribute
    eventName: textOf(log["eventName"]) ?? textOf(attributes["event.name"]),
    body: readAny(log["body"]),
    attributes,
  };
}

const METRIC_TYPES = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];

function toPoints(metric: Message): OtlpRecord[] {
  return METRIC_TYPES.flatMap((type) =>
    listOf(messageOf(metric[type])["dataPoints"]).map((point) => ({
      signal: "metric",
      name: textOf(metric["name"]),
      unit: textOf(metric["unit"]),
      type,
      time: isoOf(nanosOf(point["timeUnixNano"])),
      startTime: isoOf(nanosOf(point["startTimeUnixNano"])),
      value: numberOf(point["asDouble"] ?? point["asInt"]),
      count: numberOf(point["count"]),
      sum: numberOf(point["sum"]),
      min: numberOf(point["min"]),
      max: numberOf(point["max"]),
      attributes: readAttributes(point["attributes"]),
    })),
  );
}

const ANY_LEVELS_MAX = 32;

function readAttributes(list: unknown, levels = ANY_LEVELS_MAX): Record<string, unknown> {
  return Object.fromEntries(listOf(list).map(({ key, value }) => [textOf(key) ?? "", readAny(value, levels - 1)]));
}

function readAny(any: unknown, levels = ANY_LEVELS_MAX): unknown {
  if (levels <= 0) return "(nested too deep to be kept here)";
  const value = messageOf(any);
  if (value["stringValue"] !== undefined) return textOf(value["stringValue"]);
  if (value["boolValue"] !== undefined) return value["boolValue"] === true;
  if (value["intValue"] !== undefined) return integerOf(value["intValue"]);
  if (value["doubleValue"] !== undefined) return numberOf(value["doubleValue"]) ?? textOf(value["doubleValue"]);
  if (value["bytesValue"] !== undefined) return textOf(value["bytesValue"]);
  if (value["arrayValue"] !== undefined) {
    return listOf(messageOf(value["arrayValue"])["values"]).map((item) => readAny(item, levels - 1));
  }
  const list = messageOf(value["kvlistValue"])["values"];
  return list === undefined ? null : readAttributes(list, levels);
}

/** Integers beyond what JSON's numbers hold stay text. */
function integerOf(value: unknown): number | string | undefined {
  const number = numberOf(value);
  return number === undefined || Number.isSafeInteger(number) ? number : textOf(value);
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d{1,20}(?:\.\d{1,30})?$/.test(value) ? Number(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" ? String(value) : undefined;
}

/** @returns an id in small hexadecimal digits; one of zeros is none */
function idOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^[0-9a-f]{16,32}$/i.test(value) || /^0+$/.test(value)) return undefined;
  return value.toLowerCase();
}

function nanosOf(value: unknown): bigint | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return BigInt(value);
  return typeof value === "string" && /^[1-9]\d{0,19}$/.test(value) ? BigInt(value) : undefined;
}

function isoOf(nanos: bigint | undefined): string | undefined {
  const ms = nanos === undefined ? undefined : Number(nanos / 1_000_000n);
  return ms === undefined || ms > YEAR_9999_MS ? undefined : toIso(ms);
}
const YEAR_9999_MS = 253_402_300_799_000;

function present<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function messageOf(value: unknown): Message {
  return isMessage(value) ? value : {};
}

function listOf(value: unknown): Message[] {
  return Array.isArray(value) ? value.filter((item) => isMessage(item)) : [];
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
