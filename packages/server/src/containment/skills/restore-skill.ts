import { isFree, openFolder, toIso } from "../../kernel/index.ts";
import type { Clock, OpenFolder } from "../../kernel/index.ts";
import { truePathOf } from "./baseline.ts";
import { isSameTree } from "./compare-skills.ts";
import { finishCopy, moveTree } from "./move-tree.ts";
import { restoreInOpenClaw } from "./openclaw-entry.ts";
import { appendCustodyLine, quarantinePaths, readRecord, writeRecord } from "./quarantine-record.ts";
import type { QuarantineRecord } from "./quarantine-record.ts";
import { manifestSha256, QuarantineFault } from "./quarantine-skill.ts";
import type { Quarantined } from "./quarantine-skill.ts";
import { scanFolder } from "./scan-folder.ts";

export interface RestoreOrder {
  readonly home: string;
  readonly clock: Clock;
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * Puts a skill back where it was, when it is still what was taken out. It replaces nothing.
 *
 * @throws QuarantineFault; SignatureFault when its record was changed
 */
export async function restoreSkill(order: RestoreOrder): Promise<Quarantined> {
  const { home, id } = order;
  const record = readRecord(home, id);
  if (record === null) throw new QuarantineFault("not_found", `nothing is in quarantine as ${id}`);
  if (record.state === "restored") return { record, notes: [] };
  if (record.scan === null) {
    throw new QuarantineFault(
      "conflict",
      `${id} was cut off while it was moved in: quarantine it again with the same id first`,
    );
  }
  const place = truePathOf(record.folder);
  if (place !== record.folder)
    throw new QuarantineFault("conflict", `the folder ${record.folder} is gone or leads elsewhere`);
  await moveOut(order, record);
  return finish(order, record);
}

async function moveOut({ home, id }: RestoreOrder, record: QuarantineRecord): Promise<void> {
  const { content } = quarantinePaths(home, id);
  const { skill, folder } = record;
  // a copy arrives under a name that nobody looks for, and gets its own in one act
  const [parked, arriving] = [`.parked-${id}`, `.firebreak-${id}`];
  const isComplete = () => isKept(folder, record, arriving);
  const [from, to] = [await openFolder(content), await openFolder(folder)];
  try {
    if (record.state === "restoring" && (await isFree(from.at(skill)))) {
      if (!(await isFree(from.at(parked)))) await finishCopy(from, to, arriving, { parked, isComplete });
    } else {
      if (record.scan?.entries.length === 0) {
        throw new QuarantineFault(
          "conflict",
          `${skill} was never judged: move it back by hand from ${content}, if you must`,
        );
      }
      if (!(await isKept(content, record))) {
        throw new QuarantineFault("conflict", `${skill} in quarantine is not what was taken out: it was changed there`);
      }
      await refuseTaken(to, record);
      writeRecord(home, { ...record, state: "restoring" });
      await moveTree(from, skill, to, arriving, { parked, isComplete });
    }
    if (await isFree(to.at(arriving))) return;
    await refuseTaken(to, record);
    await moveTree(to, arriving, to, skill, { parked: arriving, isComplete });
  } finally {
    await from.close();
    await to.close();
  }
}

async function refuseTaken(to: OpenFolder, { skill, folder }: QuarantineRecord): Promise<void> {
  if (await isFree(to.at(skill))) return;
  throw new QuarantineFault("conflict", `${folder} has another ${skill} by now: move that away first`);
}

async function isKept(folder: string, { scan, skill }: QuarantineRecord, name = skill): Promise<boolean> {
  return scan !== null && isSameTree(await scanFolder(folder, name), name, scan, skill);
}

async function finish({ home, id, clock, by, reason }: RestoreOrder, record: QuarantineRecord): Promise<Quarantined> {
  const { openclaw, scan } = record;
  const put = openclaw === null ? null : restoreInOpenClaw(openclaw.file, openclaw.key, openclaw.was);
  const at = toIso(clock.now());
  const restored: QuarantineRecord = { ...record, state: "restored", restored: { at, by, reason } };
  writeRecord(home, restored);
  appendCustodyLine(home, id, {
    at,
    act: "restored",
    actor: by,
    reason,
    sha256: scan === null ? null : manifestSha256(scan),
  });
  const notes = put !== null && "problem" in put ? [`OpenClaw's settings stay as they are: ${put.problem}`] : [];
  return { record: restored, notes };
}
