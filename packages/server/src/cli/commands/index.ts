import type { Command } from "../command.ts";
import { actionCommands } from "./actions.ts";
import { alertCommands } from "./alerts.ts";
import { approvalCommands } from "./approvals.ts";
import { containmentCommands } from "./containment.ts";
import { collectCommand } from "./evidence-collect.ts";
import { auditCommands } from "./audit.ts";
import { dbCommands } from "./db.ts";
import { demoCommand } from "./demo.ts";
import { detectCommand } from "./detect.ts";
import { drillCommands } from "./drill.ts";
import { doctorCommand } from "./doctor.ts";
import { eventFollowCommands } from "./event-follow.ts";
import { eventSearchCommands } from "./event-search.ts";
import { eventSendCommands } from "./event-send.ts";
import { eventShowCommands } from "./event-show.ts";
import { evidenceCommands } from "./evidence.ts";
import { exportCommands } from "./export.ts";
import { evidenceReadCommands } from "./evidence-read.ts";
import { firewallCommands } from "./firewall.ts";
import { freezeOrphansCommand } from "./freeze-orphans.ts";
import { gateCommands } from "./gate.ts";
import { guardCommands } from "./guard.ts";
import { incidentCommands } from "./incident.ts";
import { indicatorsCommands } from "./indicators.ts";
import { ingestCommand } from "./ingest.ts";
import { ledgerCommands } from "./ledger.ts";
import { mapsCommands } from "./maps.ts";
import { originalCommands } from "./originals.ts";
import { personCommands } from "./person.ts";
import { playbookCommands } from "./playbook/index.ts";
import { policyCommands } from "./policy.ts";
import { investigationCommands } from "./investigation.ts";
import { killswitchCommands } from "./killswitch.ts";
import { receiptCommands } from "./receipt.ts";
import { legalHoldCommands } from "./legal-hold.ts";
import { retentionCommands } from "./retention.ts";
import { resumeCommand } from "./resume.ts";
import { reviewCommand } from "./review.ts";
import { rotateCommand } from "./rotate.ts";
import { rulesCommands } from "./rules/index.ts";
import { runCommand } from "./run.ts";
import { runsCommands } from "./runs.ts";
import { sessionCommands } from "./session.ts";
import { skillsCommands } from "./skills.ts";
import { sourceCommands } from "./source.ts";
import { silenceCommands } from "./silence.ts";
import { statusCommand } from "./status.ts";
import { stopCommand } from "./stop.ts";
import { syslogCommand } from "./syslog.ts";
import { tailCommand } from "./tail.ts";
import { tokenCommands } from "./token.ts";
import { upCommand } from "./up.ts";
import { viewsCommands } from "./views.ts";

/** Every command, in the order that help shows them. */
export const COMMANDS: readonly Command[] = [
  upCommand,
  runCommand,
  demoCommand,
  statusCommand,
  stopCommand,
  resumeCommand,
  freezeOrphansCommand,
  ...receiptCommands,
  ...killswitchCommands,
  ...actionCommands,
  ...firewallCommands,
  ...skillsCommands,
  rotateCommand,
  ...drillCommands,
  ...approvalCommands,
  ...runsCommands,
  ...gateCommands,
  ...guardCommands,
  ...containmentCommands,
  ...playbookCommands,
  ...policyCommands,
  ...ledgerCommands,
  ...retentionCommands,
  ...legalHoldCommands,
  ...incidentCommands,
  ...investigationCommands,
  ...alertCommands,
  ...silenceCommands,
  ...eventSendCommands,
  ...sessionCommands,
  ...exportCommands,
  ...viewsCommands,
  ...originalCommands,
  ...personCommands,
  ...eventSearchCommands,
  ...eventShowCommands,
  ...eventFollowCommands,
  ingestCommand,
  tailCommand,
  syslogCommand,
  ...mapsCommands,
  ...rulesCommands,
  ...indicatorsCommands,
  detectCommand,
  ...sourceCommands,
  collectCommand,
  ...evidenceCommands,
  ...evidenceReadCommands,
  ...auditCommands,
  reviewCommand,
  ...tokenCommands,
  ...dbCommands,
  doctorCommand,
];
