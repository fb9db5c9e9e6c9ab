import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { HoldScope, LiveMessage, TimelineView } from "@firebreak/protocol";
import { ApiFault, client, unwrap } from "./client.ts";

/** What the incidents list can be narrowed to; the same names stand in the page's URL. */
export interface IncidentFilters {
  readonly state?: string | undefined;
  readonly severity?: string | undefined;
  readonly after?: string | undefined;
}

export interface AlertFilters {
  readonly status?: string | undefined;
  readonly disposition?: string | undefined;
  readonly match?: string | undefined;
  readonly after?: string | undefined;
}

export interface StopTarget {
  readonly scope: HoldScope;
  readonly target?: string;
}

const LIST_LIMIT = 100;
const RECEIPTS_LIMIT = 50;
/** The most the server gives at once; agents are searched here, so all of them are wanted. */
const AGENTS_LIMIT = 500;

function present(filters: IncidentFilters | AlertFilters): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => typeof value === "string" && value !== ""));
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => unwrap(client.GET("/api/v1/me")),
  staleTime: Infinity,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: () => unwrap(client.GET("/api/v1/overview")),
});

/** What was kept of an event's redacted values; no value. */
export const originalsQuery = (id: string) =>
  queryOptions({
    queryKey: ["originals", id],
    queryFn: () => unwrap(client.GET("/api/v1/events/{id}/originals", { params: { path: { id } } })),
  });

export const incidentsQuery = (filters: IncidentFilters) =>
  queryOptions({
    queryKey: ["incidents", filters],
    queryFn: () =>
      unwrap(client.GET("/api/v1/incidents", { params: { query: { ...present(filters), limit: LIST_LIMIT } } })),
  });

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ["incident", id],
    queryFn: () => unwrap(client.GET("/api/v1/incidents/{id}", { params: { path: { id } } })),
  });

/** Null when no review has been drafted yet. */
export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: ["review", id],
    queryFn: async () => {
      try {
        return await unwrap(client.GET("/api/v1/incidents/{id}/review", { params: { path: { id } } }));
      } catch (error) {
        if (error instanceof ApiFault && error.problem.status === 404) return null;
        throw error;
      }
    },
  });

const TIMELINE_LIMIT = 60;

/** Newest first, page by page. @param source empty: every one */
export const timelineQuery = (id: string, view: TimelineView, source: string) =>
  infiniteQueryOptions({
    queryKey: ["timeline", id, view, source],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      unwrap(
        client.GET("/api/v1/incidents/{id}/timeline", {
          params: {
            path: { id },
            query: {
              view,
              order: "newest",
              limit: TIMELINE_LIMIT,
              ...(source === "" ? {} : { sources: source }),
              ...(pageParam === "" ? {} : { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });

const STORM_AGENTS_LIMIT = 50;

/** Who is in a storm, by name, page by page. */
export const stormAgentsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["incident", id, "agents"],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      unwrap(
        client.GET("/api/v1/incidents/{id}/agents", {
          params: {
            path: { id },
            query: { limit: STORM_AGENTS_LIMIT, ...(pageParam === "" ? {} : { after: pageParam }) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });

/** Null when none has been computed yet. */
export const impactQuery = (id: string) =>
  queryOptions({
    queryKey: ["impact", id],
    queryFn: async () => {
      try {
        return await unwrap(client.GET("/api/v1/incidents/{id}/impact", { params: { path: { id } } }));
      } catch (error) {
        if (error instanceof ApiFault && error.problem.status === 404) return null;
        throw error;
      }
    },
  });

export const alertsQuery = (filters: AlertFilters) =>
  queryOptions({
    queryKey: ["alerts", filters],
    queryFn: () =>
      unwrap(client.GET("/api/v1/alerts", { params: { query: { ...present(filters), limit: LIST_LIMIT } } })),
  });

export const silencesQuery = queryOptions({
  queryKey: ["silences"],
  queryFn: () => unwrap(client.GET("/api/v1/silences", { params: { query: { limit: LIST_LIMIT } } })),
});

export const silencePreviewQuery = (match: string) =>
  queryOptions({
    queryKey: ["silence-preview", match],
    queryFn: () => unwrap(client.POST("/api/v1/silences/preview", { body: { match } })),
    gcTime: 0,
  });

export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: () => unwrap(client.GET("/api/v1/agents", { params: { query: { limit: AGENTS_LIMIT } } })),
});

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ["agents", id],
    queryFn: () => unwrap(client.GET("/api/v1/agents/{id}", { params: { path: { id } } })),
  });

/** Gates count in files of their own: nobody says when they took something, so this asks again. */
const LEDGER_EVERY_MS = 5_000;

export const budgetsQuery = (agent: string) =>
  queryOptions({
    queryKey: ["budgets", agent],
    queryFn: () => unwrap(client.GET("/api/v1/budgets", { params: { query: { agent } } })),
    refetchInterval: LEDGER_EVERY_MS,
  });

export const breakersQuery = (agent: string) =>
  queryOptions({
    queryKey: ["breakers", agent],
    queryFn: () => unwrap(client.GET("/api/v1/breakers", { params: { query: { agent } } })),
    refetchInterval: LEDGER_EVERY_MS,
  });
/** Asked anew by itself: a gate that falls silent sends no message. */
export const coverageQuery = queryOptions({
  queryKey: ["coverage"],
  queryFn: () => unwrap(client.GET("/api/v1/coverage", { params: { query: { limit: AGENTS_LIMIT } } })),
  refetchInterval: 60_000,
});

export const containmentQuery = queryOptions({
  queryKey: ["containment"],
  queryFn: () => unwrap(client.GET("/api/v1/containment")),
});

export const reactionsQuery = queryOptions({
  queryKey: ["reactions"],
  queryFn: () => unwrap(client.GET("/api/v1/reactions", { params: { query: { limit: LIST_LIMIT } } })),
});

const GUARD_SAMPLE_MS = 5_000;

/** Of the node that answers; it changes with every sample, which no live message tells. */
export const guardQuery = queryOptions({
  queryKey: ["guard"],
  queryFn: () => unwrap(client.GET("/api/v1/guard")),
  refetchInterval: GUARD_SAMPLE_MS,
});

export const killswitchQuery = queryOptions({
  queryKey: ["killswitch"],
  queryFn: () => unwrap(client.GET("/api/v1/killswitch")),
});

export const receiptsQuery = queryOptions({
  queryKey: ["receipts"],
  queryFn: () => unwrap(client.GET("/api/v1/receipts", { params: { query: { limit: RECEIPTS_LIMIT } } })),
});

/** What is in force and what was, newest first. */
export const actionsQuery = queryOptions({
  queryKey: ["actions"],
  queryFn: () => unwrap(client.GET("/api/v1/actions", { params: { query: { limit: LIST_LIMIT } } })),
});

export const effectorsQuery = queryOptions({
  queryKey: ["effectors"],
  queryFn: () => unwrap(client.GET("/api/v1/effectors")),
});

/** What waits for an answer, and the newest of what was answered. */
export const approvalsQuery = queryOptions({
  queryKey: ["approvals"],
  queryFn: () => unwrap(client.GET("/api/v1/approvals", { params: { query: { limit: LIST_LIMIT } } })),
});

export const stopPreviewQuery = (request: StopTarget) =>
  queryOptions({
    queryKey: ["stop-preview", request],
    queryFn: () => unwrap(client.POST("/api/v1/killswitch/preview", { body: request })),
    gcTime: 0,
  });

export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: () => unwrap(client.GET("/api/v1/rules")),
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ["rule", id],
    queryFn: () => unwrap(client.GET("/api/v1/rules/{id}", { params: { path: { id } } })),
  });

/** What a person may want to try rules with. */
export const newestEventsQuery = queryOptions({
  queryKey: ["newest-events"],
  queryFn: () => unwrap(client.GET("/api/v1/events", { params: { query: { limit: 30 } } })),
});

export const replaysQuery = queryOptions({
  queryKey: ["replays"],
  queryFn: () => unwrap(client.GET("/api/v1/replays")),
});

export const replayQuery = (id: string) =>
  queryOptions({
    queryKey: ["replay", id],
    queryFn: () => unwrap(client.GET("/api/v1/replays/{id}", { params: { path: { id } } })),
  });

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => unwrap(client.GET("/api/v1/tokens", { params: { query: { limit: LIST_LIMIT } } })),
});

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => unwrap(client.GET("/api/v1/users", { params: { query: { limit: LIST_LIMIT } } })),
});

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: () => unwrap(client.GET("/api/v1/sources")),
});

const NEWEST_LIMIT = 20;

export const refusalsQuery = queryOptions({
  queryKey: ["refusals"],
  queryFn: () => unwrap(client.GET("/api/v1/refusals", { params: { query: { limit: NEWEST_LIMIT } } })),
});

export const changesQuery = queryOptions({
  queryKey: ["changes"],
  queryFn: () => unwrap(client.GET("/api/v1/changes", { params: { query: { limit: NEWEST_LIMIT } } })),
});

const AUDIT_LOG_EVERY_MS = 5_000;

/** It grows with everything that happens, which no live message tells. */
export const auditLogQuery = queryOptions({
  queryKey: ["audit-log"],
  queryFn: () => unwrap(client.GET("/api/v1/audit/log")),
  refetchInterval: AUDIT_LOG_EVERY_MS,
});

export const retentionQuery = queryOptions({
  queryKey: ["retention"],
  queryFn: () => unwrap(client.GET("/api/v1/retention")),
});

export const retentionPreviewQuery = queryOptions({
  queryKey: ["retention-preview"],
  queryFn: () => unwrap(client.GET("/api/v1/retention/preview")),
});

export const retentionNoticesQuery = queryOptions({
  queryKey: ["retention-notices"],
  queryFn: () => unwrap(client.GET("/api/v1/retention/notices", { params: { query: { state: "announced" } } })),
});

export const retentionCopiesQuery = queryOptions({
  queryKey: ["retention-copies"],
  queryFn: () => unwrap(client.GET("/api/v1/retention/copies")),
});

export const personErasuresQuery = queryOptions({
  queryKey: ["person-erasures"],
  queryFn: () => unwrap(client.GET("/api/v1/person-erasures")),
});

export const legalHoldsQuery = queryOptions({
  queryKey: ["legal-holds"],
  queryFn: () => unwrap(client.GET("/api/v1/legal-holds")),
});

export interface EvidenceFilters {
  readonly incident?: string | undefined;
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
}

export const evidenceListQuery = ({ incident, agent, session }: EvidenceFilters) =>
  queryOptions({
    queryKey: ["evidence", "list", incident, agent, session],
    queryFn: () => {
      const query = {
        limit: LIST_LIMIT,
        ...(incident === undefined ? {} : { incident }),
        ...(agent === undefined ? {} : { agent }),
        ...(session === undefined ? {} : { session }),
      };
      return unwrap(client.GET("/api/v1/evidence", { params: { query } }));
    },
  });

export const evidenceQuery = (id: string) =>
  queryOptions({
    queryKey: ["evidence", id],
    queryFn: () => unwrap(client.GET("/api/v1/evidence/{id}", { params: { path: { id } } })),
  });

/** What a sealed manifest says does not change. */
export const evidenceItemsQuery = (id: string, from: number) =>
  queryOptions({
    queryKey: ["evidence-items", id, from],
    queryFn: () => unwrap(client.GET("/api/v1/evidence/{id}/items", { params: { path: { id }, query: { from } } })),
    staleTime: Infinity,
  });

export const evidenceCustodyQuery = (id: string) =>
  queryOptions({
    queryKey: ["evidence-custody", id],
    queryFn: () => unwrap(client.GET("/api/v1/evidence/{id}/custody", { params: { path: { id } } })),
  });

/** Looking is on record, so it is not done again by itself. */
export const evidencePreviewQuery = (id: string, index: number, offset: number) =>
  queryOptions({
    queryKey: ["evidence-preview", id, index, offset],
    queryFn: () =>
      unwrap(
        client.GET("/api/v1/evidence/{id}/items/{index}/preview", {
          params: { path: { id, index }, query: { offset } },
        }),
      ),
    staleTime: Infinity,
    retry: false,
  });

/** Which cached answers a live message makes stale; the first part of their keys. */
export const STALE_AFTER = {
  incident: ["overview", "incidents", "incident", "timeline", "impact", "review"],
  alert: ["overview", "incident", "timeline", "alerts", "silences", "silence-preview", "rules", "rule"],
  silence: ["alerts", "silences"],
  policy: ["policy", "budgets", "breakers"],
  hold: ["overview", "killswitch", "receipts", "agents", "incident", "timeline", "stop-preview"],
  approval: ["approvals", "approval", "run", "runs", "legal-holds", "overview", "incident", "timeline", "killswitch"],
  agent: ["overview", "agents", "coverage", "stop-preview"],
  run: ["overview", "incident", "timeline", "runs", "run", "playbook"],
  delivery: ["overview", "incident", "timeline"],
  evidence: ["incident", "timeline", "evidence", "evidence-custody"],
  source: ["sources", "refusals", "changes"],
  replay: ["replays", "replay"],
  indicator_scan: ["indicator-scans", "indicator-scan", "indicator-scan-hits"],
  action: ["actions", "incident", "timeline"],
  retention: [
    "retention",
    "retention-preview",
    "retention-notices",
    "retention-copies",
    "legal-holds",
    "person-erasures",
  ],
  reaction: ["containment", "reactions", "incident", "timeline"],
} as const satisfies Record<LiveMessage["topic"], readonly string[]>;
