import { HASH_BYTES } from "./hash.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
const PATH_MAX = 63;

/** A proof that an entry is in a log, whole in one file (C2SP tlog-proof). */
export interface ProofFile {
  readonly index: number;
  readonly path: readonly Buffer[];
  /** the signed checkpoint */
  readonly checkpoint: string;
}

export function formatProofFile({ index, path, checkpoint }: ProofFile): string {
  const hashes = path.map((hash) => `${hash.toString("base64")}\n`).join("");
  return `${HEADER}\nindex ${index}\n${hashes}\n${checkpoint}`;
}

/** @returns undefined for a text that is no proof */
export function parseProofFile(text: string): ProofFile | undefined {
  const split = text.indexOf("\n\n");
  const [header, ...rest] = text.slice(0, Math.max(0, split)).split("\n");
  if (header !== HEADER) return undefined;
  const lines = rest[0]?.startsWith("extra ") === true ? rest.slice(1) : rest;
  const digits = /^index (0|[1-9]\d{0,15})$/.exec(lines[0] ?? "")?.[1];
  const path = lines.slice(1).map((line) => Buffer.from(line, "base64"));
  const isRight = path.length <= PATH_MAX && path.every((hash) => hash.length === HASH_BYTES);
  if (digits === undefined || !isRight) return undefined;
  return { index: Number(digits), path, checkpoint: text.slice(split + 2) };
}
