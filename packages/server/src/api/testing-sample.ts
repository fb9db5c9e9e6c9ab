/** Values of a schema, for answers whose content does not matter. */
import {
  auditView,
  evidenceView,
  evidenceVerification,
  evidencePreview,
  evidenceManifestView,
  evidenceCustodyView,
  collectionView,
  shipmentList,
  rotatedKeyView,
  cosignaturesView,
  auditVerdictView,
  auditTileView,
  auditProofView,
  auditLogView,
  auditHeadView,
  auditEntriesView,
  approvalView,
  eventDetail,
  exportedDocument,
  exportView,
  extractedIndicators,
  indicatorReceipt,
  indicatorRemovalPreview,
  indicatorView,
  playbookDetail,
  playbookImport,
  runPreview,
  runView,
  drillSummary,
  drillView,
  provenPlaybookDetail,
  savedView,
  scanHit,
  scanView,
  sessionReplayPage,
  sessionReplaySummary,
} from "@firebreak/protocol";
import { z } from "zod";
import type { AuditApi } from "./audit-api.ts";
import type { DrillApi } from "./drill-api.ts";
import type { EvidenceApi } from "./evidence-api.ts";
import type { ExplorerApi } from "./explorer-api.ts";
import type { IndicatorApi } from "./indicator-api.ts";
import type { PlaybookApi } from "./playbook-api.ts";
import type { RunServices } from "./run-services.ts";
import { playbookLibrary } from "./playbook-schemas.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** @returns the smallest value a schema allows, with one item in each list */
function sampleOfJson(schema: JsonSchema | boolean, root: JsonSchema): unknown {
  if (typeof schema === "boolean") return null;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (choice !== undefined) return sampleOfJson(choice, root);
  if (schema.type === "object") return sampleOfObject(schema, root);
  if (schema.type === "array") {
    return schema.items === undefined || Array.isArray(schema.items) ? [] : [sampleOfJson(schema.items, root)];
  }
  if (schema.type === "integer" || schema.type === "number") return 1;
  if (schema.type === "boolean") return true;
  return schema.type === "string" ? "x1" : null;
}

function sampleOfObject(schema: JsonSchema, root: JsonSchema): unknown {
  const members = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(members.map(([name, member]) => [name, sampleOfJson(member, root)]));
}

/** @returns a value of that schema, for answers whose content does not matter */
export function sample<S extends z.ZodType>(schema: S): z.output<S> {
  const json = z.toJSONSchema(schema);
  return schema.parse(sampleOfJson(json, json));
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer, void> {
  for (const text of texts) yield Buffer.from(text);
}

export async function pageOfSample<S extends z.ZodType>(schema: S): Promise<{ items: z.output<S>[]; next: null }> {
  return { items: [sample(schema)], next: null };
}

export function explorerSamples(): ExplorerApi {
  return {
    getEvent: async () => sample(eventDetail),
    getSessionReplay: async () => sample(sessionReplayPage),
    getSessionReplaySummary: async () => sample(sessionReplaySummary),
    requestExport: async () => sample(exportView),
    listExports: () => pageOfSample(exportView),
    getExport: async () => sample(exportView),
    fetchExport: async () => ({ fileName: "x.ndjson", mediaType: "application/x-ndjson", content: pieces("{}\n") }),
    listSavedViews: () => pageOfSample(savedView),
    createSavedView: async () => sample(savedView),
    changeSavedView: async () => sample(savedView),
    removeSavedView: async () => {},
  };
}

export function playbookSamples(): PlaybookApi {
  return {
    listPlaybooks: async () => sample(playbookLibrary),
    getPlaybook: async () => sample(provenPlaybookDetail),
    previewPlaybook: async () => sample(runPreview),
    exportPlaybook: async () => sample(exportedDocument),
    importPlaybook: async () => sample(playbookImport),
    getRunPlaybook: async () => sample(playbookDetail),
  };
}

export function runSamples(): RunServices {
  const run = async () => sample(runView);
  const approval = async () => sample(approvalView);
  return {
    startRun: run,
    signalRun: run,
    pauseRun: run,
    resumeRun: run,
    handOverRun: run,
    undoRun: run,
    skipStep: run,
    retryStep: run,
    breakGlass: approval,
    reviewApproval: approval,
  };
}

export function drillSamples(): DrillApi {
  return {
    listDrills: () => pageOfSample(drillSummary),
    getDrill: async () => sample(drillView),
    recordDrill: async () => sample(drillView),
  };
}

export function indicatorSamples(): IndicatorApi {
  return {
    listIndicators: () => pageOfSample(indicatorView),
    addIndicators: async () => sample(indicatorReceipt),
    importIndicators: async () => sample(indicatorReceipt),
    removeIndicator: async () => {},
    previewIndicatorRemoval: async () => sample(indicatorRemovalPreview),
    exportIndicators: async () => ({ fileName: "x.json", mediaType: "application/json", content: pieces("{}\n") }),
    extractIndicators: async () => sample(extractedIndicators),
    requestIndicatorScan: async () => sample(scanView),
    listIndicatorScans: () => pageOfSample(scanView),
    getIndicatorScan: async () => sample(scanView),
    listIndicatorScanHits: () => pageOfSample(scanHit),
    cancelIndicatorScan: async () => sample(scanView),
    alertIndicatorScan: async () => sample(scanView),
  };
}

export function evidenceSamples(): EvidenceApi {
  return {
    startCollection: async () => sample(collectionView),
    listCollections: () => pageOfSample(collectionView),
    getCollection: async () => sample(collectionView),
    listEvidence: () => pageOfSample(evidenceView),
    getEvidence: async () => sample(evidenceView),
    verifyEvidence: async () => sample(evidenceVerification),
    getEvidenceItems: async () => sample(evidenceManifestView),
    getEvidenceCustody: () => pageOfSample(evidenceCustodyView),
    transferEvidence: () => pageOfSample(evidenceCustodyView),
    previewEvidenceItem: async () => sample(evidencePreview),
    downloadEvidenceItem: async () => ({
      fileName: "sample.tar.zst",
      mediaType: "application/zstd",
      content: pieces("{}\n"),
    }),
    exportEvidence: async () => ({
      fileName: "sample.tar.zst",
      mediaType: "application/zstd",
      content: pieces("{}\n"),
    }),
  };
}

export function auditSamples(): AuditApi {
  return {
    listAudit: () => pageOfSample(auditView),
    getAuditLog: async () => sample(auditLogView),
    listAuditHeads: () => pageOfSample(auditHeadView),
    getAuditTile: async () => sample(auditTileView),
    getAuditEntries: async () => sample(auditEntriesView),
    proveAuditEntry: async () => sample(auditProofView),
    verifyAuditLog: async () => sample(auditVerdictView),
    shipAuditHeads: async () => sample(shipmentList),
    rotateAuditKey: async () => sample(rotatedKeyView),
    addCosignatures: async () => sample(cosignaturesView),
  };
}
