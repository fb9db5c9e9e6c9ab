import { createHash, createPublicKey, verify } from "node:crypto";
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { custodyEntry, evidenceManifest, FILES, manifestSignature } from "../manifest.ts";
import type { EvidenceManifest } from "../manifest.ts";

export interface Finding {
  /** which item or file is wrong */
  readonly item: string;
  readonly message: string;
}

export interface ArchiveVerdict {
  readonly intact: boolean;
  readonly findings: readonly Finding[];
  readonly items: number;
  readonly manifestSha256: string;
  /** id of the key that signed: SHA-256 of its DER. Compare it with the one you know. */
  readonly signedBy: string;
}

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const SMALL_FILE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Checks an archive with nothing but its directory: signature over the manifest, hash and size of every blob, files that
 * do not belong, and the custody log's chain. Everything in the directory is treated as hostile.
 *
 * A signature proves that the holder of the key sealed this; `expectedKeyId` says which key it must be. Without it a
 * whole replacement, signed by another key, cannot be told: the verdict names the key for you to compare.
 */
export async function verifyArchive(directory: string, expectedKeyId?: string): Promise<ArchiveVerdict> {
  const findings: Finding[] = [];
  const manifestBytes = readPlainFile(directory, FILES.manifest, MANIFEST_BYTES_MAX, findings);
  const manifestSha256 = manifestBytes === null ? "" : sha256(manifestBytes);
  const signedBy = checkSignature(directory, manifestBytes, expectedKeyId, findings);
  const manifest = manifestBytes === null ? null : parseManifest(manifestBytes, findings);
  if (manifest !== null) {
    await checkBlobs(directory, manifest, findings);
    checkStrangers(directory, manifest, findings);
  }
  checkCustody(directory, manifestSha256, findings);
  const items = manifest?.evidence_items.length ?? 0;
  return { intact: findings.length === 0, findings, items, manifestSha256, signedBy };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Reads a regular file inside the archive; a link, a device or an oversized file is a finding. */
function readPlainFile(directory: string, name: string, bytesMax: number, findings: Finding[]): Buffer | null {
  try {
    const file = path.join(directory, name);
    const facts = lstatSync(file);
    if (!facts.isFile()) return report(findings, name, "is not a regular file");
    if (facts.size > bytesMax) return report(findings, name, `is larger than ${bytesMax} bytes`);
    return readFileSync(file);
  } catch {
    return report(findings, name, "is missing or cannot be read");
  }
}

function report(findings: Finding[], item: string, message: string): null {
  findings.push({ item, message });
  return null;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function parseManifest(bytes: Buffer, findings: Finding[]): EvidenceManifest | null {
  const parsed = evidenceManifest.safeParse(parseJson(bytes));
  if (!parsed.success) return report(findings, FILES.manifest, "is not a manifest of this format");
  if (parsed.data.total_evidence_items !== parsed.data.evidence_items.length) {
    report(findings, FILES.manifest, "names another number of items than it lists");
  }
  return parsed.data;
}

function checkSignature(
  directory: string,
  manifest: Buffer | null,
  expectedKeyId: string | undefined,
  findings: Finding[],
): string {
  const bytes = readPlainFile(directory, FILES.signature, SMALL_FILE_BYTES_MAX, findings);
  if (bytes === null) return "";
  const parsed = manifestSignature.safeParse(parseJson(bytes));
  if (!parsed.success) {
    report(findings, FILES.signature, "is not a signature of this format");
    return "";
  }
  const { key_id: keyId, public_key_pem: pem, signature_base64: signature } = parsed.data;
  if (manifest !== null && parsed.data.manifest_sha256 !== sha256(manifest)) {
    report(findings, FILES.manifest, "was changed after it was signed");
  }
  if (!signatureHolds(pem, keyId, signature, manifest)) report(findings, FILES.signature, "does not fit the manifest");
  if (expectedKeyId !== undefined && expectedKeyId !== keyId) {
    report(findings, FILES.signature, `was made by key ${keyId}, not by ${expectedKeyId}`);
  }
  return keyId;
}

function signatureHolds(pem: string, keyId: string, signature: string, manifest: Buffer | null): boolean {
  try {
    const key = createPublicKey(pem);
    const isNamedKey = sha256(key.export({ type: "spki", format: "der" })) === keyId;
    const isEd25519 = key.asymmetricKeyType === "ed25519";
    return (
      isNamedKey && isEd25519 && manifest !== null && verify(null, manifest, key, Buffer.from(signature, "base64"))
    );
  } catch {
    return false;
  }
}

async function checkBlobs(directory: string, manifest: EvidenceManifest, findings: Finding[]): Promise<void> {
  for (const item of manifest.evidence_items) {
    if (item.file_path === null || item.checksum_sha256 === null) continue;
    if (item.file_path !== `${FILES.blobs}/${item.checksum_sha256}`) {
      report(findings, item.name, "is not named by its hash");
      continue;
    }
    const found = await hashPlainFile(path.join(directory, item.file_path));
    if (found === null) report(findings, item.name, `is missing (${item.file_path})`);
    else if (found.sha256 !== item.checksum_sha256) report(findings, item.name, "has other content than was collected");
    else if (found.bytes !== item.file_size_bytes) report(findings, item.name, "has another size than was recorded");
  }
}

async function hashPlainFile(file: string): Promise<{ sha256: string; bytes: number } | null> {
  try {
    if (!lstatSync(file).isFile()) return null;
    const handle = await open(file, "r");
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of handle.createReadStream()) {
      hash.update(piece);
      bytes += piece.length;
    }
    return { sha256: hash.digest("hex"), bytes };
  } catch {
    return null;
  }
}

function checkStrangers(directory: string, manifest: EvidenceManifest, findings: Finding[]): void {
  const known = new Set(manifest.evidence_items.map((item) => item.file_path));
  for (const name of readdirSync(directory)) {
    if (!Object.values(FILES).some((own) => own === name)) report(findings, name, "does not belong to the archive");
  }
  for (const name of listBlobs(directory)) {
    const item = `${FILES.blobs}/${name}`;
    if (!known.has(item)) report(findings, item, "does not stand in the manifest");
  }
}

function listBlobs(directory: string): string[] {
  try {
    return readdirSync(path.join(directory, FILES.blobs));
  } catch {
    return [];
  }
}

function checkCustody(directory: string, manifestSha256: string, findings: Finding[]): void {
  const bytes = readPlainFile(directory, FILES.custody, SMALL_FILE_BYTES_MAX, findings);
  if (bytes === null) return;
  let previous = "0".repeat(64);
  for (const [index, line] of bytes.toString("utf8").trimEnd().split("\n").entries()) {
    const where = `${FILES.custody} line ${index + 1}`;
    const entry = custodyEntry.safeParse(parseJson(Buffer.from(line)));
    if (!entry.success) report(findings, where, "is not a custody entry");
    else if (entry.data.prev_sha256 !== previous) report(findings, where, "does not follow the line before it");
    else if (entry.data.manifest_sha256 !== manifestSha256) report(findings, where, "speaks of another manifest");
    previous = sha256(Buffer.from(line));
  }
}
