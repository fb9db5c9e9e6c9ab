import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "./client.ts";

/** Filters as the API takes them: what is not there does not restrict. */
export type EventQuery = Readonly<Record<string, string>>;

const EXPORT_EVERY_MS = 2_000;
const PAGE_EVENTS = 100;
const BUCKETS = 80;
const FACET_VALUES = 8;

/** Several conditions on the record stand in the address one under the other. */
export const asked = ({ path, ...rest }: EventQuery) =>
  path === undefined ? rest : { ...rest, path: path.split("\n").filter((line) => line.trim() !== "") };

export const eventsQuery = (query: EventQuery, after: string | null) =>
  queryOptions({
    queryKey: ["events", query, after],
    queryFn: () =>
      unwrap(
        client.GET("/api/v1/events", {
          params: { query: { ...asked(query), limit: PAGE_EVENTS, ...(after === null ? {} : { after }) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const histogramQuery = (query: EventQuery) =>
  queryOptions({
    queryKey: ["events-histogram", query],
    queryFn: () =>
      unwrap(
        client.GET("/api/v1/events/histogram", {
          params: { query: { ...asked(query), buckets: BUCKETS, by: "outcome" } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const facetsQuery = (query: EventQuery) =>
  queryOptions({
    queryKey: ["events-facets", query],
    queryFn: () =>
      unwrap(client.GET("/api/v1/events/facets", { params: { query: { ...asked(query), top: FACET_VALUES } } })),
    placeholderData: keepPreviousData,
  });

export const eventQuery = (seq: number) =>
  queryOptions({
    queryKey: ["event", seq],
    queryFn: () => unwrap(client.GET("/api/v1/events/{seq}", { params: { path: { seq } } })),
  });

export const savedViewsQuery = queryOptions({
  queryKey: ["saved-views"],
  queryFn: () => unwrap(client.GET("/api/v1/views")),
});

/** Asked again until the file was fetched to its end. */
export const exportQuery = (id: string) =>
  queryOptions({
    queryKey: ["export", id],
    queryFn: () => unwrap(client.GET("/api/v1/exports/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.state === "done" ? false : EXPORT_EVERY_MS),
  });

export const saveView = (view: { readonly name: string; readonly shared: boolean; readonly filters: EventQuery }) =>
  unwrap(client.POST("/api/v1/views", { body: { ...view, filters: asked(view.filters) } }));

export const requestExport = (request: {
  readonly format: "ndjson" | "csv" | "ocsf";
  readonly filters: EventQuery;
  readonly reason: string;
}) => unwrap(client.POST("/api/v1/exports", { body: { ...request, filters: asked(request.filters) } }));
