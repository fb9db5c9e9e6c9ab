import { queryOptions } from "@tanstack/react-query";
import type { ExtractedIndicators, ImportIndicatorsRequest, IndicatorType, Severity } from "@firebreak/protocol";
import { client, expectDone, unwrap } from "./client.ts";

const LIST_LIMIT = 100;

export interface IndicatorFilter {
  readonly type: IndicatorType | undefined;
  readonly value: string | undefined;
}

export const indicatorsQuery = ({ type, value }: IndicatorFilter) =>
  queryOptions({
    queryKey: ["indicators", type, value],
    queryFn: () => {
      const query = {
        limit: LIST_LIMIT,
        ...(type === undefined ? {} : { type }),
        ...(value === undefined ? {} : { value }),
      };
      return unwrap(client.GET("/api/v1/indicators", { params: { query } }));
    },
  });

export const removalQuery = (id: string) =>
  queryOptions({
    queryKey: ["indicator-removal", id],
    queryFn: () => unwrap(client.GET("/api/v1/indicators/{id}/removal", { params: { path: { id } } })),
    gcTime: 0,
  });

export const scansQuery = queryOptions({
  queryKey: ["indicator-scans"],
  queryFn: () => unwrap(client.GET("/api/v1/indicators/scans")),
});

export const scanQuery = (id: string) =>
  queryOptions({
    queryKey: ["indicator-scan", id],
    queryFn: () => unwrap(client.GET("/api/v1/indicators/scans/{id}", { params: { path: { id } } })),
  });

export const scanHitsQuery = (id: string) =>
  queryOptions({
    queryKey: ["indicator-scan-hits", id],
    queryFn: () =>
      unwrap(
        client.GET("/api/v1/indicators/scans/{id}/hits", { params: { path: { id }, query: { limit: LIST_LIMIT } } }),
      ),
  });

const byId = (id: string) => ({ params: { path: { id } } });

/** Where indicators come from, and how grave their alerts are. */
export interface Origin {
  readonly source: string;
  readonly severity: Severity;
}

interface List extends Origin {
  readonly format: ImportIndicatorsRequest["format"];
  readonly content: string;
}

interface Values extends Origin {
  readonly type: IndicatorType;
  readonly values: string[];
}

export type ScanPlace = { readonly kind: "evidence" } | { readonly kind: "events"; readonly since?: string };

export const importIndicators = (list: List) =>
  unwrap(client.POST("/api/v1/indicators/import", { body: { ...list, effect: "match" } }));
export const addIndicators = (values: Values) =>
  unwrap(client.POST("/api/v1/indicators", { body: { ...values, effect: "match" } }));
export const extractIndicators = (content: string): Promise<ExtractedIndicators> =>
  unwrap(client.POST("/api/v1/indicators/extract", { body: { content } }));
export const removeIndicator = (id: string) => expectDone(client.DELETE("/api/v1/indicators/{id}", byId(id)));
export const requestScan = (target: ScanPlace) =>
  unwrap(client.POST("/api/v1/indicators/scans", { body: { target, alert: false } }));
export const cancelScan = (id: string) => unwrap(client.POST("/api/v1/indicators/scans/{id}/cancel", byId(id)));
export const alertScan = (id: string) => unwrap(client.POST("/api/v1/indicators/scans/{id}/alert", byId(id)));
