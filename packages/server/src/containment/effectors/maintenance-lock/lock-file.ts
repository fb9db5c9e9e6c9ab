import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync, rmSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { codeOf, syncDir, writeAllSync } from "../../../kernel/index.ts";

/** What stands in a lock file: one JSON object, for people and for services that look closer than at its existence. */
export const lockContent = z.object({
  /** whose lock it is: `RUN/STEP` of a playbook or `ACTION/action`; only this owner removes it */
  owner: z.string(),
  by: z.string(),
  reason: z.string(),
  since: z.string(),
  until: z.string().nullable(),
});
export type LockContent = z.infer<typeof lockContent>;

const BYTES_MAX = 16_384;

export type LockRead =
  | { readonly kind: "absent" }
  | { readonly kind: "lock"; readonly lock: LockContent }
  /** somebody else's file, or something that is no file */
  | { readonly kind: "foreign"; readonly message: string };

/** Never follows a symbolic link and never waits: what lies there may be of an enemy. */
export function readLock(path: string): LockRead {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return { kind: "absent" };
    if (codeOf(fault) === "ELOOP") return { kind: "foreign", message: `${path} is a symbolic link` };
    throw fault;
  }
  try {
    if (!fstatSync(fd).isFile()) return { kind: "foreign", message: `${path} is no regular file` };
    const buffer = Buffer.alloc(BYTES_MAX + 1);
    const length = readSync(fd, buffer);
    const parsed = length > BYTES_MAX ? undefined : parseLock(buffer.toString("utf8", 0, length));
    if (parsed === undefined) return { kind: "foreign", message: `${path} was not made by Firebreak` };
    return { kind: "lock", lock: parsed };
  } finally {
    closeSync(fd);
  }
}

function parseLock(text: string): LockContent | undefined {
  try {
    return lockContent.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Makes the file if nothing of that name is there, whole and durable or not at all. Readable for every service.
 *
 * @returns false when something of that name is there
 */
export function createLock(path: string, lock: LockContent): boolean {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeNew(temporary, `${JSON.stringify(lock)}\n`);
    linkSync(temporary, path);
    return true;
  } catch (fault) {
    if (codeOf(fault) === "EEXIST") return false;
    throw fault;
  } finally {
    rmSync(temporary, { force: true });
    syncDir(dirname(path));
  }
}

function writeNew(path: string, text: string): void {
  const fd = openSync(path, "wx", 0o644);
  try {
    writeAllSync(fd, Buffer.from(text));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function removeLock(path: string): void {
  try {
    unlinkSync(path);
  } catch (fault) {
    if (codeOf(fault) !== "ENOENT") throw fault;
  }
  syncDir(dirname(path));
}
