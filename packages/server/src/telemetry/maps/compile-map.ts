import type { AgentEventInput } from "@firebreak/protocol";
import { RE2JS } from "re2js";
import { explainTimeRefusal } from "../event-times.ts";
import { boundValue, cutText } from "./bound-value.ts";
import type { Json } from "./bound-value.ts";
import type { ChainLink } from "./hash-chain.ts";
import { fitEntityName, fitPrintableName } from "./map-schema.ts";
import type { FieldMap, MapEntry, ValueSource } from "./map-schema.ts";
import { readTime } from "./read-time.ts";
import { asText, compileCondition, compileSource, isPresent } from "./value-source.ts";
import type { ReadValue, Scope } from "./value-source.ts";

/** What is known of a record beside itself. */
export interface RecordContext {
  readonly nowMs: number;
  /** the line as it was; kept in `data.original` */
  readonly line?: string;
  readonly path?: Readonly<Record<string, string>> | undefined;
  /** who every event is about, whatever the record says */
  readonly agentId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly pack?: string | undefined;
  readonly timeZone?: string | undefined;
  /** what is wrong with the record, kept in `data.problem` */
  readonly problem?: string | undefined;
  /** whether the hash chain holds at this line, kept in `data.chain_status` */
  readonly chain?: Pick<ChainLink, "verdict" | "reason"> | undefined;
}

/** An event without its id; without `time` when the record tells none that can be. */
export type EventDraft = Omit<AgentEventInput, "id"> & { readonly data: Record<string, Json> };

export interface CompiledMap {
  readonly map: FieldMap;
  /** @returns the events of a record, none when the map passes it over */
  toEvents(record: unknown, context: RecordContext): EventDraft[];
  /** @returns an event of kind `log` for a line that could not be read, so that it is not lost */
  toUnreadable(line: string, context: RecordContext & { readonly problem: string }): EventDraft;
}

const OUTCOMES = new Set(["success", "failure", "denied", "unknown"] as const);
const RISKS = new Set(["low", "medium", "high", "critical"] as const);
const RESOURCE_CHARACTERS_MAX = 4096;
const ITEMS_MAX = 1_000;
/** Beside the fields, which hold the same once more, within an event's 256 KiB. */
const ORIGINAL_HEAD = 40 * 1024;
const ORIGINAL_TAIL = 8 * 1024;

/** @throws Error that names what in the map means nothing */
export function compileMap(map: FieldMap): CompiledMap {
  const time = map.time === undefined ? () => undefined : compileSource(map.time);
  const agent = compileAgent(map);
  const each = map.each === undefined ? undefined : compileSource(map.each);
  const entries = map.events.map((entry) => compileEntry(entry));

  const commonOf = (scope: Scope, context: RecordContext): Common => {
    const claimed = time(scope);
    const read = readTime(claimed, context.timeZone ?? map.timeZone, context.nowMs);
    const usable = read !== undefined && explainTimeRefusal(read, context.nowMs) === null;
    const claimedTime = isPresent(claimed) && !usable ? boundValue(claimed) : undefined;
    const { claimedAgent, ...who } = agent(scope, context);
    const extra = { ...extraOf(context), ...optional({ claimedTime, claimedAgent }) };
    return { agent: who, ...(usable ? { time: read } : {}), extra };
  };
  return {
    map,
    toEvents: (record, context) => {
      const scope: Scope = { record, path: context.path ?? {}, line: context.line ?? "" };
      const common = commonOf(scope, context);
      if (each === undefined) return makeEvents(entries, scope, common);
      const items = listOf(each(scope));
      const events = items
        .slice(0, ITEMS_MAX)
        .flatMap((item, index) => makeEvents(entries, { ...scope, item }, index === 0 ? common : withoutLine(common)));
      return items.length > ITEMS_MAX ? [...events, noteUnread(items.length, common)] : events;
    },
    toUnreadable: (line, context) => {
      const scope: Scope = { record: {}, path: context.path ?? {}, line };
      const { agent: who, extra } = commonOf(scope, context);
      return { agent: who, kind: "log", data: { content: cutText(line, ORIGINAL_HEAD, ORIGINAL_TAIL), ...extra } };
    },
  };
}

interface Common {
  readonly agent: AgentEventInput["agent"];
  readonly time?: string;
  readonly extra: Record<string, Json>;
}

function extraOf({ line, problem, chain }: RecordContext): Record<string, Json> {
  const original = line === undefined ? undefined : cutText(line, ORIGINAL_HEAD, ORIGINAL_TAIL);
  return optional({ original, problem, chain_status: chain?.verdict, chain_reason: chain?.reason });
}

/** @returns the members that are there */
function optional<T>(members: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const present: Record<string, T> = {};
  for (const [name, member] of Object.entries(members)) if (member !== undefined) present[name] = member;
  return present;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** The first event of a line holds the line. */
function withoutLine({ extra, ...common }: Common): Common {
  const { original: _, ...rest } = extra;
  return { ...common, extra: rest };
}

function noteUnread(count: number, { agent, time, extra }: Common): EventDraft {
  const problem = `the record holds ${count} elements; only the first ${ITEMS_MAX} became events`;
  return { agent, kind: "log", ...(time === undefined ? {} : { time }), data: { ...extra, problem } };
}

type Who = AgentEventInput["agent"] & { readonly claimedAgent?: string };

/** `claimedAgent`: the name in the record, where it is not the one that the context fixes. */
function compileAgent(map: FieldMap): (scope: Scope, context: RecordContext) => Who {
  const sources = map.agent;
  // Each alternative by itself: a name that fits nothing gives way to the next.
  const ids = alternativesOf(sources.id).map((one) => compileSource(one));
  const [pack, session, run] = [sources.pack, sources.session, sources.run].map((one) => compileOptional(one));
  return (scope, context) => {
    const named = ids.map((read) => fitEntityName(asText(read(scope)) ?? "")).find((id) => id !== undefined);
    const fixed = context.agentId;
    const packName = context.pack ?? fitEntityName(asText(pack?.(scope)) ?? "");
    const sessionName = context.sessionId ?? fitPrintableName(asText(session?.(scope)) ?? "");
    const runName = fitPrintableName(asText(run?.(scope)) ?? "");
    return {
      id: fixed ?? named ?? map.id,
      ...(fixed === undefined || named === undefined || named === fixed ? {} : { claimedAgent: named }),
      ...(packName === undefined ? {} : { pack: packName }),
      ...(sessionName === undefined ? {} : { session: sessionName }),
      ...(runName === undefined ? {} : { run: runName }),
    };
  };
}

function alternativesOf(source: ValueSource): readonly ValueSource[] {
  return typeof source === "object" && !("from" in source) ? source : [source];
}

function compileOptional(source: ValueSource | undefined): ReadValue | undefined {
  return source === undefined ? undefined : compileSource(source);
}

interface CompiledEntry {
  readonly goesOn: boolean;
  make(scope: Scope, common: Common): EventDraft | undefined;
}

function makeEvents(entries: readonly CompiledEntry[], scope: Scope, common: Common): EventDraft[] {
  const made: EventDraft[] = [];
  for (const entry of entries) {
    const event = entry.make(scope, common);
    if (event === undefined) continue;
    made.push(event);
    if (!entry.goesOn) break;
  }
  return made;
}

function compileEntry(entry: MapEntry): CompiledEntry {
  const conditions = Object.entries(entry.when).map(([name, condition]) => compileCondition(name, condition));
  const match = compileMatch(entry.match);
  const data = Object.entries(entry.data).map(([name, source]) => ({ name, read: compileSource(source) }));
  const [outcome, risk, resource] = [entry.outcome, entry.risk, entry.resource].map((one) => compileOptional(one));
  return {
    goesOn: entry.continue,
    make: (given, common) => {
      if (!conditions.every((holds) => holds(given))) return undefined;
      const groups = match(given);
      if (groups === undefined) return undefined;
      const scope = { ...given, match: groups };
      const event: EventDraft = {
        agent: common.agent,
        kind: entry.kind,
        ...(common.time === undefined ? {} : { time: common.time }),
        data: { ...readData(data, scope), ...common.extra },
      };
      return addOptional(event, { outcome: outcome?.(scope), risk: risk?.(scope), resource: resource?.(scope) });
    },
  };
}

function addOptional(event: EventDraft, found: { outcome: unknown; risk: unknown; resource: unknown }): EventDraft {
  const outcome = memberOf(OUTCOMES, found.outcome);
  const risk = memberOf(RISKS, found.risk);
  const resource = asText(found.resource)?.slice(0, RESOURCE_CHARACTERS_MAX).toWellFormed();
  return {
    ...event,
    ...(outcome === undefined ? {} : { outcome }),
    ...(risk === undefined ? {} : { risk }),
    ...(resource === undefined ? {} : { resource }),
  };
}

function memberOf<T>(set: ReadonlySet<T>, value: unknown): T | undefined {
  for (const member of set) if (member === value) return member;
  return undefined;
}

function readData(fields: readonly { name: string; read: ReadValue }[], scope: Scope): Record<string, Json> {
  const data: Record<string, Json> = {};
  for (const { name, read } of fields) {
    const value = read(scope);
    if (isPresent(value)) data[name] = boundValue(value);
  }
  return data;
}

/** A pattern is looked for in so much of a text. */
const MATCHED_CHARACTERS_MAX = 16 * 1024;

function compileMatch(match: MapEntry["match"]): (scope: Scope) => Readonly<Record<string, string>> | undefined {
  if (match === undefined) return () => ({});
  const read = compileSource(match.in);
  const pattern = RE2JS.compile(match.pattern);
  const names = Object.keys(pattern.namedGroups());
  return (scope) => {
    const text = asText(read(scope));
    if (text === undefined) return undefined;
    const matcher = pattern.matcher(text.slice(0, MATCHED_CHARACTERS_MAX));
    if (!matcher.find()) return undefined;
    const groups: Record<string, string> = {};
    for (const name of names) {
      const value = matcher.group(name);
      if (value !== null && value !== undefined) groups[name] = value;
    }
    return groups;
  };
}
