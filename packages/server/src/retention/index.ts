export { applyLegalHold } from "./holds/apply-hold.ts";
export { listLegalHolds } from "./holds/list-holds.ts";
export { carryOutRelease, releaseLegalHold } from "./holds/release-hold.ts";
export { cancelNotice, listNotices } from "./notices.ts";
export { previewRetention } from "./preview.ts";
