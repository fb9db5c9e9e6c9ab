/** How OTLP/HTTP answers (opentelemetry-proto, docs/specification.md): in the request's encoding, errors as google.rpc.Status. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ERROR_CODES } from "@firebreak/protocol";
import type { FirebreakError } from "../kernel/index.ts";
import type { OtlpRequest, OtlpResult } from "./services.ts";

type Signal = OtlpRequest["signal"];
type Encoding = OtlpRequest["encoding"];

const REJECTED_NAMES: Readonly<Record<Signal, string>> = {
  traces: "rejectedSpans",
  logs: "rejectedLogRecords",
  metrics: "rejectedDataPoints",
};

export const OTLP_MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** @returns the encoding that a media type stands for, or undefined */
export function otlpEncodingOf(contentType: string | undefined): Encoding | undefined {
  const media = contentType?.toLowerCase().split(";")[0]?.trim();
  if (media === OTLP_MEDIA_TYPES.protobuf) return "protobuf";
  return media === OTLP_MEDIA_TYPES.json ? "json" : undefined;
}

/** @returns the body of `Export…ServiceResponse`, which is empty when all was taken */
export function encodeOtlpResult(signal: Signal, encoding: Encoding, { rejected, message }: OtlpResult): Buffer {
  if (encoding === "json") {
    const partialSuccess = { [REJECTED_NAMES[signal]]: String(rejected), errorMessage: message };
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : { partialSuccess }));
  }
  const writer = new BinaryWriter();
  if (rejected > 0) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int64(rejected);
    writer.tag(2, WireType.LengthDelimited).string(message);
    writer.join();
  }
  return Buffer.from(writer.finish());
}

/** google.rpc.Code by HTTP status; the sender decides by the HTTP status whether it tries again. */
const RPC_CODES: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 500: 13, 503: 14 };
const RPC_INVALID_ARGUMENT = 3;

/** @returns the body of `google.rpc.Status` */
export function encodeOtlpFault(encoding: Encoding, fault: FirebreakError): Buffer {
  const code = RPC_CODES[ERROR_CODES[fault.code].status] ?? RPC_INVALID_ARGUMENT;
  if (encoding === "json") return Buffer.from(JSON.stringify({ code, message: fault.message }));
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(fault.message);
  return Buffer.from(writer.finish());
}
