export { cancelScan } from "./cancel-scan.ts";
export type { ScanContext } from "./context.ts";
export { getScan, listScanHits, listScans } from "./get-scan.ts";
export { hasNewIndicators, lookBack } from "./look-back.ts";
export { alertScan } from "./report-hits.ts";
export { requestScan, SCAN_TASK } from "./request-scan.ts";
export { runScan } from "./run-scan.ts";
