import { createHash } from "node:crypto";
import { createReadStream, existsSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { BLOB_NAME } from "@firebreak/verifier";
import { FILES } from "../manifest.ts";
import type { EvidenceItem } from "../manifest.ts";
import type { ItemFacts, ReadJournal } from "./item-journal.ts";

const CUT_OFF = "its process ended";

/** What came in only in part, under the hash of that part. */
interface Part {
  readonly facts: ItemFacts;
  readonly bytes: number;
}

/**
 * Makes items of what a collection left that was cut off: those that it wrote down, once their content is proved to be
 * there; what it had of one that was still coming in; and content whose name was lost.
 *
 * @param at now, as ISO 8601
 * @throws Error when something else than files lies there
 */
export async function recoverItems(directory: string, journal: ReadJournal, at: string): Promise<EvidenceItem[]> {
  const blobs = path.join(directory, FILES.blobs);
  const { parts, lost } = await nameByContent(blobs, journal);
  const items = journal.items.map((item) => (isThere(blobs, item) ? item : withoutContent(item)));
  const named = new Set(items.map((item) => item.checksum_sha256));
  for (const facts of lost) items.push({ ...missing(facts, at), reason: `${CUT_OFF} before anything of it came in` });
  for (const name of readdirSync(blobs).filter((one) => !named.has(one))) {
    const part = parts.get(name) ?? { facts: unnamed(name), bytes: lstatSync(path.join(blobs, name)).size };
    items.push(inPart(name, part, at));
  }
  return items;
}

/** Every file gets the name that its content has: one whose writing was cut off is the part that was had. */
async function nameByContent(blobs: string, journal: ReadJournal) {
  const parts = new Map<string, Part>();
  const lost: ItemFacts[] = [];
  for (const name of readdirSync(blobs)) {
    const file = path.join(blobs, name);
    const { sha256, bytes } = await hashFile(file);
    if (name === sha256) continue;
    const known = journal.incoming.get(name);
    if (bytes === 0 && !BLOB_NAME.test(name)) {
      rmSync(file);
      if (known !== undefined) lost.push(known);
      continue;
    }
    parts.set(sha256, { facts: known ?? unnamed(name), bytes });
    if (existsSync(path.join(blobs, sha256))) rmSync(file);
    else renameSync(file, path.join(blobs, sha256));
  }
  return { parts, lost };
}

async function hashFile(file: string): Promise<{ sha256: string; bytes: number }> {
  if (!lstatSync(file).isFile()) throw new Error(`${file} is no plain file`);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    const part = Buffer.from(piece);
    hash.update(part);
    bytes += part.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

function isThere(blobs: string, { checksum_sha256: sha256, file_size_bytes: bytes }: EvidenceItem): boolean {
  return sha256 === null || lstatSync(path.join(blobs, sha256), { throwIfNoEntry: false })?.size === bytes;
}

function withoutContent(item: EvidenceItem): EvidenceItem {
  const none = { file_path: null, checksum_sha256: null, file_size_bytes: 0, status: "failed" } as const;
  return { ...item, ...none, reason: `${CUT_OFF}, and its content was not on the disk` };
}

function missing(facts: ItemFacts, at: string): EvidenceItem {
  const none = { file_path: null, checksum_sha256: null, file_size_bytes: 0 };
  return { ...facts, ...none, collected_at: at, status: "failed", reason: null };
}

function inPart(sha256: string, { facts, bytes }: Part, at: string): EvidenceItem {
  return {
    ...facts,
    file_path: `${FILES.blobs}/${sha256}`,
    checksum_sha256: sha256,
    file_size_bytes: bytes,
    collected_at: at,
    status: "degraded",
    reason: `${CUT_OFF}: only the first ${bytes} bytes may be here`,
  };
}

const unnamed = (name: string): ItemFacts => ({
  name: `interrupted/${name}`,
  description: "content whose name was lost when the collection was cut off",
  metadata: {},
});
