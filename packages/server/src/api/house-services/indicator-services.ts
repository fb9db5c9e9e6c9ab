import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import type { ExportInput } from "../../indicators/index.ts";
import {
  addIndicators,
  exportIndicators,
  extractIndicators,
  importIndicators,
  listIndicators,
  recordExport,
  previewRemoval,
  removeIndicator,
} from "../../indicators/index.ts";
import { alertScan, cancelScan, getScan, listScanHits, listScans, requestScan } from "../../scans/index.ts";
import type { IndicatorApi } from "../indicator-api.ts";

const FILES: Readonly<Record<ExportInput["format"], readonly [fileName: string, mediaType: string]>> = {
  stix: ["indicators.stix.json", "application/stix+json;version=2.1"],
  csv: ["indicators.csv", "text/csv; charset=utf-8"],
  text: ["indicators.txt", "text/plain; charset=utf-8"],
};

async function* toBytes(texts: AsyncIterable<string>): AsyncGenerator<Buffer, void> {
  for await (const text of texts) yield Buffer.from(text);
}

export function indicatorServices(house: House): IndicatorApi {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  /** Who was told that it is done may send the next event at once: this node knows by then. */
  const knownHere = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    await house.indicators.reloadIfChanged();
    return result;
  };
  return {
    listIndicators: (_caller, query) => listIndicators(house, query),
    addIndicators: (caller, request) => knownHere(addIndicators(as(caller), request)),
    importIndicators: (caller, request) => knownHere(importIndicators(as(caller), request)),
    exportIndicators: async (caller, query) => {
      await recordExport(as(caller), query);
      const [fileName, mediaType] = FILES[query.format];
      return { fileName, mediaType, content: toBytes(exportIndicators(house, query)) };
    },
    extractIndicators: async (_caller, request) => extractIndicators(request),
    requestIndicatorScan: (caller, request) => requestScan(as(caller), request),
    listIndicatorScans: async () => ({ items: await listScans(house), next: null }),
    getIndicatorScan: (_caller, { id }) => getScan(house, id),
    listIndicatorScanHits: (_caller, query) => listScanHits(house, query),
    cancelIndicatorScan: (caller, request) => cancelScan(as(caller), request),
    alertIndicatorScan: (caller, request) => alertScan(as(caller), request),
    previewIndicatorRemoval: (_caller, { id }) => previewRemoval(house, id),
    removeIndicator: (caller, request) => knownHere(removeIndicator(as(caller), request)),
  };
}
