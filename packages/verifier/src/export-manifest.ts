import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { isSignedBy, parseNote, signNote } from "./note.ts";
import type { VerifierKey } from "./note.ts";

/** The first line of a manifest: no checkpoint begins so, so that neither can be taken for the other. */
const MAGIC = "firebreak-export/v1";

/** What a manifest says of a file. Everything else in it is for people. */
interface ExportManifest {
  readonly file: string;
  readonly events: number;
  readonly bytes: number;
  /** of the file, hexadecimal */
  readonly sha256: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** @param sign Ed25519 over the bytes @returns the manifest: a signed note (C2SP signed-note) over one line of JSON */
export function formatManifest(
  content: Readonly<Record<string, unknown>>,
  signer: { name: string; publicKey: Uint8Array; sign: (bytes: Uint8Array) => Buffer },
): string {
  return signNote(`${MAGIC}\n${JSON.stringify(content)}\n`, signer);
}

type ManifestVerdict =
  | { readonly manifest: ExportManifest; readonly problem: null }
  | { readonly manifest: null; readonly problem: string };

/** Reads a manifest that one of the keys signed. Hostile input: nothing in it counts before its signature. */
function readManifest(note: string, keys: readonly VerifierKey[]): ManifestVerdict {
  const parsed = parseNote(note);
  if (parsed === undefined) return { manifest: null, problem: "the manifest is no signed note" };
  if (!isSignedBy(parsed, keys)) return { manifest: null, problem: "none of the keys signed the manifest" };
  const [magic, json = "", ...rest] = parsed.text.split("\n");
  if (magic !== MAGIC || rest.length !== 1) return { manifest: null, problem: "the note is no manifest of an export" };
  const content = parseRecord(json);
  const { file, events, bytes, sha256 } = content ?? {};
  const isManifest =
    typeof file === "string" &&
    isCount(events) &&
    isCount(bytes) &&
    typeof sha256 === "string" &&
    /^[\da-f]{64}$/.test(sha256);
  if (content === undefined || !isManifest)
    return { manifest: null, problem: "the manifest does not say what the file is" };
  return { manifest: { file, events, bytes, sha256, content }, problem: null };
}

export interface ExportVerdict {
  /** null when the file is what the manifest says, and a key signed that */
  readonly problem: string | null;
  /** what the manifest says, once its signature was good */
  readonly content: Readonly<Record<string, unknown>> | null;
}

/**
 * Checks an exported file of any size against its manifest.
 *
 * @throws Error of the file system when the file cannot be read
 */
export async function verifyExportFile(
  file: string,
  { note, keys }: { readonly note: string; readonly keys: readonly VerifierKey[] },
): Promise<ExportVerdict> {
  const { manifest, problem } = readManifest(note, keys);
  if (manifest === null) return { problem, content: null };
  const { content } = manifest;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(file)) {
    hash.update(piece);
    bytes += Buffer.byteLength(piece);
  }
  if (bytes !== manifest.bytes) {
    return { problem: `the file has ${bytes} bytes, and the manifest says ${manifest.bytes}`, content };
  }
  const isSame = hash.digest("hex") === manifest.sha256;
  return { problem: isSame ? null : "the file's SHA-256 is not the one in the manifest", content };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parseRecord(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
