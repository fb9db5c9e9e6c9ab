import type { IndicatorType, ScanState, ScanTarget } from "@firebreak/protocol";
import type { Word } from "../../words.ts";

export const TYPE_NAMES = {
  ip: "Address",
  cidr: "Network",
  domain: "Domain",
  url: "URL",
  hash: "File hash",
  email: "E-mail address",
  file_name: "File name",
  file_path: "File path",
  wallet: "Wallet address",
  pattern: "Pattern",
} as const satisfies Record<IndicatorType, string>;

export const SCAN_WORDS = {
  pending: { label: "Waits", tone: "neutral", meaning: "Another scan runs before it." },
  running: { label: "Running", tone: "info", meaning: "What is stored is being looked through." },
  done: { label: "Done", tone: "ok", meaning: "Everything that was asked for was looked at." },
  failed: { label: "Failed", tone: "danger", meaning: "It ended before its end; what it found until then stays." },
  cancelled: { label: "Cancelled", tone: "neutral", meaning: "A person ended it; what it found until then stays." },
} as const satisfies Record<ScanState, Word>;

/** What a scan looks through, in words. */
export function describeTarget(target: ScanTarget): string {
  switch (target.kind) {
    case "events":
      return target.since === undefined ? "All stored events" : `Events since ${target.since.slice(0, 10)}`;
    case "evidence":
      return target.archives === undefined ? "All archives of evidence" : `Evidence ${target.archives.join(", ")}`;
    case "folder":
      return target.path;
  }
}
