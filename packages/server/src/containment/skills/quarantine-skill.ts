import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { canonicalJson, codeOf, ensurePrivateDir, isFree, openFolder, toIso } from "../../kernel/index.ts";
import type { Clock, OpenFolder } from "../../kernel/index.ts";
import { truePathOf } from "./baseline.ts";
import { isSameTree } from "./compare-skills.ts";
import type { FolderScan } from "./manifest.ts";
import { MESSAGE_CHARACTERS_MAX } from "./manifest.ts";
import { finishCopy, moveTree } from "./move-tree.ts";
import { disableInOpenClaw, skillKeyOf } from "./openclaw-entry.ts";
import { appendCustodyLine, quarantinePaths, readRecord, writeRecord } from "./quarantine-record.ts";
import type { QuarantineRecord } from "./quarantine-record.ts";
import { ScanFault, scanFolder } from "./scan-folder.ts";

export interface QuarantineOrder {
  readonly home: string;
  readonly clock: Clock;
  /** the same id again is the same quarantine */
  readonly id: string;
  readonly folder: string;
  /** the name of what lies in the folder */
  readonly skill: string;
  readonly reason: string;
  readonly actor: Actor;
  readonly incidentId: string | null;
  /** OpenClaw's settings, to switch the skill off in; null leaves them alone */
  readonly openclawConfig: string | null;
}

/** Why a skill was not moved. */
export class QuarantineFault extends Error {
  override readonly name = "QuarantineFault";
  readonly reason: "not_found" | "conflict" | "denied";

  constructor(reason: QuarantineFault["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Quarantined {
  readonly record: QuarantineRecord;
  /** what could not be done beside the move */
  readonly notes: readonly string[];
}

export const manifestSha256 = (scan: FolderScan): string =>
  createHash("sha256").update(canonicalJson(scan)).digest("hex");

/**
 * Moves a skill out of its folder into the home, with its manifest, who did it and why. It is moved first and looked at
 * after: an agent that changes or swaps it meanwhile changes what is kept, not what stays behind.
 *
 * @throws QuarantineFault
 */
export async function quarantineSkill(order: QuarantineOrder): Promise<Quarantined> {
  const { home, id } = order;
  const known = readRecord(home, id);
  if (known?.state === "kept") return { record: known, notes: [] };
  if (known !== null && known.state !== "moving") {
    throw new QuarantineFault("conflict", `${id} was restored; quarantine the skill anew`);
  }
  const place = checkPlace(order);
  const paths = quarantinePaths(home, id);
  ensurePrivateDir(path.dirname(paths.directory));
  ensurePrivateDir(paths.directory);
  ensurePrivateDir(paths.content);
  const from = await openFolder(place);
  const to = await openFolder(paths.content);
  try {
    await moveIn(order, from, to, known ?? begin(order, place));
  } finally {
    await from.close();
    await to.close();
  }
  return keep(order, known ?? readRecord(home, id));
}

/** @returns the true path of the folder */
function checkPlace({ home, folder, skill }: QuarantineOrder): string {
  if (skill === "" || skill === "." || skill === ".." || /[/\0]/.test(skill)) {
    throw new QuarantineFault(
      "denied",
      `${JSON.stringify(skill)} is no name of a skill: name what lies right in the folder`,
    );
  }
  const place = truePathOf(folder);
  if (place === null) throw new QuarantineFault("not_found", `there is no folder ${folder}`);
  const own = truePathOf(home) ?? home;
  const full = path.join(place, skill);
  if (own === full || own.startsWith(`${full}/`))
    throw new QuarantineFault("denied", `${full} holds Firebreak's own home`);
  return place;
}

function begin(order: QuarantineOrder, place: string): QuarantineRecord {
  const { clock, id, skill, reason, actor, incidentId } = order;
  const at = toIso(clock.now());
  const facts = { version: 1 as const, id, folder: place, skill, reason, by: actor, incidentId, at };
  return { ...facts, state: "moving", scan: null, openclaw: null, restored: null };
}

async function moveIn(
  order: QuarantineOrder,
  from: OpenFolder,
  to: OpenFolder,
  record: QuarantineRecord,
): Promise<void> {
  const { home, id, skill } = order;
  const parked = `.firebreak-${id}`;
  const copying = {
    parked,
    isComplete: () => isCopied(record.folder, parked, quarantinePaths(home, id).content, skill),
  };
  if (!(await isFree(from.at(parked)))) return finishCopy(from, to, skill, copying);
  if (await isFree(from.at(skill))) {
    if (!(await isFree(to.at(skill)))) return;
    throw new QuarantineFault("not_found", `there is no ${skill} in ${record.folder}`);
  }
  if (!(await isFree(to.at(skill)))) {
    throw new QuarantineFault(
      "conflict",
      `${skill} is in quarantine as ${id} and lies in its folder again: use a new one`,
    );
  }
  writeRecord(home, record);
  appendCustodyLine(home, id, { ...who(order), act: "taken", sha256: null });
  await moveTree(from, skill, to, skill, copying);
}

const who = ({ clock, actor, reason }: QuarantineOrder) => ({ at: toIso(clock.now()), actor: actor.name, reason });

async function isCopied(folder: string, parked: string, content: string, skill: string): Promise<boolean> {
  return isSameTree(await scanFolder(folder, parked), parked, await scanFolder(content, skill), skill);
}

async function keep(order: QuarantineOrder, record: QuarantineRecord | null): Promise<Quarantined> {
  const { home, id, skill, openclawConfig } = order;
  if (record === null) throw new QuarantineFault("conflict", `the record of ${id} is gone`);
  const { content } = quarantinePaths(home, id);
  const scan = await scanKept(content, skill);
  const key = skillKeyOf(readSkillText(path.join(content, skill)), skill);
  const disabled = openclawConfig === null ? null : disableInOpenClaw(openclawConfig, key);
  const openclaw =
    disabled !== null && "was" in disabled ? { file: openclawConfig ?? "", key, was: disabled.was } : null;
  const kept: QuarantineRecord = { ...record, state: "kept", scan, openclaw };
  writeRecord(home, kept);
  appendCustodyLine(home, id, { ...who(order), act: "kept", sha256: manifestSha256(scan) });
  const notes =
    disabled !== null && "problem" in disabled ? [`OpenClaw's settings stay as they are: ${disabled.problem}`] : [];
  return { record: kept, notes };
}

/** A skill with too much in it to be judged is kept all the same; it cannot be restored by itself. */
async function scanKept(content: string, skill: string): Promise<FolderScan> {
  try {
    return await scanFolder(content, skill);
  } catch (fault) {
    if (!(fault instanceof ScanFault)) throw fault;
    const message = `${skill} has no manifest and cannot be restored: ${fault.message}`;
    const finding = { code: "too_large" as const, path: skill, message: message.slice(0, MESSAGE_CHARACTERS_MAX) };
    return { entries: [], findings: [finding] };
  }
}

/** In our own folder nobody swaps it; a skill that is a single file has none. */
function readSkillText(skill: string): string {
  try {
    return readFileSync(path.join(skill, "SKILL.md"), "utf8");
  } catch (fault) {
    const code = codeOf(fault);
    if (code !== undefined) return "";
    throw fault;
  }
}
