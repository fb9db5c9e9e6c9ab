import path from "node:path";
import { z } from "zod";
import type { EffectorSettings } from "../../kernel/index.ts";
import { defineEffector, TOUCHES_NOTHING } from "../effector.ts";
import type { Effector, EffectorOutcome } from "../effector.ts";
import { manifestSha256 } from "./quarantine-skill.ts";
import type { Quarantined } from "./quarantine-skill.ts";
import { takeOut, undoQuarantine, verifyKept, withFaults } from "./quarantine-step.ts";

type SkillFolder = EffectorSettings["skills"]["folders"][number];

const parameters = z.strictObject({
  /** what lies right in the folder: the name of the skill's own folder */
  skill: z.string().min(1).max(255),
  /** one of the profile's folders; may be left out when there is one */
  folder: z.string().max(4096).optional(),
});
type Parameters = z.output<typeof parameters>;

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
      return withFaults(async () =>
        describeKept(await takeOut(ctx, { ...folder, folder: folder.path, name: given.skill })),
      );
    },
    verify: async (ctx, given, output) =>
      findFolder(folders, given) === null
        ? { ok: false, reason: "not_found", message: nameFolders(folders), output }
        : verifyKept(ctx, output),
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

function describeKept({ record, notes }: Quarantined): EffectorOutcome {
  const { id, folder, skill, scan } = record;
  const output = { quarantineId: id, folder, skill, manifestSha256: scan === null ? null : manifestSha256(scan) };
  const files = scan?.entries.filter(({ kind }) => kind === "file").length ?? 0;
  const found = (scan?.findings ?? []).slice(0, 3).map((one) => one.message);
  const message = [`${skill} (${files} file(s)) is in quarantine as ${id}`, ...found, ...notes].join("; ");
  return { ok: true, output, message };
}
