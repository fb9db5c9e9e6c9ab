import type { EvidenceItemName } from "../../kernel/index.ts";
import { EVIDENCE_ITEMS } from "../../kernel/index.ts";
import type { Collector } from "./collector.ts";
import { claudeCode } from "./items/claude-code.ts";
import { configuration } from "./items/configuration.ts";
import { connections } from "./items/connections.ts";
import { containers } from "./items/containers.ts";
import { databases } from "./items/databases.ts";
import { firewall } from "./items/firewall.ts";
import { journal } from "./items/journal.ts";
import { logs } from "./items/logs.ts";
import { memory } from "./items/memory.ts";
import { openclaw } from "./items/openclaw.ts";
import { output } from "./items/output.ts";
import { processes } from "./items/processes.ts";
import { schedules } from "./items/schedules.ts";
import { skills } from "./items/skills.ts";
import { telemetry } from "./items/telemetry.ts";
import { users } from "./items/users.ts";
import { workspace } from "./items/workspace.ts";

const BY_NAME: Readonly<Record<EvidenceItemName, Collector>> = {
  processes,
  connections,
  memory,
  output,
  firewall,
  users,
  containers,
  databases,
  openclaw,
  "claude-code": claudeCode,
  telemetry,
  journal,
  logs,
  configuration,
  schedules,
  skills,
  workspace,
};

/** Most volatile first: what lives in memory goes before what lies on disk. */
export const COLLECTORS: readonly Collector[] = EVIDENCE_ITEMS.map((name) => BY_NAME[name]);
