import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { codeOf, homePath } from "../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../effector.ts";
import { truePathOf } from "./baseline.ts";
import { takeOut, undoQuarantine, verifyKept, withFaults } from "./quarantine-step.ts";
import type { Quarantined } from "./quarantine-skill.ts";

const parameters = z.strictObject({
  path: homePath,
  reason: z.string().trim().min(3).max(1000),
});
type Parameters = z.output<typeof parameters>;

/** Without these the machine does not run, or nobody gets in to undo it. */
const SYSTEM = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/proc", "/sys", "/dev", "/System"];
const USR = /^\/usr\/(?!local\/)/;
const ETC =
  /^\/etc\/(?:passwd|group|shadow|gshadow|fstab|hosts|hostname|resolv\.conf|nsswitch\.conf|sudoers|ld\.so[^/]*|pam\.d|ssh|ssl|security)(?:$|\/|-)/;

/** Moves one file out of its folder, to be looked at; it comes back as it was, with mode and owner. */
export const fileQuarantine: Effector = defineEffector({
  name: "file.quarantine",
  title: "Move a file out of its folder, to be looked at",
  destroysEvidence: false,
  idempotent: true,
  expiry: "by_undo",
  parameters,
  blastRadius: async (_ctx, { path: file }) => ({ ...TOUCHES_NOTHING, services: [`file ${file}`] }),
  preview: async ({ home }, given) => {
    const place = await findPlace(home, given);
    return "refused" in place ? [`refused: ${place.refused.message}`] : [`moves ${place.file} into Firebreak's home`];
  },
  apply: async (ctx, given) => apply(ctx, given),
  verify: async (ctx, _given, output) => verifyKept(ctx, output),
  undo: async (ctx, _given, output) => undoQuarantine(ctx, output),
});

async function apply(ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const place = await findPlace(ctx.home, given);
  if ("refused" in place) return place.refused;
  const { folder, name } = place;
  return withFaults(async () => describeKept(await takeOut(ctx, { folder, name, reason: given.reason })));
}

interface FilePlace {
  readonly folder: string;
  readonly name: string;
  readonly file: string;
}

/** Where the file really lies. One that is away already is left to its record. */
async function findPlace(
  home: string,
  { path: file }: Parameters,
): Promise<FilePlace | { readonly refused: Extract<EffectorOutcome, { ok: false }> }> {
  const refuse = (reason: "denied" | "not_found" | "conflict", message: string) =>
    ({ refused: { ok: false, reason, message } }) as const;
  let folder: string;
  try {
    folder = await realpath(path.dirname(file));
  } catch {
    return refuse("not_found", `there is no folder ${path.dirname(file)}`);
  }
  const real = path.join(folder, path.basename(file));
  if (isNeeded(real)) return refuse("denied", `${real} belongs to the system and stays`);
  if (real.startsWith(`${truePathOf(home) ?? home}/`)) return refuse("denied", `${real} belongs to Firebreak itself`);
  try {
    if (!(await lstat(real)).isFile()) return refuse("conflict", `${real} is no regular file`);
  } catch (fault) {
    if (codeOf(fault) !== "ENOENT") throw fault;
  }
  return { folder, name: path.basename(file), file: real };
}

function isNeeded(file: string): boolean {
  return USR.test(file) || ETC.test(file) || SYSTEM.some((folder) => file === folder || file.startsWith(`${folder}/`));
}

function describeKept({ record: { id, folder, skill, scan } }: Quarantined): EffectorOutcome {
  const [entry] = scan?.entries ?? [];
  // one that is too large to be judged has none
  const sha256 = entry?.kind === "file" ? entry.sha256 : "";
  const output = { quarantinedAs: id, path: path.join(folder, skill), sha256 };
  return { ok: true, output, message: `${output.path} is in quarantine as ${id} (SHA-256 ${sha256 || "unknown"})` };
}
