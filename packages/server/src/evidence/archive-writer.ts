import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Clock, SigningKey } from "../kernel/index.ts";
import { ensurePrivateDir, syncDir, toIso, writeAllSync } from "../kernel/index.ts";
import { FILES } from "./manifest.ts";
import type { EvidenceItem, EvidenceManifest } from "./manifest.ts";
import { signManifest } from "./signing-key.ts";

type ItemFacts = Pick<EvidenceItem, "name" | "description" | "metadata"> & {
  /** why the item is not complete; makes it `degraded` */
  readonly degraded?: string;
};

/**
 * Writes one archive: blobs named by their SHA-256, then the manifest, then its signature. An archive without a manifest
 * was never finished. Nothing in it is ever replaced.
 */
export class ArchiveWriter {
  readonly directory: string;
  readonly items: EvidenceItem[] = [];
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.#clock = clock;
    ensurePrivateDir(path.join(directory, FILES.blobs));
  }

  /** Stores bytes as one item. */
  addBytes(facts: ItemFacts, bytes: Buffer): void {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = path.join(this.directory, FILES.blobs, sha256);
    if (!existsSync(file)) writeDurably(file, bytes);
    this.#record(facts, sha256, bytes.length);
  }

  /**
   * Copies a file as one item, in pieces, so that its size costs no memory.
   * @param bytesMax copies no more than this and says so
   * @param fromEnd copies the last `bytesMax` bytes instead of the first
   */
  async addFile(
    facts: ItemFacts,
    source: string,
    bytesMax: number,
    fromEnd: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const temporary = path.join(this.directory, FILES.blobs, `incoming-${this.items.length}`);
    const copied = await copyHashed(source, temporary, { bytesMax, fromEnd, signal }).catch(async (fault: unknown) => {
      await rm(temporary, { force: true });
      throw fault;
    });
    await rename(temporary, path.join(this.directory, FILES.blobs, copied.sha256));
    const part = `only ${copied.bytes} of ${copied.size} bytes were kept (the ${fromEnd ? "last" : "first"} ones)`;
    const cut = copied.bytes < copied.size ? { degraded: facts.degraded ?? part } : {};
    this.#record({ ...facts, ...cut }, copied.sha256, copied.bytes);
  }

  /** Records that something could not be had, and why. */
  addFailure(facts: Pick<EvidenceItem, "name" | "description">, reason: string): void {
    this.items.push({
      ...facts,
      file_path: null,
      checksum_sha256: null,
      file_size_bytes: 0,
      collected_at: toIso(this.#clock.now()),
      status: "failed",
      reason,
      metadata: {},
    });
  }

  /** Writes manifest and signature. @returns the manifest's SHA-256 */
  seal(manifest: EvidenceManifest, key: SigningKey): string {
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const signature = signManifest(key, bytes);
    syncDir(path.join(this.directory, FILES.blobs));
    writeDurably(path.join(this.directory, FILES.signature), Buffer.from(`${JSON.stringify(signature, null, 2)}\n`));
    writeDurably(path.join(this.directory, FILES.manifest), bytes);
    syncDir(this.directory);
    return signature.manifest_sha256;
  }

  #record(facts: ItemFacts, sha256: string, bytes: number): void {
    this.items.push({
      name: facts.name,
      file_path: `${FILES.blobs}/${sha256}`,
      description: facts.description,
      checksum_sha256: sha256,
      file_size_bytes: bytes,
      collected_at: toIso(this.#clock.now()),
      status: facts.degraded === undefined ? "collected" : "degraded",
      reason: facts.degraded ?? null,
      metadata: facts.metadata,
    });
  }
}

/** The file appears whole or not at all: written under another name, synced, renamed. */
function writeDurably(file: string, bytes: Buffer): void {
  const temporary = `${file}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeAllSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}

const PIECE_BYTES = 1024 * 1024;

async function copyHashed(
  source: string,
  target: string,
  options: { bytesMax: number; fromEnd: boolean; signal: AbortSignal },
): Promise<{ sha256: string; bytes: number; size: number }> {
  const input = await open(source, "r");
  const output = await open(target, "w", 0o600);
  try {
    const { size } = await input.stat();
    let position = options.fromEnd ? Math.max(0, size - options.bytesMax) : 0;
    const end = Math.min(size, position + options.bytesMax);
    const hash = createHash("sha256");
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(1, end - position)));
    let bytes = 0;
    while (position < end) {
      options.signal.throwIfAborted();
      const { bytesRead } = await input.read(piece, 0, Math.min(piece.length, end - position), position);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      await output.write(piece, 0, bytesRead);
      position += bytesRead;
      bytes += bytesRead;
    }
    await output.sync();
    return { sha256: hash.digest("hex"), bytes, size };
  } finally {
    await Promise.all([input.close(), output.close()]);
  }
}
