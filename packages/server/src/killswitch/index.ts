export type { FeedSubject } from "./feed-states.ts";
export { createGateFeed, encodeFeedKey, isServerKey } from "./gate-feed.ts";
export type { FeedClient, GateFeed, SupervisorContact } from "./gate-feed.ts";
export { openKillswitch } from "./killswitch.ts";
export type { KillswitchOptions } from "./killswitch.ts";
export { flagName, killswitchPaths } from "./layout.ts";
export type { KillswitchPaths } from "./layout.ts";
export type { ClosedHold } from "./records.ts";
export type {
  HoldRequest,
  Killswitch,
  KillswitchHealth,
  KillswitchListener,
  KillswitchState,
  ReleaseRequest,
  ReleaseResult,
  RepairResult,
} from "./types.ts";
export { DEFAULT_POLICY } from "./policy/policy.ts";
export type { KillswitchPolicy, RunningTasks } from "./policy/policy.ts";
export { loadPolicy, parsePolicy, POLICY_FILE } from "./policy/read-policy.ts";
export { RECEIPT_KEY, signReceipt } from "./receipts/sign-receipt.ts";
export { verifyReceipt } from "./receipts/verify-receipt.ts";
export type { ReceiptVerdict } from "./receipts/verify-receipt.ts";
