import type { AgentEvent, EventMoment, SessionMoment, SessionReplayPage } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import { getSession, readTextKey } from "../../telemetry/index.ts";
import { findGaps } from "./find-gaps.ts";
import { JOIN_LOOKBACK, JOIN_WITHIN, joinCalls } from "./join-calls.ts";
import { answerText, isSignOfLife, namedHold, readMoment } from "./read-moment.ts";
import type { Reading } from "./read-moment.ts";
import {
  findPlace,
  formatPlace,
  parsePlace,
  placeOf,
  readSessionEvents,
  SESSION_BEGIN,
  SESSION_END,
} from "./read-session-events.ts";
import type { Place, ReplayContext, SessionName } from "./read-session-events.ts";
import { explainDenial, holdMoments, readActs, readAlerts, readHolds, readIncidents } from "./surroundings.ts";
import type { Range, SessionOwner } from "./surroundings.ts";

export interface ReplayQuery extends SessionName {
  /** one of these says where the page is; none: at the begin of the session */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** the number of an event that is to be on the page */
  readonly event?: number | undefined;
  readonly end?: boolean | undefined;
  readonly limit: number;
}

const PAGE_BYTES_MAX = 16 * 1024 * 1024;
/** What is only read to join answers to calls. */
const AROUND_BYTES_MAX = 4 * 1024 * 1024;
const HOUR_MS = 3_600_000;
/** Events that stand before the one that was asked for. */
const LEAD_IN = 20;

/**
 * A page of a session as a conversation, in the order of the sources' clocks: each call with what came of it, denials with
 * what denied them, and between the events gaps, stops and what people did. However it is cut into pages, each moment is
 * on one page.
 *
 * @throws FirebreakError bad_request, not_found
 */
export async function getSessionReplay(ctx: ReplayContext, query: ReplayQuery): Promise<SessionReplayPage> {
  const name = { session: readTextKey("id", query.session), agent: query.agent };
  const { before, page, after } = await readAround(ctx, name, query);
  if (page.length === 0 && before.length === 0) await requireKnown(ctx, name);
  const [first] = page;
  const last = page.at(-1);
  const [following] = after;
  const range = { fromMs: boundaryOf(before.at(-1), first), untilMs: boundaryOf(last, following) };
  const isPast = first === undefined && before.length > 0;
  const moments = isPast ? [] : await tell(ctx, name, { before, page, after, range });
  return {
    items: moments,
    next: following === undefined || last === undefined ? null : formatPlace(placeOf(last)),
    previous: before.length === 0 || first === undefined ? null : formatPlace(placeOf(first)),
  };
}

/** What happened at the very time of an event stands before the first event of that time, on the page that has it. */
function boundaryOf(before: AgentEvent | undefined, after: AgentEvent | undefined): number | null {
  if (before === undefined || after === undefined) return null;
  const atMs = Date.parse(after.time);
  return Date.parse(before.time) === atMs ? atMs + 1 : atMs;
}

interface Around {
  readonly before: readonly AgentEvent[];
  readonly page: readonly AgentEvent[];
  readonly after: readonly AgentEvent[];
}

async function readAround(ctx: ReplayContext, name: SessionName, query: ReplayQuery): Promise<Around> {
  const backward = backwardFrom(query);
  const rows = { rows: query.limit, bytes: PAGE_BYTES_MAX };
  const page =
    backward === undefined
      ? await readSessionEvents(ctx, name, { after: await forwardFrom(ctx, name, query) }, rows)
      : await readSessionEvents(ctx, name, { before: backward }, rows);
  const [first] = page;
  const last = page.at(-1);
  const [before, after] = await Promise.all([
    readSessionEvents(
      ctx,
      name,
      { before: first === undefined ? SESSION_END : placeOf(first) },
      { rows: JOIN_LOOKBACK, bytes: AROUND_BYTES_MAX },
    ),
    last === undefined
      ? []
      : readSessionEvents(ctx, name, { after: placeOf(last) }, { rows: JOIN_WITHIN, bytes: AROUND_BYTES_MAX }),
  ]);
  return { before, page, after };
}

function backwardFrom({ before, end }: ReplayQuery): Place | undefined {
  if (before !== undefined) return parsePlace("before", before);
  return end === true ? SESSION_END : undefined;
}

async function forwardFrom(ctx: ReplayContext, name: SessionName, query: ReplayQuery): Promise<Place> {
  if (query.after !== undefined) return parsePlace("after", query.after);
  if (query.event === undefined) return SESSION_BEGIN;
  const place = await findPlace(ctx, name, query.event);
  const rows = Math.min(LEAD_IN, query.limit - 1) + 1;
  const leadIn = await readSessionEvents(ctx, name, { before: place }, { rows, bytes: AROUND_BYTES_MAX });
  const [first] = leadIn;
  if (first === undefined || leadIn.length < rows) return SESSION_BEGIN;
  return placeOf(first);
}

async function requireKnown(ctx: ReplayContext, { session }: SessionName): Promise<void> {
  await getSession(ctx, session).catch((fault: unknown) => {
    if (!(fault instanceof FirebreakError) || fault.code !== "not_found") throw fault;
    throw new FirebreakError(
      "not_found",
      `No event of a session ${session} is stored, and no supervisor reported one.`,
    );
  });
}

async function tell(
  ctx: ReplayContext,
  name: SessionName,
  { before, page, after, range }: Around & { readonly range: Range },
): Promise<SessionMoment[]> {
  const owner = ownerOf(name, [...before, ...page]);
  const alerts = await readAlerts(ctx, name.session);
  const incidents = await readIncidents(ctx, name.session, alerts);
  const life = await readLife(ctx, name.session);
  const times = [...page, ...after.slice(0, 1)].map(({ time }) => Date.parse(time));
  const held = heldWithin(range, life, times);
  const [holds, acts, gaps] = await Promise.all([
    readHolds(ctx, owner, {
      fromMs: held.fromMs ?? times[0] ?? life.startedMs,
      // a call of this page may have been stopped later
      untilMs: held.untilMs === null ? null : Math.max(held.untilMs, ...after.map(({ time }) => Date.parse(time))),
    }),
    readActs(ctx, incidents, range),
    findGaps(ctx, name, { times, isSupervised: life.isSupervised }),
  ]);
  const alertsOf = groupAlerts(alerts);
  const named = new Map([...page, ...after].map((event) => [event.seq, namedHold(event)]));
  const events = join({ before, page, after }).map((moment) => ({
    ...moment,
    denied: explainDenial(moment, owner, holds, named.get(moment.seq) ?? named.get(moment.answer?.seq ?? 0)),
    alerts: alertsOf.get(moment.eventId) ?? [],
  }));
  return interleave(events, [...holdMoments(holds, held), ...acts, ...gaps]);
}

function join({ before, page, after }: Around): EventMoment[] {
  const heard = (events: readonly AgentEvent[]) => events.filter((event) => !isSignOfLife(event)).map(readWhole);
  const [earlier, shown, later] = [heard(before), heard(page), heard(after)];
  const range = { from: earlier.length, to: earlier.length + shown.length };
  return joinCalls([...earlier, ...shown, ...later], range);
}

/** A call that is told of when it has ended brings its answer along. */
function readWhole(event: AgentEvent): Reading {
  const reading = readMoment(event);
  if (reading.part !== "whole") return reading;
  const { seq, at, outcome } = reading.moment;
  const answer = {
    seq,
    at,
    outcome,
    text: answerText(event),
    durationMs: reading.durationMs,
    joinedBy: "call_id" as const,
  };
  return { ...reading, moment: { ...reading.moment, answer } };
}

function ownerOf({ session }: SessionName, events: readonly AgentEvent[]): SessionOwner {
  const packs = new Map(events.map(({ agent }) => [agent.id, agent.pack ?? null]));
  return { session, agents: [...packs].map(([id, pack]) => ({ id, pack })) };
}

interface Life {
  readonly isSupervised: boolean;
  readonly startedMs: number | null;
  /** it may go on: stops of later concern it too */
  readonly isOpen: boolean;
}

async function readLife(ctx: ReplayContext, session: string): Promise<Life> {
  const row = await ctx.database.kysely
    .selectFrom("agent_sessions")
    .select(["started_at", "state"])
    .where("id", "=", session)
    .executeTakeFirst();
  if (row === undefined) return { isSupervised: false, startedMs: null, isOpen: false };
  return { isSupervised: true, startedMs: row.started_at.getTime(), isOpen: row.state !== "exited" };
}

/** After a session that is over, a stop is part of it for an hour: it may be why it ended, and later ones are of others. */
function heldWithin(range: Range, life: Life, times: readonly number[]): Range {
  if (range.untilMs !== null || life.isOpen) return range;
  const lastMs = times.at(-1) ?? life.startedMs;
  return lastMs === null ? range : { ...range, untilMs: lastMs + HOUR_MS };
}

function groupAlerts(alerts: Awaited<ReturnType<typeof readAlerts>>): Map<string, EventMoment["alerts"]> {
  const grouped = new Map<string, EventMoment["alerts"]>();
  for (const { id, title, severity, incidentId, eventIds } of alerts) {
    for (const eventId of eventIds) {
      grouped.set(eventId, [...(grouped.get(eventId) ?? []), { id, title, severity, incidentId }]);
    }
  }
  return grouped;
}

/** By time; of the same time, what was done to the agent stands before what the agent did, and a gap after both. */
function interleave(events: readonly EventMoment[], others: readonly SessionMoment[]): SessionMoment[] {
  const rank = (moment: SessionMoment) => (moment.type === "event" ? 1 : moment.type === "gap" ? 2 : 0);
  return [...others, ...events].toSorted((a, b) => {
    const byTime = Date.parse(a.at) - Date.parse(b.at);
    if (byTime !== 0) return byTime;
    return a.type === "event" && b.type === "event" ? a.seq - b.seq : rank(a) - rank(b);
  });
}
