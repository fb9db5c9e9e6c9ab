import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, unwrap } from "./client.ts";

/** Filters of acts as the API takes them; `days` counts back from now. */
export interface ActFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly text?: string;
  readonly days?: string;
}

const PAGE_ACTS = 50;
const DAY_MS = 86_400_000;

/** Acts, newest first. */
export const actsQuery = ({ days, ...filter }: ActFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit-acts", filter, days],
    initialPageParam: "",
    queryFn: ({ pageParam }) => {
      const since = days === undefined ? {} : { since: new Date(Date.now() - Number(days) * DAY_MS).toISOString() };
      const after = pageParam === "" ? {} : { after: pageParam };
      const query = { ...filter, ...since, ...after, order: "newest" as const, limit: PAGE_ACTS };
      return unwrap(client.GET("/api/v1/audit", { params: { query } }));
    },
    getNextPageParam: (page) => page.next,
  });

export const proveEntry = (entry: { readonly act?: number; readonly event?: number }) =>
  unwrap(client.GET("/api/v1/audit/proof", { params: { query: entry } }));
