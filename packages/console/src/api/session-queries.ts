import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "./client.ts";

/** Where a page of a session is: one of these, or none for the beginning. */
export interface SessionPlace {
  readonly after?: string;
  readonly before?: string;
  readonly event?: number;
  readonly end?: boolean;
}

const ofAgent = (agent: string | undefined) => (agent === undefined ? {} : { agent });

const FOLLOW_EVERY_MS = 2_000;

export const sessionReplayQuery = (
  id: string,
  agent: string | undefined,
  { end, ...place }: SessionPlace,
  follow: boolean,
) =>
  queryOptions({
    queryKey: ["session-replay", id, agent, end, place],
    queryFn: () =>
      unwrap(
        client.GET("/api/v1/sessions/{id}/replay", {
          params: { path: { id }, query: { ...place, ...ofAgent(agent), ...(end === true ? { end: "true" } : {}) } },
        }),
      ),
    // what comes of a call stands beside the call, so the last page is asked for again
    refetchInterval: follow ? FOLLOW_EVERY_MS : false,
  });

export const sessionSummaryQuery = (id: string, agent: string | undefined, follow: boolean) =>
  queryOptions({
    queryKey: ["session-summary", id, agent],
    queryFn: () =>
      unwrap(client.GET("/api/v1/sessions/{id}/replay/summary", { params: { path: { id }, query: ofAgent(agent) } })),
    refetchInterval: follow ? 2 * FOLLOW_EVERY_MS : false,
  });
