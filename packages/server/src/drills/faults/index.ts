import { agentMisbehaves } from "./agent-misbehaves.ts";
import { artifactsDamaged } from "./artifacts-damaged.ts";
import { backupBroken } from "./backup-broken.ts";
import { containerEscaped } from "./container-escaped.ts";
import { recordsCarriedOut, tokenCarriedOut } from "./data-carried-out.ts";
import { failedLogins } from "./failed-logins.ts";
import { workspaceDeleted } from "./workspace-deleted.ts";
import type { Fault } from "./fault.ts";
import { gatewayBrokenInto } from "./gateway-broken-into.ts";
import { gatewayFlooded } from "./gateway-flooded.ts";
import { integrationBroken } from "./integration-broken.ts";
import { keyLeaked } from "./key-leaked.ts";
import { mcpToolPoisoned } from "./mcp-tool-poisoned.ts";
import { pageObeyed } from "./page-obeyed.ts";
import { postgresDiskFilled } from "./postgres-disk-filled.ts";
import { postgresPageDamaged } from "./postgres-page-damaged.ts";
import { processorTaken } from "./processor-taken.ts";
import { packsStopped } from "./packs-stopped.ts";
import { redisDumpCorrupted } from "./redis-dump-corrupted.ts";
import { redisFilled } from "./redis-filled.ts";
import { requestFlood } from "./request-flood.ts";
import { rogueAgent } from "./rogue-agent.ts";
import { serviceKilled } from "./service-killed.ts";
import { skillInstalled } from "./skill-installed.ts";
import { wrongOutput } from "./wrong-output.ts";

const ALL: readonly Fault[] = [
  agentMisbehaves,
  artifactsDamaged,
  backupBroken,
  containerEscaped,
  failedLogins,
  gatewayBrokenInto,
  gatewayFlooded,
  integrationBroken,
  keyLeaked,
  mcpToolPoisoned,
  pageObeyed,
  postgresDiskFilled,
  postgresPageDamaged,
  recordsCarriedOut,
  processorTaken,
  packsStopped,
  redisDumpCorrupted,
  redisFilled,
  requestFlood,
  rogueAgent,
  serviceKilled,
  skillInstalled,
  tokenCarriedOut,
  workspaceDeleted,
  wrongOutput,
];

/** Everything that a drill can make go wrong, by kind. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(ALL.map((fault) => [fault.kind, fault]));
