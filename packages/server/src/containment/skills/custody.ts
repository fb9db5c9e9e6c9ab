import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";

export interface CustodyLine {
  readonly at: string;
  readonly act: string;
  readonly actor: string;
  readonly reason: string;
  /** of what it was about */
  readonly sha256: string | null;
}

const GENESIS = "0".repeat(64);

/** Appends one line, durable; each carries the hash of the line before it, so that none can be taken out unseen. */
export function appendCustody(file: string, line: CustodyLine): void {
  const last = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").at(-1) : undefined;
  const prev = last === undefined ? GENESIS : createHash("sha256").update(last).digest("hex");
  const fd = openSync(file, "a", 0o600);
  try {
    appendFileSync(fd, `${JSON.stringify({ ...line, prev_sha256: prev })}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
