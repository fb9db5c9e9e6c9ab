import { chmodSync, lchownSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The unprivileged user that the database runs as when Firebreak runs as root. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** `nobody` on Debian, Fedora, Alpine; used when there is neither a `postgres` nor a `nobody` entry. */
const overflowId = 65_534;

/**
 * PostgreSQL refuses to run as root.
 *
 * @param existingDir a data directory: its owner goes on owning it
 * @returns undefined when we are not root and can run it ourselves
 */
export function chooseRunAs(
  existingDir: string,
  ownUid = process.getuid?.(),
  passwdPath = "/etc/passwd",
): RunAs | undefined {
  if (ownUid !== 0) return undefined;
  const owner = lstatSync(existingDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = readUsers(passwdPath);
  return users.get("postgres") ?? users.get("nobody") ?? { uid: overflowId, gid: overflowId };
}

function readUsers(passwdPath: string): Map<string, RunAs> {
  const users = new Map<string, RunAs>();
  for (const line of readPasswd(passwdPath).split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name && Number(uid) > 0 && Number(gid) > 0) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}

function readPasswd(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export function toSpawnIdentity(runAs: RunAs | undefined): { uid?: number; gid?: number } {
  return runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
}

export function giveTo(path: string, runAs: RunAs | undefined): void {
  if (runAs !== undefined) lchownSync(path, runAs.uid, runAs.gid);
}

/** Lets every user read and, where the owner may, run or enter. */
export function makeReadable(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  const isEntered = found.isDirectory() || (found.mode & 0o100) !== 0;
  chmodSync(path, isEntered ? 0o755 : 0o644);
  if (!found.isDirectory()) return;
  for (const name of readdirSync(path)) makeReadable(join(path, name));
}
