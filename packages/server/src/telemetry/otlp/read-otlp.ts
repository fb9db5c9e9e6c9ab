import { createHash } from "node:crypto";
import { setImmediate as yieldToLoop } from "node:timers/promises";
import { INTAKE_LIMITS } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import { fitEvent } from "../maps/read-log-line.ts";
import type { CompiledMap, EventDraft, RecordContext } from "../maps/compile-map.ts";
import { checkEvents } from "../parse-batch.ts";
import type { ParsedBatch } from "../parse-batch.ts";
import { decodeProtobuf } from "./decode-protobuf.ts";
import type { Message, OtlpSignal } from "./decode-protobuf.ts";
import { otlpRecords } from "./otlp-records.ts";
import type { OtlpRecord } from "./otlp-records.ts";

export interface OtlpRequest {
  readonly signal: OtlpSignal;
  readonly encoding: "protobuf" | "json";
  readonly body: Buffer;
}

const RECORDS_PER_TURN = 100;

/**
 * Reads an OTLP request as events, by a map. `line` of a refusal counts the request's records from 1.
 *
 * @throws FirebreakError bad_request, payload_too_large
 */
export async function readOtlp(
  { signal, encoding, body }: OtlpRequest,
  map: CompiledMap,
  context: Omit<RecordContext, "line" | "path">,
): Promise<ParsedBatch> {
  const request = encoding === "protobuf" ? decodeProtobuf(signal, body) : parseJsonRequest(body);
  const events: { line: number; event: EventDraft & { id?: string } }[] = [];
  const repeats = new Map<string, number>();
  let line = 0;
  for (const record of otlpRecords(signal, request)) {
    line += 1;
    if (events.length > INTAKE_LIMITS.eventsPerRequestMax) {
      throw new FirebreakError(
        "payload_too_large",
        `The request makes more than ${INTAKE_LIMITS.eventsPerRequestMax} events; send fewer records at once.`,
      );
    }
    for (const [position, event] of map.toEvents(record, context).entries()) {
      // An id without the time it belongs to could not be recognised again.
      const id = event.time === undefined ? undefined : otlpEventId(record, event, position, repeats);
      events.push({ line, event: { ...fitEvent(event), ...(id === undefined ? {} : { id }) } });
    }
    if (line % RECORDS_PER_TURN === 0) await yieldToLoop();
  }
  return checkEvents(events, context.nowMs);
}

function parseJsonRequest(body: Buffer): Message {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value));
  } catch {
    // answered below
  }
  throw new FirebreakError("bad_request", "The body is not a JSON object, as OTLP in JSON is.");
}

/** A span sent again has its ids; a log record or point has none, and is known by what it says and how often before. */
function otlpEventId(record: OtlpRecord, event: EventDraft, position: number, repeats: Map<string, number>): string {
  const { traceId, spanId, signal } = record;
  const who = [event.agent.id, event.agent.session ?? "", event.kind, position];
  if (signal === "span" && typeof traceId === "string" && typeof spanId === "string") {
    return `span-${traceId}-${spanId}-${hashOf(who).slice(0, 8)}`;
  }
  const hash = hashOf([...who, record]).slice(0, 32);
  const before = repeats.get(hash) ?? 0;
  repeats.set(hash, before + 1);
  return `otlp-${hash}${before === 0 ? "" : `-${before}`}`;
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}
