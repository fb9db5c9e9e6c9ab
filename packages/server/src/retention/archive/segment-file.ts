import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { RetentionClass } from "@firebreak/protocol";
import { isSignedBy, parseNote, parseVerifierKey, signNote } from "@firebreak/verifier";
import type { VerifierKey } from "@firebreak/verifier";
import { SEGMENT_BYTES_MAX, SEGMENT_FILE } from "../../audit/index.ts";
import type { LogKey } from "../../audit/index.ts";
import { canonicalJson, ensurePrivateDir, FirebreakError, messageOf, syncDir, toIso } from "../../kernel/index.ts";

/** What the signed manifest beside a segment says of it. */
export interface SegmentManifest {
  readonly id: string;
  /** the log's name */
  readonly origin: string;
  readonly class: RetentionClass;
  readonly pack: string | null;
  readonly table: string;
  readonly rows: number;
  readonly oldest: string;
  readonly newest: string;
  /** of the compressed file */
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: string;
  /** the segment that it stands for, after an erasure */
  readonly replaces?: string;
}

const FORM = "firebreak/segment/1";
const compress = promisify(gzip);
const unpack = promisify(gunzip);

/** @returns where a segment lies below the home */
export function segmentFile(
  tier: "warm" | "cold",
  about: { class: RetentionClass; id: string; newestMs: number },
): string {
  const month = toIso(about.newestMs).slice(0, 7);
  return `archive/${tier}/${about.class}/${month}/${about.id}.ndjson.gz`;
}

export const manifestFile = (file: string): string => file.replace(/\.ndjson\.gz$/, ".manifest");

/**
 * Writes a segment, reads it back, and signs what it holds: the lines, one row each, compressed. Nothing is there under its
 * name before all of it is on disk.
 *
 * @throws Error when it cannot be written, or is not read as it was written
 */
export async function writeSegment(
  home: string,
  file: string,
  lines: readonly string[],
  about: Omit<SegmentManifest, "bytes" | "sha256" | "rows">,
  logKey: LogKey,
): Promise<SegmentManifest> {
  const plain = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const packed = await compress(plain);
  const place = path.join(home, file);
  const manifest = { ...about, rows: lines.length, bytes: packed.length, sha256: sha256Of(packed) };
  const text = `${FORM}\n${canonicalJson(manifest)}\n`;
  const note = signNote(text, { name: about.origin, publicKey: logKey.publicKey, sign: logKey.sign });
  ensurePrivateDir(path.dirname(place));
  // first what tells of it: so no file of rows is ever there that nothing tells of
  await writeWhole(path.join(home, manifestFile(file)), Buffer.from(note));
  await writeWhole(place, packed);
  syncDir(path.dirname(place));
  const stored = await readFile(place);
  if (!stored.equals(packed) || !(await unpack(stored, { maxOutputLength: SEGMENT_BYTES_MAX })).equals(plain)) {
    throw new Error(`${file} is not read as it was written`);
  }
  return manifest;
}

const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

async function writeWhole(place: string, bytes: Buffer): Promise<void> {
  const temporary = `${place}.tmp`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, place);
  } catch (fault) {
    await rm(temporary, { force: true });
    throw fault;
  }
}

/** Copies a segment with its manifest to another place below the home; the copy is read back. */
export async function copySegment(home: string, from: string, to: string): Promise<void> {
  if (!SEGMENT_FILE.test(from) || !SEGMENT_FILE.test(to)) throw new Error(`${from} or ${to} is no place of a segment`);
  ensurePrivateDir(path.dirname(path.join(home, to)));
  for (const [source, target] of [
    [manifestFile(from), manifestFile(to)],
    [from, to],
  ] as const) {
    const bytes = await readFile(path.join(home, source));
    await writeWhole(path.join(home, target), bytes);
    if (!(await readFile(path.join(home, target))).equals(bytes))
      throw new Error(`${target} is not read as it was written`);
  }
  syncDir(path.dirname(path.join(home, to)));
}

export async function removeSegment(home: string, file: string): Promise<void> {
  if (!SEGMENT_FILE.test(file)) throw new Error(`${file} is no place of a segment`);
  await rm(path.join(home, file), { force: true });
  await rm(path.join(home, manifestFile(file)), { force: true });
}

/**
 * Reads a segment whole.
 *
 * @param expected what the database says of it, if it does
 * @throws FirebreakError `not_found` when it is not there; `conflict` when it is not what was signed
 */
export async function readSegment(
  home: string,
  file: string,
  keys: readonly VerifierKey[],
): Promise<{ readonly manifest: SegmentManifest; readonly lines: string[] }> {
  if (!SEGMENT_FILE.test(file)) throw new FirebreakError("conflict", `${file} is no place of a segment.`);
  const read = async (name: string) => {
    try {
      return await readFile(path.join(home, name));
    } catch (fault) {
      throw new FirebreakError("not_found", `${name} cannot be read below the home: ${messageOf(fault)}`);
    }
  };
  const packed = await read(file);
  const note = parseNote((await read(manifestFile(file))).toString("utf8"));
  if (note === undefined || !isSignedBy(note, keys)) {
    throw new FirebreakError("conflict", `The manifest of ${file} bears no valid signature of a key of this log.`);
  }
  const manifest = readManifest(note.text);
  if (manifest === undefined || manifest.sha256 !== sha256Of(packed) || !file.includes(manifest.id)) {
    throw new FirebreakError("conflict", `${file} is not what its signed manifest tells of.`);
  }
  const plain = await unpack(packed, { maxOutputLength: SEGMENT_BYTES_MAX });
  const lines = plain.toString("utf8").split("\n").slice(0, -1);
  if (lines.length !== manifest.rows)
    throw new FirebreakError("conflict", `${file} holds ${lines.length} rows instead of ${manifest.rows}.`);
  return { manifest, lines };
}

/** Signed by us, so of our form. */
function readManifest(text: string): SegmentManifest | undefined {
  const [form, body = ""] = text.split("\n");
  return form === FORM ? (JSON.parse(body) as SegmentManifest) : undefined;
}

export function parseKeys(keys: readonly string[]): VerifierKey[] {
  return keys.flatMap((key) => parseVerifierKey(key) ?? []);
}
