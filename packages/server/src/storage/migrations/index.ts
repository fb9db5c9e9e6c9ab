import { initialSchema } from "./0001-initial.ts";
import { alertPipeline } from "./0002-alert-pipeline.ts";
import { passingOfTime } from "./0003-passing-of-time.ts";
import { senders } from "./0004-senders.ts";
import { rememberedEvents } from "./0005-remembered-events.ts";
import { ruleWorkshop } from "./0006-rule-workshop.ts";
import { indicators } from "./0007-indicators.ts";
import { approvals } from "./0008-approvals.ts";
import { actions } from "./0009-actions.ts";
import { drills } from "./0010-drills.ts";
import { reactions } from "./0011-reactions.ts";
import { operatorAddresses } from "./0012-operator-addresses.ts";
import { receipts } from "./0013-receipts.ts";
import { auditTree } from "./0014-audit-tree.ts";
import { homesOfHolds } from "./0015-homes-of-holds.ts";
import { agentGates } from "./0016-agent-gates.ts";
import { stagesOfStops } from "./0017-stages-of-stops.ts";
import { investigation } from "./0018-investigation.ts";
import { retention } from "./0019-retention.ts";
import { eventSearch } from "./0020-event-search.ts";
import { originals } from "./0021-originals.ts";
import { explorer } from "./0022-explorer.ts";
import { evidenceCustody } from "./0023-evidence-custody.ts";
import { eventIndex } from "./0024-event-index.ts";
import { answerLinks } from "./0025-answer-links.ts";
import { logKeys } from "./0026-log-keys.ts";
import { logShipments } from "./0027-log-shipments.ts";
import { playbookTrees } from "./0028-playbook-trees.ts";
import { runControl } from "./0029-run-control.ts";
import { drillRecords } from "./0030-drill-records.ts";
import { approvalPeople } from "./0031-approval-people.ts";
import { drillSchedule } from "./0032-drill-schedule.ts";
import { indicatorKinds } from "./0033-indicator-kinds.ts";
import { eventSignatures } from "./0034-event-signatures.ts";
import { phaseBoxes } from "./0035-phase-boxes.ts";
import { indicatorScans } from "./0036-indicator-scans.ts";
import { riskyEvents } from "./0037-risky-events.ts";
import { logFailures } from "./0038-log-failures.ts";
import { factCells } from "./0039-fact-cells.ts";
import { changedSenders } from "./0040-changed-senders.ts";
import { copiesToDelete } from "./0041-copies-to-delete.ts";
import { personErasures } from "./0042-person-erasures.ts";
import { contradictedReceipts } from "./0043-contradicted-receipts.ts";
import { processLocks } from "./0044-process-locks.ts";
import { storms } from "./0045-storms.ts";
import { actsByFilter } from "./0046-acts-by-filter.ts";

export interface Migration {
  /** 1, 2, 3 …, without a gap */
  version: number;
  name: string;
  sql: string;
}

/** Append only. An applied migration is never edited or removed. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "initial", sql: initialSchema },
  { version: 2, name: "alert-pipeline", sql: alertPipeline },
  { version: 3, name: "passing-of-time", sql: passingOfTime },
  { version: 4, name: "senders", sql: senders },
  { version: 5, name: "remembered-events", sql: rememberedEvents },
  { version: 6, name: "rule-workshop", sql: ruleWorkshop },
  { version: 7, name: "indicators", sql: indicators },
  { version: 8, name: "approvals", sql: approvals },
  { version: 9, name: "actions", sql: actions },
  { version: 10, name: "drills", sql: drills },
  { version: 11, name: "reactions", sql: reactions },
  { version: 12, name: "operator-addresses", sql: operatorAddresses },
  { version: 13, name: "receipts", sql: receipts },
  { version: 14, name: "audit-tree", sql: auditTree },
  { version: 15, name: "homes-of-holds", sql: homesOfHolds },
  { version: 16, name: "agent-gates", sql: agentGates },
  { version: 17, name: "stages-of-stops", sql: stagesOfStops },
  { version: 18, name: "investigation", sql: investigation },
  { version: 19, name: "retention", sql: retention },
  { version: 20, name: "event-search", sql: eventSearch },
  { version: 21, name: "originals", sql: originals },
  { version: 22, name: "explorer", sql: explorer },
  { version: 23, name: "evidence-custody", sql: evidenceCustody },
  { version: 24, name: "event-index", sql: eventIndex },
  { version: 25, name: "answer-links", sql: answerLinks },
  { version: 26, name: "log-keys", sql: logKeys },
  { version: 27, name: "log-shipments", sql: logShipments },
  { version: 28, name: "playbook-trees", sql: playbookTrees },
  { version: 29, name: "run-control", sql: runControl },
  { version: 30, name: "drill-records", sql: drillRecords },
  { version: 31, name: "approval-people", sql: approvalPeople },
  { version: 32, name: "drill-schedule", sql: drillSchedule },
  { version: 33, name: "indicator-kinds", sql: indicatorKinds },
  { version: 34, name: "event-signatures", sql: eventSignatures },
  { version: 35, name: "phase-boxes", sql: phaseBoxes },
  { version: 36, name: "indicator-scans", sql: indicatorScans },
  { version: 37, name: "risky-events", sql: riskyEvents },
  { version: 38, name: "log-failures", sql: logFailures },
  { version: 39, name: "fact-cells", sql: factCells },
  { version: 40, name: "changed-senders", sql: changedSenders },
  { version: 41, name: "copies-to-delete", sql: copiesToDelete },
  { version: 42, name: "person-erasures", sql: personErasures },
  { version: 43, name: "contradicted-receipts", sql: contradictedReceipts },
  { version: 44, name: "process-locks", sql: processLocks },
  { version: 45, name: "storms", sql: storms },
  { version: 46, name: "acts-by-filter", sql: actsByFilter },
];
