import { createHash, createPublicKey, verify } from "node:crypto";
import { ARCHIVE_FILES, BLOB_NAME, parseCustodyLine, parseManifest, parseSignature } from "./archive-format.ts";
import type { ArchiveManifest, CustodyLine, ItemState } from "./archive-format.ts";
import { ArchiveFault } from "./archive-source.ts";
import type { ArchiveEntry, ArchiveSource } from "./archive-source.ts";

export interface ArchiveFinding {
  /** which item or file is wrong */
  readonly item: string;
  readonly message: string;
}

export interface ArchiveVerdict {
  readonly intact: boolean;
  /** the first thousand; `findingsTotal` counts the others too */
  readonly findings: readonly ArchiveFinding[];
  readonly findingsTotal: number;
  readonly archiveId: string | null;
  readonly items: number;
  /** how complete the archive says it is */
  readonly states: Readonly<Record<ItemState, number>>;
  readonly manifestSha256: string;
  /** id of the key that signed: SHA-256 of its DER. Compare it with the one you know. */
  readonly signedBy: string;
  readonly manifest: ArchiveManifest | null;
  readonly custody: readonly CustodyLine[];
}

/** What the audit log says of one line of the custody log. */
export interface LoggedCustody {
  /** of the line, counted from 1 */
  readonly line: number;
  /** of the line without its end */
  readonly sha256: string;
}

export interface VerifyArchiveOptions {
  readonly source: ArchiveSource;
  /** what the archive lies in, for findings about the whole of it */
  readonly carrier: string;
  /** the key that must have signed; without it a whole replacement, signed by another key, cannot be told */
  readonly expectedKeyId?: string | undefined;
  /** the custody lines that the audit log knows; each must be there as it was logged, and no other */
  readonly loggedCustody?: readonly LoggedCustody[] | undefined;
  /** the archive is a copy: its custody may end with the line that says that it was exported */
  readonly isCopy?: boolean;
}

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 64 * 1024;
const CUSTODY_BYTES_MAX = 16 * 1024 * 1024;
const FINDINGS_MAX = 1000;

/**
 * Checks an archive with nothing but itself: the signature over the manifest, hash and size of every blob, entries that do
 * not belong, and the chain of the custody log. Everything in it is treated as hostile; its size costs no memory.
 */
export async function verifyArchive(options: VerifyArchiveOptions): Promise<ArchiveVerdict> {
  const check = new ArchiveCheck(options);
  try {
    for await (const entry of options.source) await check.look(entry);
  } catch (fault) {
    if (!(fault instanceof ArchiveFault)) throw fault;
    check.report(options.carrier, fault.message);
  }
  return check.judge();
}

interface Blob {
  readonly sha256: string;
  readonly bytes: number;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const SMALL_FILES: Readonly<Record<string, number>> = {
  [ARCHIVE_FILES.manifest]: MANIFEST_BYTES_MAX,
  [ARCHIVE_FILES.signature]: SIGNATURE_BYTES_MAX,
  [ARCHIVE_FILES.custody]: CUSTODY_BYTES_MAX,
};

class ArchiveCheck {
  readonly #options: VerifyArchiveOptions;
  readonly #findings: ArchiveFinding[] = [];
  #findingsTotal = 0;
  readonly #seen = new Set<string>();
  readonly #small = new Map<string, Buffer>();
  readonly #blobs = new Map<string, Blob>();
  /** files that are there and could not be taken: what is said of them is said once */
  readonly #spoiled = new Set<string>();

  constructor(options: VerifyArchiveOptions) {
    this.#options = options;
  }

  report(item: string, message: string): void {
    this.#findingsTotal += 1;
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ item, message });
  }

  async look(entry: ArchiveEntry): Promise<void> {
    const { name, kind, fault } = entry;
    const wrong = fault ?? this.#faultOf(name, kind);
    if (wrong !== null) {
      this.#spoiled.add(name);
      this.report(name, wrong);
      return;
    }
    this.#seen.add(name);
    const bytesMax = SMALL_FILES[name];
    if (bytesMax === undefined) await this.#hash(entry);
    else await this.#keep(entry, bytesMax);
  }

  #faultOf(name: string, kind: ArchiveEntry["kind"]): string | null {
    const blob = name.startsWith(`${ARCHIVE_FILES.blobs}/`) ? name.slice(ARCHIVE_FILES.blobs.length + 1) : null;
    const isOwn = Object.hasOwn(SMALL_FILES, name) || (blob !== null && BLOB_NAME.test(blob));
    if (!isOwn) return blob === null ? "does not belong to the archive" : "does not stand in the manifest";
    if (kind !== "file") return "is not a regular file";
    return this.#seen.has(name) ? "is there twice" : null;
  }

  async #keep(entry: ArchiveEntry, bytesMax: number): Promise<void> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const piece of entry.content()) {
        bytes += piece.length;
        if (bytes > bytesMax) throw new RangeError(`is larger than ${bytesMax} bytes`);
        parts.push(Buffer.from(piece));
      }
      this.#small.set(entry.name, Buffer.concat(parts));
    } catch (fault) {
      if (fault instanceof ArchiveFault) throw fault;
      this.#spoiled.add(entry.name);
      this.report(entry.name, fault instanceof RangeError ? fault.message : "is missing or cannot be read");
    }
  }

  async #hash(entry: ArchiveEntry): Promise<void> {
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const piece of entry.content()) {
        hash.update(piece);
        bytes += piece.length;
      }
      this.#blobs.set(entry.name, { sha256: hash.digest("hex"), bytes });
    } catch (fault) {
      if (fault instanceof ArchiveFault) throw fault;
      this.#spoiled.add(entry.name);
      this.report(entry.name, "cannot be read");
    }
  }

  judge(): ArchiveVerdict {
    const manifestBytes = this.#take(ARCHIVE_FILES.manifest);
    const manifestSha256 = manifestBytes === null ? "" : sha256(manifestBytes);
    const signedBy = this.#checkSignature(manifestBytes);
    const parsed = manifestBytes === null ? null : parseManifest(manifestBytes);
    if (parsed?.ok === false) this.report(ARCHIVE_FILES.manifest, parsed.why);
    const manifest = parsed?.ok === true ? parsed.value : null;
    if (manifest !== null) this.#checkBlobs(manifest);
    const custody = this.#checkCustody(manifestSha256);
    const states = { collected: 0, degraded: 0, failed: 0 };
    for (const item of manifest?.items ?? []) states[item.state] += 1;
    return {
      intact: this.#findingsTotal === 0,
      findings: this.#findings,
      findingsTotal: this.#findingsTotal,
      archiveId: manifest?.archiveId ?? null,
      items: manifest?.items.length ?? 0,
      states,
      manifestSha256,
      signedBy,
      manifest,
      custody,
    };
  }

  #take(name: string): Buffer | null {
    const bytes = this.#small.get(name) ?? null;
    if (bytes === null && !this.#spoiled.has(name)) this.report(name, "is missing or cannot be read");
    return bytes;
  }

  #checkSignature(manifest: Buffer | null): string {
    const bytes = this.#take(ARCHIVE_FILES.signature);
    if (bytes === null) return "";
    const parsed = parseSignature(bytes);
    if (!parsed.ok) {
      this.report(ARCHIVE_FILES.signature, parsed.why);
      return "";
    }
    const { keyId, manifestSha256 } = parsed.value;
    if (manifest !== null && manifestSha256 !== sha256(manifest)) {
      this.report(ARCHIVE_FILES.manifest, "was changed after it was signed");
    }
    if (!signatureHolds(parsed.value, manifest)) this.report(ARCHIVE_FILES.signature, "does not fit the manifest");
    const expected = this.#options.expectedKeyId;
    if (expected !== undefined && expected !== keyId) {
      this.report(ARCHIVE_FILES.signature, `was made by key ${keyId}, not by ${expected}`);
    }
    return keyId;
  }

  #checkBlobs(manifest: ArchiveManifest): void {
    const known = new Set<string>();
    for (const item of manifest.items) {
      if (item.sha256 === null) continue;
      const name = `${ARCHIVE_FILES.blobs}/${item.sha256}`;
      known.add(name);
      const found = this.#blobs.get(name);
      if (found === undefined) this.report(item.name, `is missing (${name})`);
      else if (found.sha256 !== item.sha256) this.report(item.name, "has other content than was collected");
      else if (found.bytes !== item.bytes) this.report(item.name, "has another size than was recorded");
    }
    for (const name of this.#blobs.keys()) {
      if (!known.has(name)) this.report(name, "does not stand in the manifest");
    }
  }

  #checkCustody(manifestSha256: string): CustodyLine[] {
    const bytes = this.#take(ARCHIVE_FILES.custody);
    if (bytes === null) return [];
    const lines = linesOf(bytes);
    const entries: CustodyLine[] = [];
    let previous = "0".repeat(64);
    for (const [index, line] of lines.entries()) {
      const where = `${ARCHIVE_FILES.custody} line ${index + 1}`;
      const entry = parseCustodyLine(line);
      if (!entry.ok) this.report(where, entry.why);
      else if (entry.value.prevSha256 !== previous) this.report(where, "does not follow the line before it");
      else if (entry.value.manifestSha256 !== manifestSha256) this.report(where, "speaks of another manifest");
      if (entry.ok) entries.push(entry.value);
      previous = sha256(line);
    }
    if (this.#options.loggedCustody !== undefined)
      this.#compareWithLog(lines, this.#options.loggedCustody, entries.at(-1));
    return entries;
  }

  #compareWithLog(lines: readonly Buffer[], logged: readonly LoggedCustody[], last: CustodyLine | undefined): void {
    const known = new Set(logged.map(({ line }) => line));
    const mayEndHere = this.#options.isCopy === true && last?.act === "exported";
    for (const { line, sha256: expected } of logged) {
      const found = lines[line - 1];
      const where = `${ARCHIVE_FILES.custody} line ${line}`;
      if (found === undefined) {
        if (!mayEndHere) this.report(where, "was cut off: the audit log has it");
      } else if (sha256(found) !== expected) this.report(where, "is not what the audit log has");
    }
    for (const index of lines.keys()) {
      if (!known.has(index + 1)) this.report(`${ARCHIVE_FILES.custody} line ${index + 1}`, "is not in the audit log");
    }
  }
}

/** Splits at line feeds and keeps the bytes as they are: what is hashed must not be decoded first. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    lines.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines.length === 0 ? [bytes] : lines;
}

function signatureHolds(
  signature: { keyId: string; publicKeyPem: string; signatureBase64: string },
  manifest: Buffer | null,
): boolean {
  try {
    const key = createPublicKey(signature.publicKeyPem);
    const isNamedKey = sha256(key.export({ type: "spki", format: "der" })) === signature.keyId;
    const isEd25519 = key.asymmetricKeyType === "ed25519";
    const bytes = Buffer.from(signature.signatureBase64, "base64");
    return isNamedKey && isEd25519 && manifest !== null && verify(null, manifest, key, bytes);
  } catch {
    return false;
  }
}
