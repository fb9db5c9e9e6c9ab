import { createHash } from "node:crypto";
import { INTAKE_LIMITS } from "@firebreak/protocol";
import type { AgentEventInput } from "@firebreak/protocol";
import { cutText } from "./bound-value.ts";
import type { CompiledMap, EventDraft, RecordContext } from "./compile-map.ts";
import { checkLink } from "./hash-chain.ts";
import { readLine } from "./read-line.ts";

/** A line of a log, as bytes: whole, or the beginning of one that is too long to be read. */
export interface LogLine {
  readonly bytes: Buffer;
  /** of the whole line */
  readonly length: number;
}

export interface LineEvents {
  readonly events: EventDraft[];
  /** why the line could not be read as the map says; it is kept as a `log` event */
  readonly problem?: string | undefined;
  /** of a chained log: what the next line must name */
  readonly chainHash?: string | undefined;
}

const NOT_UTF8 = "bytes that are not UTF-8 were replaced";

/** Reads one line by a map. Nothing is refused: what cannot be read becomes an event that says so. */
export function readLogLine(
  compiled: CompiledMap,
  line: LogLine,
  context: Omit<RecordContext, "line" | "chain">,
  chainHash?: string,
): LineEvents {
  const { parser } = compiled.map;
  const text = line.bytes.toString("utf8");
  if (line.length > line.bytes.length) {
    const problem = `the line has ${line.length} bytes, more than can be read; only its beginning is kept`;
    return { events: [compiled.toUnreadable(text, { ...context, problem })], problem, chainHash };
  }
  if (parser === "otlp") return { events: [], problem: "this map takes OpenTelemetry, not lines" };
  const result = readLine(parser, text);
  if (!("record" in result)) {
    const { problem } = result;
    return { events: [compiled.toUnreadable(text, { ...context, problem })], problem, chainHash };
  }
  const chain = compiled.map.chained ? checkLink({ record: result.record, text }, chainHash) : undefined;
  const problem = result.problem ?? (text.includes("\uFFFD") ? NOT_UTF8 : undefined);
  return {
    events: compiled.toEvents(result.record, { ...context, line: text, problem, chain }),
    problem: chain?.verdict === "broken" ? chain.reason : result.problem,
    chainHash: chain === undefined ? chainHash : chain.hash,
  };
}

/**
 * The id under which an event of a line is counted once, whoever reads the line and how often: it follows from what the
 * file begins with, where the line stands in it, and what it says. A copy of the file gives the same ids.
 *
 * @param fileHead hash of what the file begins with
 */
export function lineEventId(
  { agent, kind }: AgentEventInput,
  place: { readonly fileHead: string; readonly offset: number; readonly line: LogLine; readonly position: number },
): string {
  const { fileHead, offset, line, position } = place;
  const hash = createHash("sha256")
    .update(JSON.stringify([fileHead, offset, line.length, position, kind, agent.id, agent.session ?? ""]))
    .update(line.bytes)
    .digest("base64url");
  return `line-${hash.slice(0, 32)}`;
}

/** @returns the event within the size an event may have: long texts are cut further until it fits */
export function fitEvent<T extends EventDraft>(event: T): T {
  let fitted = event;
  for (const most of [4096, 512, 64]) {
    if (Buffer.byteLength(JSON.stringify(fitted)) <= EVENT_BYTES_MAX) return fitted;
    fitted = { ...event, data: { ...cutAll(event.data, most), cut: true } };
  }
  const { content, original, command } = event.data;
  const kept = Object.entries({ command, content, original }).map(([name, value]) => [name, asCut(value)]);
  return { ...event, data: { ...Object.fromEntries(kept), cut: true } };
}

const EVENT_BYTES_MAX = INTAKE_LIMITS.eventBytesMax - 8 * 1024;
const LAST_CHARACTERS = 8 * 1024;

function asCut(value: unknown): string {
  return cutText(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), LAST_CHARACTERS, 1024);
}

function cutAll(data: EventDraft["data"], most: number): EventDraft["data"] {
  const cut = (value: EventDraft["data"][string]): EventDraft["data"][string] => {
    if (typeof value === "string") return cutText(value, most, most >> 1);
    if (Array.isArray(value)) return value.map(cut);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cut(member)]));
  };
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [key, cut(member)]));
}
