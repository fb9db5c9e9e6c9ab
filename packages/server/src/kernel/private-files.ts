import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";

/** Makes a directory that only its owner can enter; an existing one loses the rights of others. */
export function ensurePrivateDir(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/** Writes all of `bytes`; a short write (a disk that fills up) goes on until the system reports the error. */
export function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += writeSync(fd, bytes, offset);
}

/** Makes the names in a directory durable. Where directories cannot be opened this does nothing. */
export function syncDir(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } catch {
    // some file systems refuse fsync on a directory; the file itself is synced
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file so that a reader sees the old or the new text and never a part; mode 0600.
 *
 * @param options.durable also fsync before the rename
 */
export function writeFileAtomic(path: string, text: string, options: { durable?: boolean } = {}): void {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      writeAllSync(fd, Buffer.from(text));
      if (options.durable === true) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (fault) {
    rmSync(temporary, { force: true });
    throw fault;
  }
}
