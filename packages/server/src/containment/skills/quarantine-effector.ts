import { createHash } from "node:crypto";
import path from "node:path";
import { formatId } from "@firebreak/protocol";
import { z } from "zod";
import { isFree, openFolder } from "../../kernel/index.ts";
import type { EffectorSettings } from "../../kernel/index.ts";
import { defineEffector, TOUCHES_NOTHING } from "../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { truePathOf } from "./baseline.ts";
import { manifestSha256, QuarantineFault, quarantineSkill } from "./quarantine-skill.ts";
import type { Quarantined } from "./quarantine-skill.ts";
import { quarantinePaths, readRecord } from "./quarantine-record.ts";
import type { QuarantineRecord } from "./quarantine-record.ts";
import { restoreSkill } from "./restore-skill.ts";

type SkillFolder = EffectorSettings["skills"]["folders"][number];

const parameters = z.strictObject({
  /** what lies right in the folder: the name of the skill's own folder */
  skill: z.string().min(1).max(255),
  /** one of the profile's folders; may be left out when there is one */
  folder: z.string().max(4096).optional(),
});
type Parameters = z.output<typeof parameters>;

/** One that comes back is taken out again; more often than this it is no matter of skills any more. */
const TIMES_MAX = 20;

/** Moves a skill of one of the profile's folders into quarantine. A person lets it out. */
export function skillQuarantine({ folders }: EffectorSettings["skills"]): Effector {
  return defineEffector({
    name: "skill.quarantine",
    title: "Move a skill out of its folder, to be looked at",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    checkNeeds: async () =>
      folders.length > 0
        ? []
        : [{ what: "the profile names no folder of skills", remedy: "name them under effectors.skills.folders" }],
    blastRadius: async (_ctx, given) => {
      const folder = findFolder(folders, given);
      return { ...TOUCHES_NOTHING, services: [`skill ${given.skill}${folder === null ? "" : ` in ${folder.path}`}`] };
    },
    preview: async (_ctx, given) => {
      const folder = findFolder(folders, given);
      if (folder === null) return [`refused: ${nameFolders(folders)}`];
      const off = folder.openclawConfig === undefined ? [] : [`switches it off in ${folder.openclawConfig}`];
      return [`moves ${path.join(folder.path, given.skill)} into Firebreak's home`, ...off];
    },
    apply: async (ctx, given) => {
      const folder = findFolder(folders, given);
      if (folder === null) return { ok: false, reason: "denied", message: nameFolders(folders) };
      if (ctx.expiresAt !== null) {
        return { ok: false, reason: "denied", message: "a quarantine has no end by time: a person restores the skill" };
      }
      return withFaults(async () => describeKept(await takeOut(ctx, given, folder)));
    },
    verify: async (ctx, given, output) => verifyKept(ctx, given, folders, output),
    undo: async (ctx, _given, output) => undoQuarantine(ctx, output),
  });
}

function findFolder(folders: readonly SkillFolder[], { folder }: Parameters): SkillFolder | null {
  if (folder === undefined) return folders.length === 1 ? (folders[0] ?? null) : null;
  return folders.find((one) => path.resolve(one.path) === path.resolve(folder)) ?? null;
}

function nameFolders(folders: readonly SkillFolder[]): string {
  return `name one of the profile's folders: ${folders.map((one) => one.path).join(", ")}`;
}

/** The same step gives the same quarantine; each time the skill comes back, one more. */
function idOf({ runId, stepId }: EffectorContext, time: number): string {
  const digest = createHash("sha256").update(`${runId}/${stepId}/quarantine/${time}`).digest();
  return formatId("quarantine", digest.readUIntBE(16, 6), digest);
}

function ownRecords(ctx: EffectorContext): QuarantineRecord[] {
  const records: QuarantineRecord[] = [];
  for (let time = 0; time < TIMES_MAX; time++) {
    const record = readRecord(ctx.home, idOf(ctx, time));
    if (record === null) break;
    records.push(record);
  }
  return records;
}

async function takeOut(ctx: EffectorContext, given: Parameters, folder: SkillFolder): Promise<Quarantined> {
  const { home, clock, actor, incidentId } = ctx;
  const known = ownRecords(ctx);
  const last = known.at(-1);
  if (last?.state === "restored" && ctx.repeats === true) {
    throw new QuarantineFault("conflict", `${last.restored?.by ?? "somebody"} restored it: undo the action`);
  }
  const isKept = last?.state === "kept" && !(await isBack(last));
  const time = last === undefined || last.state === "moving" || isKept ? Math.max(0, known.length - 1) : known.length;
  if (time >= TIMES_MAX)
    throw new QuarantineFault("conflict", `${given.skill} came back ${TIMES_MAX} times: stop the agent`);
  return quarantineSkill({
    home,
    clock,
    id: idOf(ctx, time),
    folder: folder.path,
    skill: given.skill,
    reason: `step ${ctx.stepId} of ${ctx.runId}`,
    actor,
    incidentId,
    openclawConfig: folder.openclawConfig ?? null,
  });
}

/** @returns true when something of that name lies in the folder again */
async function isBack({ folder, skill }: QuarantineRecord): Promise<boolean> {
  if (truePathOf(folder) === null) return false;
  const open = await openFolder(folder);
  try {
    return !(await isFree(open.at(skill)));
  } finally {
    await open.close();
  }
}

async function withFaults(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (!(fault instanceof QuarantineFault)) throw fault;
    return { ok: false, reason: fault.reason, message: fault.message };
  }
}

function describeKept({ record, notes }: Quarantined): EffectorOutcome {
  const { id, folder, skill, scan } = record;
  const output = { quarantineId: id, folder, skill, manifestSha256: scan === null ? null : manifestSha256(scan) };
  const files = scan?.entries.filter(({ kind }) => kind === "file").length ?? 0;
  const found = (scan?.findings ?? []).slice(0, 3).map((one) => one.message);
  const message = [`${skill} (${files} file(s)) is in quarantine as ${id}`, ...found, ...notes].join("; ");
  return { ok: true, output, message };
}

async function verifyKept(
  ctx: EffectorContext,
  given: Parameters,
  folders: readonly SkillFolder[],
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const last = ownRecords(ctx).at(-1);
  if (last === undefined || findFolder(folders, given) === null) {
    return { ok: false, reason: "not_found", message: "nothing of this step is in quarantine", output };
  }
  if (last.state === "restored") {
    const { by = "somebody", at = "" } = last.restored ?? {};
    return { ok: false, reason: "conflict", message: `${by} restored it at ${at}`, output };
  }
  const content = await openFolder(quarantinePaths(ctx.home, last.id).content);
  try {
    if (last.state !== "kept" || (await isFree(content.at(last.skill)))) {
      return { ok: false, reason: "unverified", message: `${last.id} is not whole in quarantine`, output };
    }
  } finally {
    await content.close();
  }
  if (await isBack(last)) {
    return { ok: false, reason: "unverified", message: `${last.skill} lies in its folder again`, output };
  }
  return { ok: true, output, message: `${last.skill} is in quarantine as ${last.id}, and not in its folder` };
}

/** Only what was taken out first goes back: what came after it was put there while it was away. */
async function undoQuarantine(ctx: EffectorContext, output: EffectorOutput): Promise<EffectorOutcome> {
  const [first, ...others] = ownRecords(ctx);
  if (first === undefined) return { ok: true, output, message: "nothing of this step is in quarantine" };
  const { home, clock, actor } = ctx;
  return withFaults(async () => {
    const { notes } = await restoreSkill({ home, clock, id: first.id, by: actor.name, reason: `undo of ${ctx.runId}` });
    const kept = others.map((one) => `${one.id} stays in quarantine`);
    return { ok: true, output, message: [`${first.skill} is back in ${first.folder}`, ...kept, ...notes].join("; ") };
  });
}
