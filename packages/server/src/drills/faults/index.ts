import { agentMisbehaves } from "./agent-misbehaves.ts";
import { backupBroken } from "./backup-broken.ts";
import { diskFilled } from "./disk-filled.ts";
import { failedLogins } from "./failed-logins.ts";
import type { Fault } from "./fault.ts";
import { integrationBroken } from "./integration-broken.ts";
import { gatewayBrokenInto } from "./gateway-broken-into.ts";
import { postgresPageDamaged } from "./postgres-page-damaged.ts";
import { keyLeaked } from "./key-leaked.ts";
import { redisDumpCorrupted } from "./redis-dump-corrupted.ts";
import { redisFilled } from "./redis-filled.ts";
import { requestFlood } from "./request-flood.ts";
import { rogueAgent } from "./rogue-agent.ts";
import { serviceKilled } from "./service-killed.ts";
import { skillInstalled } from "./skill-installed.ts";

const ALL: readonly Fault[] = [
  agentMisbehaves,
  backupBroken,
  diskFilled,
  failedLogins,
  integrationBroken,
  gatewayBrokenInto,
  postgresPageDamaged,
  keyLeaked,
  redisDumpCorrupted,
  redisFilled,
  requestFlood,
  rogueAgent,
  serviceKilled,
  skillInstalled,
];

/** Everything that a drill can make go wrong, by kind. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map(ALL.map((fault) => [fault.kind, fault]));
