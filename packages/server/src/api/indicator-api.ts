import type {
  ExtractedIndicators,
  ExtractIndicatorsRequest,
  ImportIndicatorsRequest,
  IndicatorReceipt,
  IndicatorRemovalPreview,
  IndicatorView,
  NewIndicatorsRequest,
  ScanHit,
  ScanTarget,
  ScanView,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { Download } from "./explorer-api.ts";
import type { PageQuery } from "./requests.ts";
import type { IndicatorExportQuery, IndicatorsQuery } from "./indicator-requests.ts";

interface WithId {
  readonly id: string;
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

interface NewScan {
  readonly target: ScanTarget;
  readonly alert: boolean;
}

/** What the API needs of the house for indicators of compromise. */
export interface IndicatorApi {
  listIndicators(caller: Caller, query: IndicatorsQuery): Promise<Page<IndicatorView>>;
  /** Known to this node at once and to the others within seconds. */
  addIndicators(caller: Caller, request: NewIndicatorsRequest): Promise<IndicatorReceipt>;
  importIndicators(caller: Caller, request: ImportIndicatorsRequest): Promise<IndicatorReceipt>;
  previewIndicatorRemoval(caller: Caller, request: WithId): Promise<IndicatorRemovalPreview>;
  removeIndicator(caller: Caller, request: WithId): Promise<void>;
  exportIndicators(caller: Caller, query: IndicatorExportQuery): Promise<Download>;
  requestIndicatorScan(caller: Caller, request: NewScan): Promise<ScanView>;
  listIndicatorScans(caller: Caller): Promise<Page<ScanView>>;
  getIndicatorScan(caller: Caller, request: WithId): Promise<ScanView>;
  listIndicatorScanHits(caller: Caller, query: PageQuery & WithId): Promise<Page<ScanHit>>;
  cancelIndicatorScan(caller: Caller, request: WithId): Promise<ScanView>;
  alertIndicatorScan(caller: Caller, request: WithId): Promise<ScanView>;
  /** Keeps nothing. */
  extractIndicators(caller: Caller, request: ExtractIndicatorsRequest): Promise<ExtractedIndicators>;
}
