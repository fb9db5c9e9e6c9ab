import type {
  InvestigationEntry,
  InvestigationTimeline,
  TimelineOrder,
  TimelineSource,
  TimelineView,
} from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { ReadContext } from "../context.ts";
import { readScope } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { estimateClocks } from "./clocks.ts";
import type { SourceFacts } from "./clocks.ts";
import { wants } from "./entry.ts";
import type { Draft, Reading } from "./entry.ts";
import { findGaps } from "./find-gaps.ts";
import { gatherFacts } from "./gather-facts.ts";
import { readMarks } from "./marks.ts";
import type { Marks } from "./marks.ts";
import { readTelling } from "./read-telling.ts";
import { comparePositions, formatCursor, mergeSorted, parseCursor } from "./position.ts";
import { readEvents } from "./read-events.ts";
import { readRecord } from "./read-record.ts";

export interface TimelineQuery {
  readonly view?: TimelineView | undefined;
  readonly order?: TimelineOrder | undefined;
  /** left out: all */
  readonly sources?: readonly TimelineSource[] | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 500;

/**
 * One page of an incident's timeline out of every source, in one order: each source's times moved by what its clock is
 * wrong. Pages go on among the events that were stored when the first was read.
 *
 * @throws FirebreakError not_found, bad_request
 */
export async function getTimeline(
  ctx: ReadContext,
  incidentId: string,
  query: TimelineQuery,
): Promise<InvestigationTimeline> {
  const after = query.after === undefined ? null : parseCursor(query.after);
  const scope = await readScope(ctx, incidentId, after?.lastSeq);
  const [survey, marks] = await Promise.all([surveyOf(ctx, scope), readMarks(ctx, incidentId)]);
  const limit = Math.max(1, Math.min(query.limit ?? LIMIT_DEFAULT, LIMIT_MAX));
  const isCurated = query.view !== "all";
  const reading: Reading = {
    direction: query.order === "newest" ? -1 : 1,
    after,
    limit: limit + 1,
    sources: query.sources === undefined ? undefined : new Set(query.sources),
    isCurated,
    pinned: marks.pinned,
    telling: isCurated ? await readTelling(ctx, incidentId) : new Set(),
    hidden: marks.hidden,
  };
  const found = await readPage(ctx, scope, survey, reading);
  const last = found[limit - 1];
  const hasMore = found.length > limit && last !== undefined;
  return {
    incidentId,
    from: toIso(scope.fromMs),
    to: toIso(scope.toMs),
    agents: [...scope.agents],
    events: survey.sources.reduce((sum, { clock }) => sum + clock.events, 0),
    clocks: survey.sources.map(({ clock }) => clock),
    items: found.slice(0, limit).map((draft) => toEntry(draft, marks)),
    next: hasMore ? formatCursor({ ...last, lastSeq: scope.lastSeq }) : null,
  };
}

async function readPage(ctx: ReadContext, scope: Scope, { sources, gaps }: Survey, reading: Reading): Promise<Draft[]> {
  const lists = await Promise.all([
    readEvents(ctx, scope, sources, reading),
    readRecord(ctx, scope.incident.id, reading),
    gatherFacts(ctx, scope).then((drafts) => select(drafts, reading)),
  ]);
  return mergeSorted([...lists, select(gaps, reading)], reading.direction, reading.limit);
}

/** What was read as a whole, narrowed to the page. */
function select(drafts: readonly Draft[], reading: Reading): Draft[] {
  const { after, direction, isCurated, hidden } = reading;
  return drafts.filter(
    (draft) =>
      wants(reading, draft.source) &&
      (after === null || direction * comparePositions(draft, after) > 0) &&
      !(isCurated && hidden.has(draft.ref)),
  );
}

function toEntry({ atMs: _atMs, rank: _rank, id: _id, ...entry }: Draft, marks: Marks): InvestigationEntry {
  return {
    ...entry,
    pinned: marks.pinned.has(entry.ref),
    hidden: marks.hidden.has(entry.ref),
    annotations: [...(marks.annotations.get(entry.ref) ?? [])],
  };
}

/** What is worked out from all events of the window, and is the same for every page of one reading. */
interface Survey {
  readonly sources: readonly SourceFacts[];
  readonly gaps: readonly Draft[];
}

const SURVEYS_MAX = 50;
const SURVEY_KEPT_MS = 300_000;
const surveys = new WeakMap<ReadContext["database"]["kysely"], Map<string, Promise<Survey>>>();

function surveyOf(ctx: ReadContext, scope: Scope): Promise<Survey> {
  const { kysely } = ctx.database;
  const kept = surveys.get(kysely) ?? new Map<string, Promise<Survey>>();
  surveys.set(kysely, kept);
  // what no event tells of: lost sessions, alerts that cite, and what is taken out meanwhile
  const states = scope.sessions.map((session) => `${session.id} ${session.state}`).join();
  const turn = Math.floor(ctx.clock.now() / SURVEY_KEPT_MS);
  const { incident, lastSeq, fromMs, agents, citedEventIds } = scope;
  const key = JSON.stringify([incident.id, lastSeq, fromMs, agents, citedEventIds.length, states, turn]);
  const found = kept.get(key) ?? makeSurvey(ctx, scope);
  kept.delete(key);
  kept.set(key, found);
  found.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) if (kept.size > SURVEYS_MAX) kept.delete(oldest);
  return found;
}

async function makeSurvey(ctx: ReadContext, scope: Scope): Promise<Survey> {
  const sources = await estimateClocks(ctx, scope);
  return { sources, gaps: await findGaps(ctx, scope, sources) };
}
