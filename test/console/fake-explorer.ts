/** The part of the fake backend that the explorer asks. */
import type { EventView, ExportView, SavedView } from "@firebreak/protocol";
import { ADA, clockOf, HOSTILE, type Sample } from "./sample-data.ts";
import { STORED_EVENT } from "./sample-rules.ts";

interface Call {
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly id: string;
}

const MINUTE_MS = 60_000;
const KINDS = ["command", "tool_call", "network", "prompt", "file"] as const;

/** Sixty events of the last hour, newest first; every seventh is denied, every tenth failed. */
export function eventsOf({ isHostile, startedMs, agents }: Sample): EventView[] {
  if (agents.length === 0) return [];
  const say = (text: string) => (isHostile ? `${HOSTILE} \u001b[2J\u202e${text}` : text);
  return Array.from({ length: 60 }, (_, index): EventView => {
    const at = new Date(startedMs - index * MINUTE_MS).toISOString();
    const isDenied = index % 7 === 3;
    return {
      seq: 1000 - index,
      id: `evt_${1000 - index}`,
      time: at,
      receivedTime: at,
      source: say("sdk"),
      agent: { id: index % 2 === 0 ? "scout" : "librarian", pack: "research", session: "ses_1", run: say("run-7") },
      kind: KINDS[index % KINDS.length] ?? "log",
      outcome: isDenied ? "denied" : index % 10 === 9 ? "failure" : "success",
      risk: isDenied ? "critical" : null,
      resource: say("/srv/archive"),
      data: {
        tool_name: say("shell"),
        command: say(`rm -rf build-${index} && echo done`),
        nested: { deep: say("value") },
      },
      redacted:
        index === 0 ? [{ category: "KEY", type: "github_token", path: say("/data/token"), count: 1, kept: true }] : [],
      indicators:
        index === 1
          ? [{ id: "ind_1", type: "ip", value: say("198.51.100.7"), source: say("list"), severity: 2, path: "/data" }]
          : [],
    };
  });
}

function matches(event: EventView, query: URLSearchParams): boolean {
  const isOne = (name: "kind" | "outcome" | "risk") => {
    const asked = query.get(name);
    return asked === null || asked.split(",").includes(event[name] ?? "");
  };
  const { text, agent } = { text: query.get("text"), agent: query.get("agent") };
  const [since, until] = [query.get("since") ?? "", query.get("until") ?? "9"];
  return (
    isOne("kind") &&
    isOne("outcome") &&
    isOne("risk") &&
    (agent === null || event.agent.id === agent) &&
    (text === null || JSON.stringify(event.data).includes(text)) &&
    event.time >= since &&
    event.time < until
  );
}

function valuesOf(events: readonly EventView[], read: (event: EventView) => string | null | undefined) {
  const counts = new Map<string, number>();
  for (const event of events) {
    const value = read(event);
    if (typeof value === "string") counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count })).toSorted((a, b) => b.count - a.count);
}

function histogramOf(events: readonly EventView[], query: URLSearchParams, nowMs: number) {
  const bucketMs = 2 * MINUTE_MS;
  const untilMs = query.has("until") ? Date.parse(query.get("until") ?? "") : nowMs + MINUTE_MS;
  const sinceMs = Math.max(untilMs - 80 * bucketMs, Date.parse(query.get("since") ?? ""));
  const amount = Math.max(1, Math.min(80, Math.ceil((untilMs - sinceMs) / bucketMs)));
  const buckets = Array.from({ length: amount }, (_, index) => {
    const from = sinceMs + index * bucketMs;
    const within = events.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) < from + bucketMs);
    const counts = Object.fromEntries(
      valuesOf(within, ({ outcome }) => outcome).map(({ value, count }) => [value, count]),
    );
    return { time: new Date(from).toISOString(), count: within.length, counts };
  });
  const since = new Date(sinceMs).toISOString();
  return {
    since,
    until: new Date(untilMs).toISOString(),
    bucketMs,
    total: events.length,
    buckets,
    countedBackTo: null,
  };
}

interface Surroundings {
  readonly sample: Sample;
  readonly now: () => string;
  readonly refuse: (code: "not_found" | "bad_request" | "storage_unavailable", detail: string) => Error;
}

export function explorerRoutes({ sample, now, refuse }: Surroundings): Record<string, (call: Call) => unknown> {
  const found = (query: URLSearchParams) => {
    const text = query.get("text") ?? "";
    if (text.includes("error-503"))
      throw refuse("storage_unavailable", "The database does not answer. Try again in a moment.");
    return [...sample.fresh, ...eventsOf(sample)].filter((event) => matches(event, query));
  };
  const exportOf = (id: string): ExportView => {
    const view = sample.exports.find((one) => one.id === id);
    if (view === undefined) throw refuse("not_found", `There is no export ${id}.`);
    return view;
  };
  return {
    "GET /events": ({ query }) => {
      const events = found(query);
      const isSlow = (query.get("text") ?? "").includes("slow");
      if (isSlow)
        return { items: [], next: "1.1", searchedBackTo: new Date(sample.startedMs - 3_600_000).toISOString() };
      // what the page of rules offers to try them with
      if (query.get("limit") === "30")
        return { items: [STORED_EVENT(clockOf(sample.startedMs))], next: null, searchedBackTo: null };
      const isSecond = query.has("after");
      const items = isSecond ? events.slice(50) : events.slice(0, 50);
      return { items, next: !isSecond && events.length > 50 ? "1.950" : null, searchedBackTo: null };
    },
    "GET /events/histogram": ({ query }) => histogramOf(found(query), query, sample.startedMs),
    "GET /events/facets": ({ query }) => {
      const events = found(query);
      return {
        since: query.get("since") ?? now(),
        until: now(),
        total: events.length,
        pack: valuesOf(events, ({ agent }) => agent.pack),
        agent: valuesOf(events, ({ agent }) => agent.id),
        kind: valuesOf(events, ({ kind }) => kind),
        outcome: valuesOf(events, ({ outcome }) => outcome),
        risk: valuesOf(events, ({ risk }) => risk),
        countedBackTo: null,
      };
    },
    "GET /events/:id": ({ id }) => {
      const event = eventsOf(sample).find(({ seq }) => String(seq) === id);
      if (event === undefined) throw refuse("not_found", `There is no event ${id}, or it was removed.`);
      const title = sample.isHostile ? HOSTILE : "Destructive command";
      return { event, alerts: [{ id: "alr_1", title, severity: 1, incidentId: "INC-2026-0042" }] };
    },
    "GET /audit/proof": ({ query }) => ({
      index: Number(query.get("event") ?? query.get("act")) + 1,
      proof: "c2sp.org/tlog-proof@v1\nindex 1001\n",
      entry: "",
    }),
    "GET /views": () => ({ items: sample.views, next: null }),
    "POST /views": ({ body }) => {
      const { name, shared, filters } = body;
      const view: SavedView = {
        id: "viw_new",
        name: String(name),
        owner: ADA,
        own: true,
        shared: shared === true,
        filters: { ...(typeof filters === "object" ? filters : {}) },
        createdAt: now(),
        updatedAt: now(),
      };
      sample.views.push(view);
      return view;
    },
    "POST /exports": ({ body }) => {
      const view: ExportView = {
        id: "exp_1",
        format: "csv",
        state: "pending",
        filters: {},
        reason: String(body["reason"]),
        requestedBy: ADA,
        requestedAt: now(),
        finishedAt: null,
        events: 0,
        bytes: 0,
        sha256: null,
        fileName: "exp_1.csv",
        manifest: null,
      };
      sample.exports.push(view);
      return view;
    },
    "GET /exports/:id": ({ id }) => exportOf(id),
  };
}
