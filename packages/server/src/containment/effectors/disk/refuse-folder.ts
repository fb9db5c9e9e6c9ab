import { readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { isWithin } from "../is-within.ts";

/** What belongs to the system, with everything in it: nothing there is rubbish by its age. */
const SYSTEM = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/proc",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/Applications",
  "/System",
  "/Library",
  "/private/etc",
];
/** Folders inside them that hold what programs write and nobody installs. */
const EXCEPTIONS = ["/usr/local/var", "/Library/Logs"];
/** Shared by all: only with patterns that say whose files are meant. */
const SHARED = ["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp"];

/**
 * @param folder without symbolic links
 * @param home Firebreak's own
 * @returns why nothing in the folder is cleaned, or null
 */
export async function refuseFolder(folder: string, home: string, hasPatterns: boolean): Promise<string | null> {
  const own = await realpath(home);
  if (isWithin(own, folder) || isWithin(folder, own))
    return `${folder} holds Firebreak's own files, or lies among them`;
  if (SHARED.includes(folder)) return hasPatterns ? null : `${folder} is shared by all: give patterns`;
  const isSystem = SYSTEM.some((one) => isWithin(folder, one)) && !EXCEPTIONS.some((one) => isWithin(folder, one));
  if (isSystem) return `${folder} belongs to the system`;
  if (folder.split("/").length <= 2) return `${folder} is too much: name a folder in it`;
  if (homes().includes(folder)) return `${folder} is somebody's home: name a folder in it`;
  return null;
}

function homes(): string[] {
  return [homedir(), ...readAccounts()].map((one) => path.resolve(one));
}

function readAccounts(): string[] {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return lines.flatMap((line) => {
      const folder = line.split(":")[5] ?? "";
      return folder.startsWith("/") ? [folder] : [];
    });
  } catch {
    return []; // a system without it
  }
}
