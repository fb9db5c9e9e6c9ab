import type { Actor, RetentionClass, RetentionReport } from "@firebreak/protocol";
import { isRetentionDue, readUsedPercent, runRetention } from "../retention/index.ts";
import type { RetentionOutcome } from "../retention/index.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";
import { endOwnAlert, raiseOwnAlert } from "./own-alerts.ts";

const FIRST_PASS_MS = 10 * 60_000;
const TOLD_MAX = 20;

/** Does one pass, and tells people of what needs them. */
export async function runRetentionAndTell(
  house: House,
  actor: Actor,
  request: { readonly class?: RetentionClass | undefined },
): Promise<RetentionReport> {
  const outcome = await runRetention(contextFor(house, actor), request);
  await tell(house, outcome);
  return outcome.report;
}

async function tell(house: House, { failures, orphans, blocked }: RetentionOutcome): Promise<void> {
  await tellOf(house, failures, {
    key: "retention_failed",
    title: "Archiving or deleting by the retention policy failed",
    severity: 2,
  });
  await tellOf(house, orphans, {
    key: "retention_orphans",
    title: "The archive and what is recorded of it do not agree",
    severity: 3,
  });
  for (const { noticeId, class: name, rows, cases } of blocked) {
    await raiseOwnAlert(house, {
      key: `retention_blocked/${noticeId}`,
      title: `A legal hold keeps ${name} from being deleted`,
      text: `${rows} rows that ${noticeId} announced are held by case ${cases.join(", ")}. They are announced again when no hold is on them.`,
      severity: 4,
      labels: { retention_class: name },
    });
  }
}

async function tellOf(
  house: House,
  sentences: readonly string[],
  alert: { readonly key: string; readonly title: string; readonly severity: 2 | 3 },
): Promise<void> {
  if (sentences.length === 0) await endOwnAlert(house, alert.key);
  else await raiseOwnAlert(house, { ...alert, text: sentences.slice(0, TOLD_MAX).join("\n") });
}

/** Once a day, on one node, the first time ten minutes after a start; and watches how full the disk is. */
export function createRetentionDaemon(house: House): () => Promise<void> {
  const firstMs = house.clock.monotonicMs() + FIRST_PASS_MS;
  let isFull = false;
  return async () => {
    isFull = await tellOfStorage(house, isFull);
    if (house.clock.monotonicMs() < firstMs || !(await isRetentionDue(house))) return;
    const { archived, deleted, announced, problems } = await runRetentionAndTell(house, DAEMON, {});
    house.logger.info("retention did a pass", { archived, deleted, announced, problems: problems.length });
  };
}

async function tellOfStorage(house: House, wasFull: boolean): Promise<boolean> {
  const { storagePercent } = house.profile.retention;
  const used = await readUsedPercent(house.config.home);
  const isFull = used !== null && used >= storagePercent;
  if (isFull && !wasFull) {
    await raiseOwnAlert(house, {
      key: "retention_storage",
      title: `The disk of Firebreak's home is ${used} % full`,
      text: "See what the policy would archive and delete: `firebreak retention preview`.",
      severity: 3,
    });
  }
  if (!isFull && wasFull) await endOwnAlert(house, "retention_storage");
  return isFull;
}
