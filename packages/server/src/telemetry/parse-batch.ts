import { isUtf8 } from "node:buffer";
import { setImmediate as yieldToLoop } from "node:timers/promises";
import { INTAKE_LIMITS } from "@firebreak/protocol";
import type { AgentEventInput } from "@firebreak/protocol";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import { asCheckedEvent, countKeysOfEvent } from "./check-event.ts";
import { explainTimeRefusal } from "./event-times.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { countMembers, countMembersOfElements } from "./json-members.ts";
import { replaceLoneSurrogates } from "./well-formed.ts";

/** `line` counts from 1: the line in NDJSON, the position in a JSON array. */
export type TakeEvent = (line: number, event: AgentEventInput) => void;

/** A request's body as it came. */
export interface RawEvents {
  readonly body: Buffer;
  readonly contentType: string;
}

export interface Refusals {
  /** the first ones; `rejectedTotal` counts all */
  readonly rejected: readonly { readonly line: number; readonly message: string }[];
  readonly rejectedTotal: number;
}

export interface ParsedBatch extends Refusals {
  readonly events: readonly { readonly line: number; readonly event: AgentEventInput }[];
}

/** Refusals that are told one by one. */
export const REJECTED_TOLD_MAX = 100;

/** Read, and taken, between two looks at the event loop: about two milliseconds. */
const VALUES_PER_TURN = 100;
const BYTES_PER_TURN = 128 * 1024;

/**
 * Reads a request's body: `application/json` is one event or an array, `application/x-ndjson` one event a line. What is
 * good in a batch is kept; each line that is not says where, what and how to mend it. Large bodies are read in turns of
 * a few milliseconds.
 *
 * @param nowMs our clock, against which times from the future are refused
 * @param take is given each good event as soon as it is read
 * @throws FirebreakError payload_too_large, unsupported_media_type
 */
export async function readEventBatch(
  { body, contentType }: RawEvents,
  nowMs: number,
  take: TakeEvent,
): Promise<Refusals> {
  if (body.length > INTAKE_LIMITS.bodyBytesMax) {
    const limit = `${INTAKE_LIMITS.bodyBytesMax / 1024 / 1024} MiB`;
    throw new FirebreakError("payload_too_large", `The body has ${body.length} bytes; send at most ${limit} at once.`);
  }
  const batch = createBatch(nowMs, take);
  const content = body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body;
  if (readMediaType(contentType) === "ndjson") await parseLines(content, batch);
  else await parseDocument(content, batch);
  return { rejected: batch.rejected, rejectedTotal: batch.rejectedTotal };
}

/** {@link readEventBatch} as a whole. */
export async function parseEventBatch(body: Buffer, contentType: string, nowMs: number): Promise<ParsedBatch> {
  const events: { line: number; event: AgentEventInput }[] = [];
  const refusals = await readEventBatch({ body, contentType }, nowMs, (line, event) => events.push({ line, event }));
  return { events, ...refusals };
}

/** The same checks for events that a reader made (OpenTelemetry, log files): every event passes them, whatever its door. */
export function checkEvents(
  events: readonly { readonly line: number; readonly event: AgentEventInput }[],
  nowMs: number,
): ParsedBatch {
  const good: { line: number; event: AgentEventInput }[] = [];
  const batch = createBatch(nowMs, (line, event) => good.push({ line, event }));
  for (const { line, event } of events) {
    if (isBeyondLimit(batch, line)) continue;
    // -1, as for what is no event: takeCounted looks at that first
    const members = countKeysOfEvent(event);
    takeCounted(batch, line, event, { members, mayHaveEscapes: false, mayBeTooLong: true });
  }
  return { events: good, rejected: batch.rejected, rejectedTotal: batch.rejectedTotal };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function readMediaType(contentType: string): "json" | "ndjson" {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new FirebreakError("unsupported_media_type", "The charset is not UTF-8; JSON travels as UTF-8.");
  }
  if (type.trim() === "application/json") return "json";
  if (["application/x-ndjson", "application/ndjson", "application/jsonl"].includes(type.trim())) return "ndjson";
  throw new FirebreakError(
    "unsupported_media_type",
    "Send events as application/json (one event or an array) or application/x-ndjson (one event a line).",
  );
}

interface Batch extends Refusals {
  readonly take: TakeEvent;
  readonly rejected: { line: number; message: string }[];
  rejectedTotal: number;
  /** values looked at, good or not */
  values: number;
  readonly nowMs: number;
}

function createBatch(nowMs: number, take: TakeEvent): Batch {
  return { take, rejected: [], rejectedTotal: 0, values: 0, nowMs };
}

/** @param message made only while refusals are told: a body of nothing but faults must stay cheap */
function reject(batch: Batch, line: number, message: string | (() => string)): void {
  batch.rejectedTotal += 1;
  if (batch.rejected.length >= REJECTED_TOLD_MAX) return;
  batch.rejected.push({ line, message: typeof message === "string" ? message : message() });
}

/** Counts one value of the request; refuses it when there were as many as a request may hold. */
function isBeyondLimit(batch: Batch, line: number): boolean {
  batch.values += 1;
  if (batch.values <= INTAKE_LIMITS.eventsPerRequestMax) return false;
  reject(batch, line, `a request holds at most ${INTAKE_LIMITS.eventsPerRequestMax} events; send this one in the next`);
  return true;
}

const NEW_LINE = 0x0a;
const SPACE = 0x20;

/** Splits at the byte level, so that one line with broken UTF-8 spoils only itself. */
async function parseLines(body: Buffer, batch: Batch): Promise<void> {
  const wholeIsUtf8 = isUtf8(body);
  let line = 0;
  let start = 0;
  let turn = { line, start };
  while (start < body.length) {
    const newLine = body.indexOf(NEW_LINE, start);
    const end = newLine < 0 ? body.length : newLine;
    line += 1;
    parseLine(body, { start, end, line, isKnownUtf8: wholeIsUtf8 }, batch);
    start = end + 1;
    if (line - turn.line < VALUES_PER_TURN && start - turn.start < BYTES_PER_TURN) continue;
    await yieldToLoop();
    turn = { line, start };
  }
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly isKnownUtf8: boolean;
}

function parseLine(body: Buffer, { start, end, line, isKnownUtf8 }: Line, batch: Batch): void {
  if (isBlank(body, start, end) || isBeyondLimit(batch, line)) return;
  if (end - start > INTAKE_LIMITS.eventBytesMax) return reject(batch, line, explainLength(end - start));
  if (!isKnownUtf8 && !isUtf8(body.subarray(start, end))) return reject(batch, line, NOT_UTF8);
  const text = body.toString("utf8", start, end);
  const parsed = parseJson(text);
  if (!parsed.ok) return reject(batch, line, parsed.message);
  takeText(batch, line, parsed.value, text);
}

function isBlank(body: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((body[i] ?? 0) > SPACE || body[i] === 0) return false;
  return true;
}

const NOT_UTF8 = "the bytes are not UTF-8; encode the text as UTF-8 before sending";

function explainLength(bytes: number): string {
  return `the event has ${bytes} bytes; the limit is ${INTAKE_LIMITS.eventBytesMax}: cut long output before sending`;
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const why = messageOf(error)
      .replaceAll(/\p{Cc}/gu, "?")
      .toWellFormed()
      .slice(0, 160);
    return { ok: false, message: `this is not JSON (${why}); one complete JSON object is needed` };
  }
}

async function parseDocument(body: Buffer, batch: Batch): Promise<void> {
  if (!isUtf8(body)) return reject(batch, 1, NOT_UTF8);
  const text = body.toString("utf8");
  if (text.trim() === "") return;
  const parsed = parseJson(text);
  if (!parsed.ok) return reject(batch, 1, `${parsed.message}; for one event a line use application/x-ndjson`);
  if (!Array.isArray(parsed.value)) {
    if (body.length > INTAKE_LIMITS.eventBytesMax) return reject(batch, 1, explainLength(body.length));
    return takeText(batch, 1, parsed.value, text);
  }
  await parseElements(parsed.value, text, batch);
}

async function parseElements(elements: readonly unknown[], text: string, batch: Batch): Promise<void> {
  const members = countMembersOfElements(text);
  const isSmall = text.length * 3 <= INTAKE_LIMITS.eventBytesMax;
  const mayHaveEscapes = text.includes("\\u");
  for (const [index, element] of elements.entries()) {
    if (isBeyondLimit(batch, index + 1)) continue;
    takeCounted(batch, index + 1, element, { members: members[index] ?? 0, mayHaveEscapes, mayBeTooLong: !isSmall });
    if (index % VALUES_PER_TURN === VALUES_PER_TURN - 1) await yieldToLoop();
  }
}

function takeText(batch: Batch, line: number, value: unknown, text: string): void {
  const mayHaveEscapes = text.includes("\\u");
  takeCounted(batch, line, value, { members: countMembers(text), mayHaveEscapes, mayBeTooLong: false });
}

function takeCounted(
  batch: Batch,
  line: number,
  value: unknown,
  source: { members: number; mayHaveEscapes: boolean; mayBeTooLong: boolean },
): void {
  const keys = countKeysOfEvent(value);
  if (keys < 0) return reject(batch, line, () => explainRefusal(value));
  if (keys !== source.members) return reject(batch, line, "a key appears twice in one object; give each key once");
  // Only now: what nests too deep would break JSON.stringify.
  const bytes = source.mayBeTooLong ? Buffer.byteLength(JSON.stringify(value)) : 0;
  if (bytes > INTAKE_LIMITS.eventBytesMax) return reject(batch, line, explainLength(bytes));
  const event = asCheckedEvent(value);
  const lateness = event.time === undefined ? null : explainTimeRefusal(event.time, batch.nowMs);
  if (lateness !== null) return reject(batch, line, lateness);
  batch.take(line, source.mayHaveEscapes ? replaceLoneSurrogates(event) : event);
}
