import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseManifest } from "@firebreak/verifier";
import type { ArchiveVerdict } from "@firebreak/verifier";
import { FirebreakError } from "../kernel/index.ts";
import { keepObject } from "../objects/index.ts";
import type { KeptObject, ObjectLock, ObjectStore } from "../objects/index.ts";
import { FILES } from "./manifest.ts";

export interface StoreRequest {
  readonly archive: { readonly id: string; readonly directory: string; readonly manifestSha256: string };
  readonly store: ObjectStore;
  readonly lock: ObjectLock | null;
  readonly signal: AbortSignal;
  /** hashes the whole archive */
  readonly verify: (directory: string) => Promise<Pick<ArchiveVerdict, "intact" | "findings">>;
}

export interface StoredCopy {
  readonly objects: number;
  readonly bytes: number;
  /** the store says of every object that it is under the lock that was asked for */
  readonly locked: boolean;
}

/**
 * Copies a sealed archive into an object store: each blob under its hash, manifest, signature, and each line of the custody
 * log as an object of its own, so that nothing there is ever written over. Every object is read back until its hash is
 * right. Doing it again goes on where it was cut off. What is not intact here is not copied.
 *
 * @throws FirebreakError conflict, ObjectStoreError
 */
export async function storeArchive({ archive, store, lock, signal, verify }: StoreRequest): Promise<StoredCopy> {
  const { intact, findings } = await verify(archive.directory);
  const [first] = findings;
  if (!intact) throw new FirebreakError("conflict", `it is not intact here: ${first?.item} ${first?.message}`);
  const kept: KeptObject[] = [];
  for (const { name, sha256, content } of objectsOf(archive)) {
    signal.throwIfAborted();
    const key = `${archive.id}/${name}`;
    kept.push(await keepObject(store, { key, sha256, content, ...(lock === null ? {} : { lock }) }));
  }
  return {
    objects: kept.length,
    bytes: kept.reduce((sum, one) => sum + one.bytes, 0),
    locked: lock !== null && kept.every((one) => covers(one.lock, lock)),
  };
}

interface Part {
  readonly name: string;
  readonly sha256: string;
  readonly content: Uint8Array | { readonly file: string };
}

/** The custody log last: an archive whose custody is there is there whole. */
function objectsOf({ directory, manifestSha256 }: StoreRequest["archive"]): Part[] {
  const read = (name: string): Buffer => readFileSync(path.join(directory, name));
  const bytes = read(FILES.manifest);
  const manifest = parseManifest(bytes);
  if (!manifest.ok || hashOf(bytes) !== manifestSha256) {
    throw new FirebreakError("conflict", "its manifest is not the one on record");
  }
  const blobs = new Set(manifest.value.items.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256])));
  const signature = read(FILES.signature);
  const lines = read(FILES.custody)
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Buffer.from(line));
  return [
    ...[...blobs].map((sha256) => {
      const name = `${FILES.blobs}/${sha256}`;
      return { name, sha256, content: { file: path.join(directory, name) } };
    }),
    { name: FILES.manifest, sha256: manifestSha256, content: bytes },
    { name: FILES.signature, sha256: hashOf(signature), content: signature },
    ...lines.map((line, index) => ({
      name: `custody/${String(index + 1).padStart(6, "0")}.json`,
      sha256: hashOf(line),
      content: line,
    })),
  ];
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Stores keep whole seconds only. */
const SECOND_MS = 1000;

function covers(found: ObjectLock | null, wanted: ObjectLock): boolean {
  if (found === null || (wanted.legalHold && !found.legalHold)) return false;
  if (wanted.mode === null) return true;
  const until = Date.parse(found.retainUntil ?? "");
  return found.mode === wanted.mode && until >= Date.parse(wanted.retainUntil ?? "") - SECOND_MS;
}
