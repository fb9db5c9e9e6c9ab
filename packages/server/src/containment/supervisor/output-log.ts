import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import type { Logger } from "../../kernel/index.ts";
import { messageOf } from "../../kernel/index.ts";

/** Keeps the last output of an agent: `path` and, when that was full, the part before it in `path.1`. */
export interface OutputLog {
  write(chunk: Uint8Array): void;
  close(): void;
}

/** @param maxBytes of both files together. A full disk loses output, never the agent. */
export function openOutputLog(path: string, maxBytes: number, logger: Logger): OutputLog {
  let fd: number | null = openSync(path, "a", 0o600);
  let bytes = 0;
  const turnOver = () => {
    if (fd !== null) closeSync(fd);
    fd = null;
    renameSync(path, `${path}.1`);
    fd = openSync(path, "wx", 0o600);
    bytes = 0;
  };
  const write = (chunk: Uint8Array) => {
    try {
      if (bytes > 0 && bytes + chunk.length > maxBytes / 2) turnOver();
      if (fd !== null) bytes += writeSync(fd, chunk);
    } catch (fault) {
      logger.warn("the agent's output could not be kept", { path, error: messageOf(fault) });
    }
  };
  const close = () => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  return { write, close };
}
