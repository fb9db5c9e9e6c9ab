import type {
  ExtractedIndicators,
  ExtractIndicatorsRequest,
  ImportIndicatorsRequest,
  IndicatorReceipt,
  IndicatorView,
  NewIndicatorsRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { Download } from "./explorer-api.ts";
import type { IndicatorExportQuery, IndicatorsQuery } from "./indicator-requests.ts";

interface WithId {
  readonly id: string;
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** What the API needs of the house for indicators of compromise. */
export interface IndicatorApi {
  listIndicators(caller: Caller, query: IndicatorsQuery): Promise<Page<IndicatorView>>;
  /** Known to this node at once and to the others within seconds. */
  addIndicators(caller: Caller, request: NewIndicatorsRequest): Promise<IndicatorReceipt>;
  importIndicators(caller: Caller, request: ImportIndicatorsRequest): Promise<IndicatorReceipt>;
  removeIndicator(caller: Caller, request: WithId): Promise<void>;
  exportIndicators(caller: Caller, query: IndicatorExportQuery): Promise<Download>;
  /** Keeps nothing. */
  extractIndicators(caller: Caller, request: ExtractIndicatorsRequest): Promise<ExtractedIndicators>;
}
