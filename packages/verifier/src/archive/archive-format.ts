import { readJson } from "./read-json.ts";

/** Names of the files of an archive, format `firebreak-evidence/1` (docs/evidence.md). */
export const ARCHIVE_FILES = {
  manifest: "manifest.json",
  signature: "manifest.sig.json",
  custody: "custody.jsonl",
  blobs: "blobs",
} as const;

export const ARCHIVE_ID = /^evd_[0-9A-Z]{26}$/;
export const BLOB_NAME = /^[0-9a-f]{64}$/;
const ITEMS_MAX = 100_000;
const NAME_LENGTH_MAX = 512;

export const ITEM_STATES = ["collected", "degraded", "failed"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

export interface ArchiveItem {
  readonly name: string;
  readonly description: string;
  /** SHA-256 of its blob, hexadecimal; null when nothing could be had */
  readonly sha256: string | null;
  readonly bytes: number;
  readonly collectedAt: string;
  readonly state: ItemState;
  readonly reason: string | null;
}

export interface ArchiveManifest {
  readonly archiveId: string;
  readonly incidentId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly reason: string;
  readonly collector: string;
  readonly hostname: string;
  readonly platform: string;
  readonly startedAt: string;
  readonly completedAt: string;
  readonly items: readonly ArchiveItem[];
}

export interface ArchiveSignature {
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly manifestSha256: string;
  readonly signatureBase64: string;
}

export const CUSTODY_ACTS = [
  "collected",
  "sealed",
  "verified",
  "read",
  "exported",
  "transferred",
  "stored",
  "restored",
  "held",
  "released",
  "deleted",
] as const;
export type CustodyAct = (typeof CUSTODY_ACTS)[number];

export interface CustodyLine {
  readonly at: string;
  readonly act: CustodyAct;
  readonly actor: string;
  readonly reason: string;
  /** address or host that the actor was at; null when it was not recorded */
  readonly from: string | null;
  /** whom it was handed to; null unless it was transferred */
  readonly to: string | null;
  readonly manifestSha256: string;
  readonly prevSha256: string;
}

/** A value of the format, or why the bytes are none. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

class FormatError extends Error {}

const MANIFEST_FIELDS = [
  "format",
  "archive_id",
  "incident_id",
  "agent_id",
  "session_id",
  "reason",
  "collector",
  "hostname",
  "platform",
  "collection_started",
  "collection_completed",
  "total_evidence_items",
  "evidence_items",
];
const ITEM_FIELDS = [
  "name",
  "file_path",
  "description",
  "checksum_sha256",
  "file_size_bytes",
  "collected_at",
  "status",
  "reason",
  "metadata",
];

/** @returns the manifest; everything in it is still only what its writer said */
export function parseManifest(bytes: Uint8Array): Parsed<ArchiveManifest> {
  return parse(bytes, "is not a manifest of this format", (root) => {
    const fields = readFields(root, MANIFEST_FIELDS);
    if (fields["format"] !== "firebreak-evidence/1") throw new FormatError();
    const items = fields["evidence_items"];
    if (!Array.isArray(items) || items.length > ITEMS_MAX) throw new FormatError();
    if (fields["total_evidence_items"] !== items.length)
      throw new FormatError("names another number of items than it lists");
    return {
      archiveId: matching(fields["archive_id"], ARCHIVE_ID),
      incidentId: textOrNull(fields["incident_id"]),
      agentId: textOrNull(fields["agent_id"]),
      sessionId: textOrNull(fields["session_id"]),
      reason: text(fields["reason"]),
      collector: text(fields["collector"]),
      hostname: text(fields["hostname"]),
      platform: text(fields["platform"]),
      startedAt: text(fields["collection_started"]),
      completedAt: text(fields["collection_completed"]),
      items: items.map(readItem),
    };
  });
}

function readItem(value: unknown): ArchiveItem {
  const fields = readFields(value, ITEM_FIELDS);
  const name = text(fields["name"]);
  if (name.length === 0 || name.length > NAME_LENGTH_MAX) throw new FormatError();
  const sha256 = fields["checksum_sha256"] === null ? null : matching(fields["checksum_sha256"], BLOB_NAME);
  const path = sha256 === null ? null : `${ARCHIVE_FILES.blobs}/${sha256}`;
  const state = ITEM_STATES.find((known) => known === fields["status"]);
  // an item without content is one that failed, and the other way round: nothing may claim to be there without a hash
  if (fields["file_path"] !== path || state === undefined || (state === "failed") !== (sha256 === null)) {
    throw new FormatError();
  }
  readObject(fields["metadata"]);
  return {
    name,
    description: text(fields["description"]),
    sha256,
    bytes: count(fields["file_size_bytes"]),
    collectedAt: text(fields["collected_at"]),
    state,
    reason: textOrNull(fields["reason"]),
  };
}

export function parseSignature(bytes: Uint8Array): Parsed<ArchiveSignature> {
  return parse(bytes, "is not a signature of this format", (root) => {
    const keys = ["algorithm", "key_id", "public_key_pem", "manifest_sha256", "signature_base64"];
    const fields = readFields(root, keys);
    if (fields["algorithm"] !== "Ed25519") throw new FormatError();
    return {
      keyId: matching(fields["key_id"], BLOB_NAME),
      publicKeyPem: matching(fields["public_key_pem"], /^[\x20-\x7e\n]{1,1000}$/),
      manifestSha256: matching(fields["manifest_sha256"], BLOB_NAME),
      signatureBase64: matching(fields["signature_base64"], /^[A-Za-z0-9+/=]{1,200}$/),
    };
  });
}

export function parseCustodyLine(bytes: Uint8Array): Parsed<CustodyLine> {
  return parse(bytes, "is not a custody entry", (root) => {
    const required = ["at", "act", "actor", "reason", "manifest_sha256", "prev_sha256"];
    const fields = readFields(root, required, ["from", "to"]);
    const act = CUSTODY_ACTS.find((known) => known === fields["act"]);
    if (act === undefined) throw new FormatError();
    return {
      at: text(fields["at"]),
      act,
      actor: text(fields["actor"]),
      reason: text(fields["reason"]),
      from: textOrNull(fields["from"] ?? null),
      to: textOrNull(fields["to"] ?? null),
      manifestSha256: text(fields["manifest_sha256"]),
      prevSha256: matching(fields["prev_sha256"], BLOB_NAME),
    };
  });
}

function parse<T>(bytes: Uint8Array, otherwise: string, read: (root: unknown) => T): Parsed<T> {
  const json = readJson(bytes);
  if (!json.ok) return { ok: false, why: `${otherwise}: it ${json.why}` };
  try {
    return { ok: true, value: read(json.value) };
  } catch (fault) {
    if (!(fault instanceof FormatError)) throw fault;
    return { ok: false, why: fault.message === "" ? otherwise : fault.message };
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Guarantee: checked to be an object that is no list. */
function readObject(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FormatError();
  return value as Fields;
}

/** An object with exactly these fields, so that nothing stands in it that no reader looks at. */
function readFields(value: unknown, required: readonly string[], optional: readonly string[] = []): Fields {
  const fields = readObject(value);
  const names = Object.keys(fields);
  const isKnown = names.every((name) => required.includes(name) || optional.includes(name));
  if (!isKnown || !required.every((name) => Object.hasOwn(fields, name))) throw new FormatError();
  return fields;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new FormatError();
  return value;
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value);
}

function matching(value: unknown, pattern: RegExp): string {
  const found = text(value);
  if (!pattern.test(found)) throw new FormatError();
  return found;
}

function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new FormatError();
  return value;
}
