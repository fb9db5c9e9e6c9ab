import { isActionDue, tendActions } from "../actions/index.ts";
import {
  isAlertDue,
  isAlertExpired,
  isAlertStale,
  markStaleAlerts,
  releaseDueAlerts,
  resolveExpiredAlerts,
} from "../alerts/index.ts";
import { expireApprovals, isApprovalExpired, isApprovalUnanswered, remindApprovals } from "../approvals/index.ts";
import { drainSpools } from "../containment/index.ts";
import { SAMPLE_EVERY_MS } from "../guard/index.ts";
import { checkClocks, endStorms, isClockDue } from "../incidents/index.ts";
import { hasOpenIncidents, refreshStaleImpact } from "../investigation/index.ts";
import { isDeliveryDue, retryDueDeliveries } from "../notify/index.ts";
import {
  expireManualSteps,
  hasPhaseBoxes,
  isManualStepDue,
  isQuestionOrphaned,
  isRunDue,
  isStepUnanswered,
  remindPhases,
  remindSteps,
  wakeRuns,
  withdrawQuestions,
} from "../playbooks/index.ts";
import { tendLedger } from "../policies/index.ts";
import { isSessionSilent, markLostSessions } from "../telemetry/index.ts";
import { indicatorDaemons } from "./indicator-daemons.ts";
import { forgetOldHits } from "../workshop/index.ts";
import { logDaemons } from "./audit-log.ts";
import { eventStoreDaemons } from "./event-store-daemons.ts";
import type { Daemon } from "./daemons.ts";
import { evidenceDaemons } from "./evidence/index.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";
import { hostDaemons } from "./host-daemons.ts";
import { killswitchDaemons } from "./killswitch/daemons.ts";
import { originalsDaemons } from "./originals.ts";
import { stopDaemons } from "./killswitch/stop-daemons.ts";
import { isPersonErasureDue, runPersonErasures } from "../retention/index.ts";
import { createRetentionDaemon } from "./retention.ts";

/** Telemetry of sessions that ended while no server answered. */
async function takeInSpools({ config, intake }: House): Promise<void> {
  await drainSpools({
    home: config.home,
    accept: async (lines) => {
      const body = Buffer.from(lines);
      await intake.acceptBody({ body, contentType: "application/x-ndjson" }, { name: "supervisor" });
    },
  });
}

/** What this server does again and again by itself. */
export function daemonsOf(house: House): Daemon[] {
  const { clock, database } = house;
  const ctx = () => contextFor(house, DAEMON);
  return [
    ...logDaemons(house.auditLog),
    { name: "clocks", everyMs: 1_000, due: isClockDue, run: () => checkClocks(ctx()) },
    { name: "storms that are over", everyMs: 10_000, run: () => endStorms(ctx()) },
    { name: "expired alerts", everyMs: 1_000, due: isAlertExpired, run: () => resolveExpiredAlerts(ctx()) },
    { name: "stale alerts", everyMs: 1_000, due: isAlertStale, run: () => markStaleAlerts(ctx()) },
    { name: "alerts whose hold may be over", everyMs: 1_000, due: isAlertDue, run: () => releaseDueAlerts(ctx()) },
    { name: "deliveries", everyMs: 1_000, due: isDeliveryDue, run: () => retryDueDeliveries(ctx()) },
    { name: "expired approvals", everyMs: 1_000, due: isApprovalExpired, run: () => expireApprovals(ctx()) },
    { name: "unanswered approvals", everyMs: 1_000, due: isApprovalUnanswered, run: () => remindApprovals(ctx()) },
    { name: "actions", everyMs: 1_000, due: isActionDue(house.config.home), run: () => tendActions(ctx()) },
    { name: "runs that wait", everyMs: 1_000, due: isRunDue, run: () => wakeRuns(ctx()) },
    { name: "manual steps", everyMs: 5_000, due: isManualStepDue, run: () => expireManualSteps(ctx()) },
    {
      name: "questions that nothing waits for",
      everyMs: 1_000,
      due: isQuestionOrphaned,
      run: () => withdrawQuestions(ctx()),
    },
    { name: "phases out of time", everyMs: 5_000, due: hasPhaseBoxes, run: () => remindPhases(ctx()) },
    { name: "unanswered steps", everyMs: 5_000, due: isStepUnanswered, run: () => remindSteps(ctx()) },
    {
      name: "lost sessions",
      everyMs: 5_000,
      due: isSessionSilent,
      run: () => markLostSessions({ database }, clock.now()),
    },
    ...stopDaemons(house),
    ...hostDaemons(house),
    { name: "impacts of open incidents", everyMs: 5_000, due: hasOpenIncidents, run: () => refreshStaleImpact(ctx()) },
    { name: "changed field maps", everyMs: 2_000, run: () => house.fieldMaps.reloadIfChanged() },
    { name: "tails", everyMs: 200, run: () => house.tails.pass() },
    { name: "syslog", everyMs: 2_000, run: () => house.syslog.pass() },
    { name: "telemetry left behind", everyMs: 5_000, run: () => takeInSpools(house) },
    ...killswitchDaemons(house),
    ...originalsDaemons(house),
    ...evidenceDaemons(house),
    { name: "changed rules", everyMs: 2_000, run: () => house.detector.reloadIfChanged() },
    { name: "changed policies", everyMs: 2_000, run: () => house.policies.reloadIfChanged() },
    { name: "budgets and circuit breakers", everyMs: 60_000, run: async () => tendLedger(ctx()) },
    { name: "what senders said", everyMs: 1_000, run: () => house.sources.flush() },
    ...indicatorDaemons(house),
    { name: "resource guard", everyMs: SAMPLE_EVERY_MS, run: () => house.guard.pass() },
    { name: "costs of rules", everyMs: 60_000, run: () => house.workshop.costs.measureIfDue() },
    { name: "old hits of rules", everyMs: 3_600_000, run: () => forgetOldHits(database, clock.now()) },
    { name: "retention", everyMs: 60_000, run: createRetentionDaemon(house) },
    {
      name: "erasures of persons",
      everyMs: 2_000,
      due: isPersonErasureDue,
      run: (stopping) => runPersonErasures(ctx(), stopping),
    },
    ...eventStoreDaemons(house),
  ];
}
