import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FirebreakError } from "../../kernel/index.ts";

/** A message as its JSON encoding has it: integers of 64 bits as text, ids as hexadecimal text, other bytes as base64. */
export type Message = { [name: string]: unknown };

type FieldType = "string" | "bool" | "double" | "int64" | "uint32" | "fixed64" | "sfixed64" | "id" | "bytes";

interface Field {
  readonly name: string;
  readonly type: FieldType | (() => Shape);
  readonly repeated?: boolean;
}
/** The fields of a message by their numbers; others are passed over, as newer senders may have more. */
type Shape = Readonly<Record<number, Field>>;

const one = (name: string, type: Field["type"]): Field => ({ name, type });
const many = (name: string, type: Field["type"]): Field => ({ name, type, repeated: true });

// opentelemetry-proto 1.x: common, resource, trace, logs, metrics; what no map can use is left out
const anyValue: Shape = {
  1: one("stringValue", "string"),
  2: one("boolValue", "bool"),
  3: one("intValue", "int64"),
  4: one("doubleValue", "double"),
  5: one("arrayValue", () => ({ 1: many("values", () => anyValue) })),
  6: one("kvlistValue", () => ({ 1: many("values", () => keyValue) })),
  7: one("bytesValue", "bytes"),
};
const keyValue: Shape = { 1: one("key", "string"), 2: one("value", () => anyValue) };
const resource: Shape = { 1: many("attributes", () => keyValue) };
const scope: Shape = {
  1: one("name", "string"),
  2: one("version", "string"),
  3: many("attributes", () => keyValue),
};
const status: Shape = { 2: one("message", "string"), 3: one("code", "uint32") };
const spanEvent: Shape = {
  1: one("timeUnixNano", "fixed64"),
  2: one("name", "string"),
  3: many("attributes", () => keyValue),
};
const spanLink: Shape = {
  1: one("traceId", "id"),
  2: one("spanId", "id"),
  4: many("attributes", () => keyValue),
};
const span: Shape = {
  1: one("traceId", "id"),
  2: one("spanId", "id"),
  4: one("parentSpanId", "id"),
  5: one("name", "string"),
  6: one("kind", "uint32"),
  7: one("startTimeUnixNano", "fixed64"),
  8: one("endTimeUnixNano", "fixed64"),
  9: many("attributes", () => keyValue),
  11: many("events", () => spanEvent),
  13: many("links", () => spanLink),
  15: one("status", () => status),
};
const logRecord: Shape = {
  1: one("timeUnixNano", "fixed64"),
  2: one("severityNumber", "uint32"),
  3: one("severityText", "string"),
  5: one("body", () => anyValue),
  6: many("attributes", () => keyValue),
  9: one("traceId", "id"),
  10: one("spanId", "id"),
  11: one("observedTimeUnixNano", "fixed64"),
  12: one("eventName", "string"),
};
const numberPoint: Shape = {
  2: one("startTimeUnixNano", "fixed64"),
  3: one("timeUnixNano", "fixed64"),
  4: one("asDouble", "double"),
  6: one("asInt", "sfixed64"),
  7: many("attributes", () => keyValue),
};
const histogramPoint: Shape = {
  2: one("startTimeUnixNano", "fixed64"),
  3: one("timeUnixNano", "fixed64"),
  4: one("count", "fixed64"),
  5: one("sum", "double"),
  9: many("attributes", () => keyValue),
  11: one("min", "double"),
  12: one("max", "double"),
};
const exponentialPoint: Shape = {
  1: many("attributes", () => keyValue),
  2: one("startTimeUnixNano", "fixed64"),
  3: one("timeUnixNano", "fixed64"),
  4: one("count", "fixed64"),
  5: one("sum", "double"),
  12: one("min", "double"),
  13: one("max", "double"),
};
const summaryPoint: Shape = {
  2: one("startTimeUnixNano", "fixed64"),
  3: one("timeUnixNano", "fixed64"),
  4: one("count", "fixed64"),
  5: one("sum", "double"),
  7: many("attributes", () => keyValue),
};
const pointsOf = (point: Shape) => (): Shape => ({ 1: many("dataPoints", () => point) });
const metric: Shape = {
  1: one("name", "string"),
  3: one("unit", "string"),
  5: one("gauge", pointsOf(numberPoint)),
  7: one("sum", pointsOf(numberPoint)),
  9: one("histogram", pointsOf(histogramPoint)),
  10: one("exponentialHistogram", pointsOf(exponentialPoint)),
  11: one("summary", pointsOf(summaryPoint)),
};
const inScope = (name: string, shape: Shape) => (): Shape => ({
  1: one("scope", () => scope),
  2: many(name, () => shape),
});
const inResource = (name: string, inner: () => Shape) => (): Shape => ({
  1: one("resource", () => resource),
  2: many(name, inner),
});

/** Requests by signal. */
const REQUESTS = {
  traces: { 1: many("resourceSpans", inResource("scopeSpans", inScope("spans", span))) },
  logs: { 1: many("resourceLogs", inResource("scopeLogs", inScope("logRecords", logRecord))) },
  metrics: { 1: many("resourceMetrics", inResource("scopeMetrics", inScope("metrics", metric))) },
} as const satisfies Record<string, Shape>;

export type OtlpSignal = keyof typeof REQUESTS;

const LEVELS_MAX = 64;
const MESSAGES_MAX = 500_000;

/**
 * Decodes an OTLP request to what its JSON encoding holds.
 *
 * @throws FirebreakError bad_request when it is no such message; payload_too_large when it has too many parts
 */
export function decodeProtobuf(signal: OtlpSignal, bytes: Uint8Array): Message {
  const budget = { messages: MESSAGES_MAX };
  try {
    return decodeMessage(new BinaryReader(bytes), bytes.length, REQUESTS[signal], { budget, levels: LEVELS_MAX });
  } catch (error) {
    if (error instanceof FirebreakError) throw error;
    throw new FirebreakError("bad_request", `The body is not an OTLP ${signal} request in protobuf.`, { cause: error });
  }
}

interface Limits {
  readonly budget: { messages: number };
  readonly levels: number;
}

function decodeMessage(reader: BinaryReader, end: number, shape: Shape, { budget, levels }: Limits): Message {
  if (levels === 0) throw new FirebreakError("bad_request", "The body nests too deep; flatten its attributes.");
  if (--budget.messages < 0) {
    throw new FirebreakError("payload_too_large", `The body has more than ${MESSAGES_MAX} parts; send less at once.`);
  }
  const message: Message = {};
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const field = shape[number];
    if (field === undefined || wireType !== wireTypeOf(field)) {
      reader.skip(wireType, number);
      continue;
    }
    const value = decodeField(reader, field, { budget, levels: levels - 1 });
    const before = message[field.name];
    if (field.repeated !== true) message[field.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else message[field.name] = [value];
  }
  if (reader.pos !== end) throw new RangeError("a part is longer than what holds it");
  return message;
}

const WIRE_TYPES: Readonly<Record<FieldType, WireType>> = {
  string: WireType.LengthDelimited,
  id: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  bool: WireType.Varint,
  int64: WireType.Varint,
  uint32: WireType.Varint,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
  sfixed64: WireType.Bit64,
};

function wireTypeOf({ type }: Field): WireType {
  return typeof type === "function" ? WireType.LengthDelimited : WIRE_TYPES[type];
}

function decodeField(reader: BinaryReader, { type }: Field, limits: Limits): unknown {
  if (typeof type === "function") {
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError("a part is longer than the body");
    return decodeMessage(reader, end, type(), limits);
  }
  switch (type) {
    case "string":
      return reader.string();
    case "bool":
      return reader.bool();
    case "double":
      return reader.double();
    case "int64":
      return String(reader.int64());
    case "uint32":
      return reader.uint32();
    case "fixed64":
      return String(reader.fixed64());
    case "sfixed64":
      return String(reader.sfixed64());
    case "id":
      return Buffer.from(reader.bytes()).toString("hex");
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    default:
      return type satisfies never;
  }
}
