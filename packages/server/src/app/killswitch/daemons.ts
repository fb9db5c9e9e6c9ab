import type { Daemon } from "../daemons.ts";
import type { House } from "../house.ts";
import { continueRestores, isRestoreRunning } from "./continue-restores.ts";
import { endExpiredHolds } from "./end-expired-holds.ts";
import { escalateStops, isStopUnderWay } from "./escalate-stops.ts";
import { mirrorHolds } from "./mirror-holds.ts";
import { takeInReceipts } from "./take-in-receipts.ts";
import { createUseWatch } from "./watch-use.ts";

/** What runs again and again for stops and resumes. */
export function killswitchDaemons(house: House): Daemon[] {
  return [
    { name: "expired holds", everyMs: 1_000, run: () => endExpiredHolds(house) },
    {
      name: "stops that go further",
      everyMs: 500,
      due: isStopUnderWay(house.receiptKey.keyId),
      run: () => escalateStops(house),
    },
    { name: "returns in batches", everyMs: 1_000, due: isRestoreRunning, run: () => continueRestores(house) },
    { name: "canary", everyMs: 1_000, run: () => house.canary.pass() },
    { name: "use of the kill switch", everyMs: 30_000, run: createUseWatch(house) },
    { name: "receipts left behind", everyMs: 10_000, run: () => takeInReceipts(house) },
    { name: "mirrored holds", everyMs: 10_000, run: () => mirrorHolds(house) },
  ];
}
