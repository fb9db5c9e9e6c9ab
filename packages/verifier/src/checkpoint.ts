import { HASH_BYTES } from "./hash.ts";
import { parseNote } from "./note.ts";

/** What a log says of itself at one moment (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** the log's name */
  readonly origin: string;
  /** leaves */
  readonly size: number;
  readonly root: Buffer;
}

/** @returns the text that is signed */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** @param text of a signed note @returns undefined for a text that is no checkpoint; lines beyond the third are passed over */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = "", digits = "", encoded = ""] = text.split("\n");
  const root = Buffer.from(encoded, "base64");
  const size = Number(digits);
  const isRight =
    origin !== "" &&
    /^(?:0|[1-9]\d{0,15})$/.test(digits) &&
    Number.isSafeInteger(size) &&
    root.length === HASH_BYTES &&
    root.toString("base64") === encoded;
  return isRight ? { origin, size, root } : undefined;
}

/** @returns what a signed checkpoint says, whoever signed it; undefined for a text that is none */
export function readCheckpoint(note: string): Checkpoint | undefined {
  const signed = parseNote(note);
  return signed === undefined ? undefined : parseCheckpoint(signed.text);
}
