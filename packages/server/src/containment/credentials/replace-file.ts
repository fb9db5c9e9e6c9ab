import { randomBytes } from "node:crypto";
import {
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  closeSync,
  renameSync,
  rmSync,
} from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import { codeOf, syncDir, writeAllSync } from "../../kernel/index.ts";
import { StoreFault } from "./store-fault.ts";

const BYTES_MAX = 1024 * 1024;

/** @returns the text of a regular file of a reasonable size; null when there is none. @throws StoreFault */
export function readRegularFile(file: string): string | null {
  const stats = look(file);
  if (stats === null) return null;
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(BYTES_MAX + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(fd, buffer, length, buffer.length - length, null);
    }
    if (length > BYTES_MAX) throw new StoreFault(`${file} is larger than ${BYTES_MAX} bytes`);
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file in one act, durable, with the mode and owner of the one before; a new one is the owner's alone. While it
 * is written nobody else can read it. A link is refused: whoever may change it could have the secret written elsewhere.
 */
export function replaceFile(file: string, text: string): void {
  const before = look(file);
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}`);
  try {
    const fd = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      writeAllSync(fd, Buffer.from(text));
      if (before !== null) keepOwner(fd, before, file);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
    syncDir(path.dirname(file));
  } catch (fault) {
    rmSync(temporary, { force: true });
    if (fault instanceof StoreFault) throw fault;
    throw new StoreFault(`${file} cannot be written (${codeOf(fault) ?? "fault"})`);
  }
}

function look(file: string): Stats | null {
  try {
    const stats = lstatSync(file);
    if (stats.isSymbolicLink()) throw new StoreFault(`${file} is a link: name the file that it leads to`);
    if (!stats.isFile()) throw new StoreFault(`${file} is no file`);
    return stats;
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    if (fault instanceof StoreFault) throw fault;
    throw new StoreFault(`${file} cannot be looked at (${codeOf(fault) ?? "fault"})`);
  }
}

function keepOwner(fd: number, { uid, gid, mode }: Stats, file: string): void {
  try {
    fchownSync(fd, uid, gid);
  } catch {
    throw new StoreFault(`${file} belongs to another user or group, which only root can keep`);
  }
  fchmodSync(fd, mode & 0o7777);
}
