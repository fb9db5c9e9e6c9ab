import { constants, realpathSync } from "node:fs";
import { open, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { codeOf } from "../../../kernel/index.ts";
import type { EffectorOutcome } from "../../effector.ts";

/** Systems that only look like files, and what holds passwords and keys of people. */
const FORBIDDEN_FOLDERS = ["/proc", "/sys", "/dev", "/etc/ssh", "/etc/ssl/private", "/run/secrets", "/var/run/secrets"];
const FORBIDDEN_FILES = ["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/security/opasswd"];
const FORBIDDEN_PARTS = [".ssh", ".gnupg", ".aws", ".kube"];
const FORBIDDEN_NAMES =
  /^(?:id_[a-z0-9]+|.*\.(?:pem|key|p12|pfx|kdbx)|\.env(?:\..+)?|\.netrc|\.credentials\.json|\.vault-token|\.pgpass|\.git-credentials|\.npmrc)$/i;
/** What of Firebreak's own home may be read: what agents printed. */
const READABLE_AT_HOME = /^sessions\/[^/]+\/output\.log$/;

/**
 * A playbook's question about a file may come from an event, so that what it must not show is fixed here.
 *
 * @param path without symbolic links
 * @returns why the file or folder is not read, or null
 */
export function refusePath(path: string, home: string): string | null {
  const isIn = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  const realHome = realPathOf(home);
  if (isIn(realHome) && !READABLE_AT_HOME.test(relative(realHome, path).split(sep).join("/")))
    return `${path} belongs to Firebreak itself`;
  if (FORBIDDEN_FOLDERS.some(isIn) || FORBIDDEN_FILES.includes(path)) return `${path} is the system's own and not read`;
  const isSecret =
    FORBIDDEN_NAMES.test(basename(path)) || path.split("/").some((part) => FORBIDDEN_PARTS.includes(part));
  return isSecret ? `${path} looks like one that holds secrets, and is not read` : null;
}

/** @returns why a folder is not searched with all that is in it, or null */
export function refuseFolder(folder: string, home: string): string | null {
  const prefix = folder === "/" ? folder : `${folder}/`;
  const within = [realPathOf(home), ...FORBIDDEN_FOLDERS, ...FORBIDDEN_FILES].find((path) => path.startsWith(prefix));
  return within === undefined ? null : `${folder} holds ${within}, which is not read; name a folder further down`;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export type OpenedFile =
  | { readonly ok: true; readonly handle: FileHandle; readonly bytes: number; readonly modifiedMs: number }
  | Extract<EffectorOutcome, { ok: false }>;

/** Opens a regular file for reading, and asks about the file that was opened, not about what its path says by now. */
export async function openReadable(path: string, home: string): Promise<OpenedFile> {
  let handle: FileHandle;
  try {
    // a pipe must not keep us waiting for its writer
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (fault) {
    return unreadable(path, fault);
  }
  const refuse = async (outcome: Extract<EffectorOutcome, { ok: false }>) => {
    await handle.close();
    return outcome;
  };
  const real = await realpath(process.platform === "linux" ? join("/proc/self/fd", String(handle.fd)) : path);
  const refused = refusePath(real, home);
  if (refused !== null) return refuse({ ok: false, reason: "denied", message: refused });
  const stat = await handle.stat();
  if (!stat.isFile()) return refuse({ ok: false, reason: "conflict", message: `${path} is no regular file` });
  return { ok: true, handle, bytes: stat.size, modifiedMs: stat.mtimeMs };
}

function unreadable(path: string, fault: unknown): Extract<EffectorOutcome, { ok: false }> {
  const code = codeOf(fault);
  if (code === "ENOENT" || code === "ENOTDIR")
    return { ok: false, reason: "not_found", message: `there is no file ${path}` };
  const remedy = code === "EACCES" || code === "EPERM" ? "; let Firebreak's user read it" : "";
  return { ok: false, reason: "unavailable", message: `${path} cannot be opened (${code ?? "unknown"})${remedy}` };
}
