import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import path from "node:path";
import { canonicalJson, codeOf, ensurePrivateDir, OperatorError, toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { appendCustody } from "./custody.ts";
import { compareSkills } from "./compare-skills.ts";
import type { SkillDifference } from "./compare-skills.ts";
import { baseline, readSigned, writeSigned } from "./manifest.ts";
import type { Baseline } from "./manifest.ts";
import { scanFolder } from "./scan-folder.ts";

const directoryOf = (home: string) => path.join(home, "skills");

/** By the path that people use, so that a link put in its place is seen. */
function fileOf(home: string, folder: string): string {
  const name = createHash("sha256").update(path.resolve(folder)).digest("hex").slice(0, 32);
  return path.join(directoryOf(home), `${name}.json`);
}

/** @returns where the folder truly lies; null when it is gone */
export function truePathOf(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT" || codeOf(fault) === "ENOTDIR") return null;
    throw fault;
  }
}

export interface NewBaseline {
  readonly home: string;
  readonly clock: Clock;
  readonly folder: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * Takes the skills as they are now for what was approved. Signed, in the place of the one before.
 *
 * @throws OperatorError when there is no such folder; ScanFault when there is too much in it
 */
export async function makeBaseline({ home, clock, folder, by, reason }: NewBaseline): Promise<Baseline> {
  const truePath = truePathOf(folder);
  if (truePath === null) {
    throw new OperatorError(`There is no folder ${folder}.`, "Name a folder of skills, such as ~/.openclaw/skills.");
  }
  const scan = await scanFolder(truePath);
  const facts = { folder: path.resolve(folder), truePath, madeAt: toIso(clock.now()), madeBy: by, reason };
  const made: Baseline = { version: 1, ...facts, ...scan };
  ensurePrivateDir(directoryOf(home));
  writeSigned(home, fileOf(home, folder), made);
  const act = `baseline of ${made.folder}`;
  const sha256 = createHash("sha256").update(canonicalJson(made)).digest("hex");
  appendCustody(path.join(directoryOf(home), "history.jsonl"), { at: made.madeAt, act, actor: by, reason, sha256 });
  return made;
}

/** @returns null when none was made; @throws SignatureFault when it is not genuine */
export function readBaseline(home: string, folder: string): Baseline | null {
  return readSigned(home, fileOf(home, folder), baseline);
}

/** @returns what differs from the baseline, null when there is none; @throws SignatureFault, ScanFault */
export async function compareWithBaseline(home: string, folder: string): Promise<SkillDifference | null> {
  const before = readBaseline(home, folder);
  if (before === null) return null;
  const truePath = truePathOf(folder);
  if (truePath === null) return compareSkills(before, { entries: [], findings: [] });
  const now = await scanFolder(truePath);
  if (truePath === before.truePath) return compareSkills(before, now);
  const message = `${before.folder} leads to ${truePath} now; when the baseline was made it was ${before.truePath}`;
  return compareSkills(before, {
    ...now,
    findings: [...now.findings, { code: "swapped", path: before.folder, message }],
  });
}
