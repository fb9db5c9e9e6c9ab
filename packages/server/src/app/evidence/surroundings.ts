import { readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { compareWithBaseline, scanFolder } from "../../containment/index.ts";
import type { CollectInput, ReadEvents, SkillReport } from "../../evidence/index.ts";
import { codeOf, messageOf } from "../../kernel/index.ts";
import type { EffectorSettings, Profile, ReadSecret } from "../../kernel/index.ts";
import { listTailedPaths } from "../../telemetry/index.ts";
import { containerSource } from "./container-source.ts";

export interface CollectPlace {
  readonly home: string;
  readonly userHome: string;
  /** where the shipped profiles lie */
  readonly profilesDir: string;
  readonly profile: Pick<Profile, "name" | "effectors">;
}

/** What is only asked for while it is collected. */
interface CollectSources {
  /** without a server there are none */
  readonly readEvents: ReadEvents | null;
  readonly readSecret: ReadSecret;
}

/** Where runtimes look for skills, beside the folders that the profile names. */
const SKILL_FOLDERS = [".openclaw/skills", ".agents/skills", ".claude/skills"];
/** Directories and files of the home that decide how Firebreak works; never `secrets/`. */
const OWN_DIRECTORIES = ["policies", "playbooks", "rules", "maps", "templates"];
const OWN_FILES = ["profile.yaml", "channels.yaml", "tails.yaml", "syslog.yaml"];

/** What collecting reaches of this house. */
export async function collectSurroundings(place: CollectPlace & CollectSources): Promise<CollectInput["surroundings"]> {
  const { home, userHome, profile, readEvents, readSecret } = place;
  return {
    readEvents,
    readSecret,
    userHome,
    containers: containerSource(profile.effectors.docker.endpoint),
    tailedPaths: () => listTailedPaths(home, userHome),
    ownFiles: await findOwnFiles(place),
    readSkills: (signal) => readSkills(place, profile.effectors.skills.folders, signal),
  };
}

async function findOwnFiles({ home, profilesDir, profile }: CollectPlace): Promise<string[]> {
  const files = [
    path.join(profilesDir, profile.name, "profile.yaml"),
    ...OWN_FILES.map((name) => path.join(home, name)),
  ];
  for (const name of OWN_DIRECTORIES) {
    const directory = path.join(home, name);
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    files.push(...entries.filter((one) => one.isFile()).map((one) => path.join(directory, one.name)));
  }
  return files;
}

async function readSkills(
  { home, userHome }: CollectPlace,
  named: EffectorSettings["skills"]["folders"],
  signal: AbortSignal,
): Promise<SkillReport[]> {
  const folders = named.map((one) => one.path);
  const usual = SKILL_FOLDERS.map((name) => path.join(userHome, name)).filter((one) => !folders.includes(one));
  const reports: SkillReport[] = [];
  for (const folder of folders) reports.push(await readFolder(home, folder, signal));
  for (const folder of usual) if (await isThere(folder)) reports.push(await readFolder(home, folder, signal));
  return reports;
}

async function readFolder(home: string, folder: string, signal: AbortSignal): Promise<SkillReport> {
  try {
    signal.throwIfAborted();
    const scan = await scanFolder(await realpath(folder));
    const { difference, problem } = await compare(home, folder);
    return { folder, problem, report: { folder, ...scan, baseline: difference } };
  } catch (fault) {
    return { folder, report: null, problem: messageOf(fault) };
  }
}

/** A baseline that was tampered with does not keep the skills themselves out of the archive. */
async function compare(home: string, folder: string) {
  try {
    return { difference: await compareWithBaseline(home, folder), problem: null };
  } catch (fault) {
    return { difference: null, problem: messageOf(fault) };
  }
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await readdir(folder);
    return true;
  } catch (fault) {
    return codeOf(fault) !== "ENOENT" && codeOf(fault) !== "ENOTDIR";
  }
}
