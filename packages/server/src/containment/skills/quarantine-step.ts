import { createHash } from "node:crypto";
import { formatId } from "@firebreak/protocol";
import { isFree, openFolder } from "../../kernel/index.ts";
import type { EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { truePathOf } from "./baseline.ts";
import { QuarantineFault, quarantineSkill } from "./quarantine-skill.ts";
import type { Quarantined } from "./quarantine-skill.ts";
import { quarantinePaths, readRecord } from "./quarantine-record.ts";
import type { QuarantineRecord } from "./quarantine-record.ts";
import { restoreSkill } from "./restore-skill.ts";

/** One that comes back is taken out again; more often than this the quarantine does not help any more. */
const TIMES_MAX = 20;

/** What lies right in a folder, and is taken out of it. */
export interface QuarantinePlace {
  readonly folder: string;
  readonly name: string;
  /** left out: the step itself */
  readonly reason?: string;
  /** OpenClaw's settings, to switch a skill off in */
  readonly openclawConfig?: string | undefined;
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

/** @throws QuarantineFault */
export async function takeOut(ctx: EffectorContext, place: QuarantinePlace): Promise<Quarantined> {
  const { home, clock, actor, incidentId } = ctx;
  const known = ownRecords(ctx);
  const last = known.at(-1);
  if (last?.state === "restored" && ctx.repeats === true) {
    throw new QuarantineFault("conflict", `${last.restored?.by ?? "somebody"} restored it: undo the action`);
  }
  const isKept = last?.state === "kept" && !(await isBack(last));
  const time = last === undefined || last.state === "moving" || isKept ? Math.max(0, known.length - 1) : known.length;
  if (time >= TIMES_MAX)
    throw new QuarantineFault("conflict", `${place.name} came back ${TIMES_MAX} times: stop the agent`);
  return quarantineSkill({
    home,
    clock,
    id: idOf(ctx, time),
    folder: place.folder,
    skill: place.name,
    reason: place.reason ?? `step ${ctx.stepId} of ${ctx.runId}`,
    actor,
    incidentId,
    openclawConfig: place.openclawConfig ?? null,
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

export async function withFaults(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (!(fault instanceof QuarantineFault)) throw fault;
    return { ok: false, reason: fault.reason, message: fault.message };
  }
}

export async function verifyKept(ctx: EffectorContext, output: EffectorOutput): Promise<EffectorOutcome> {
  const last = ownRecords(ctx).at(-1);
  if (last === undefined) {
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
export async function undoQuarantine(ctx: EffectorContext, output: EffectorOutput): Promise<EffectorOutcome> {
  const [first, ...others] = ownRecords(ctx);
  if (first === undefined) return { ok: true, output, message: "nothing of this step is in quarantine" };
  const { home, clock, actor } = ctx;
  return withFaults(async () => {
    const { notes } = await restoreSkill({ home, clock, id: first.id, by: actor.name, reason: `undo of ${ctx.runId}` });
    const kept = others.map((one) => `${one.id} stays in quarantine`);
    return { ok: true, output, message: [`${first.skill} is back in ${first.folder}`, ...kept, ...notes].join("; ") };
  });
}
