import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import type { Clock, SigningKey } from "../kernel/index.ts";
import { ensurePrivateDir, syncDir, toIso, writeAllSync } from "../kernel/index.ts";
import type { ItemJournal } from "./collect/item-journal.ts";
import { FILES } from "./manifest.ts";
import type { EvidenceItem, EvidenceManifest } from "./manifest.ts";
import { signManifest } from "./signing-key.ts";
import { openRegularFile, writeBlob } from "./write-blob.ts";

type ItemFacts = Pick<EvidenceItem, "name" | "description" | "metadata"> & {
  /** why the item is not complete; makes it `degraded` */
  readonly degraded?: string;
};

export interface StreamLimits {
  /** what is more is not kept, and the item says so */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * Writes one archive: blobs named by their SHA-256, then the manifest, then its signature. An archive without a manifest
 * was never finished. Nothing in it is ever replaced.
 */
export class ArchiveWriter {
  readonly directory: string;
  readonly items: EvidenceItem[];
  readonly #clock: Clock;
  readonly #journal: ItemJournal | null;
  /** counts the files of what comes in; items may come in side by side */
  #incoming = 0;
  /** those that are not whole yet */
  readonly #underWay = new Set<string>();
  #isSealed = false;

  /**
   * @param journal is told of every item before its content is there
   * @param items of an archive that was begun before
   */
  constructor(
    directory: string,
    clock: Clock,
    { journal = null, items = [] }: { journal?: ItemJournal | null; items?: EvidenceItem[] } = {},
  ) {
    this.directory = directory;
    this.items = items;
    this.#clock = clock;
    this.#journal = journal;
    ensurePrivateDir(path.join(directory, FILES.blobs));
  }

  /** Stores bytes as one item. */
  addBytes(facts: ItemFacts, bytes: Buffer): void {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = path.join(this.directory, FILES.blobs, sha256);
    const item = this.#describe(facts, sha256, bytes.length);
    this.#journal?.note({ item });
    if (!existsSync(file)) writeDurably(file, bytes);
    this.items.push(item);
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
    const { handle, size } = await openRegularFile(source);
    const start = fromEnd ? Math.max(0, size - bytesMax) : 0;
    const wanted = Math.min(size - start, bytesMax);
    const part = `only ${wanted} of ${size} bytes were kept (the ${fromEnd ? "last" : "first"} ones)`;
    const cut = wanted < size ? { degraded: facts.degraded ?? part } : {};
    const pieces = wanted > 0 ? handle.createReadStream({ start, end: start + wanted - 1 }) : noPieces();
    try {
      await this.#store({ ...facts, ...cut }, pieces, { bytesMax, signal });
    } finally {
      await handle.close();
    }
  }

  /**
   * Stores what a stream gives as one item, in pieces, so that its size costs no memory. What is more than `bytesMax`, or
   * not there before the signal aborts, makes the item degraded.
   *
   * @throws when the stream fails or the signal aborts before its first byte
   */
  async addStream(facts: ItemFacts, source: AsyncIterable<unknown>, limits: StreamLimits): Promise<void> {
    await this.#store(facts, source, limits);
  }

  /** Records that something could not be had, and why. */
  addFailure(facts: Pick<EvidenceItem, "name" | "description">, reason: string): void {
    const item: EvidenceItem = {
      name: facts.name,
      description: facts.description,
      file_path: null,
      checksum_sha256: null,
      file_size_bytes: 0,
      collected_at: toIso(this.#clock.now()),
      status: "failed",
      reason,
      metadata: {},
    };
    this.#journal?.note({ item });
    this.items.push(item);
  }

  /** Writes manifest and signature; what nobody waits for any more stays out. @returns the manifest's SHA-256 */
  seal(manifest: EvidenceManifest, key: SigningKey): string {
    this.#isSealed = true;
    for (const temporary of this.#underWay) rmSync(temporary, { force: true });
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const signature = signManifest(key, bytes);
    syncDir(path.join(this.directory, FILES.blobs));
    writeDurably(path.join(this.directory, FILES.signature), Buffer.from(`${JSON.stringify(signature, null, 2)}\n`));
    writeDurably(path.join(this.directory, FILES.manifest), bytes);
    syncDir(this.directory);
    return signature.manifest_sha256;
  }

  async #store(facts: ItemFacts, source: AsyncIterable<unknown>, limits: StreamLimits): Promise<void> {
    this.#incoming += 1;
    const incoming = `incoming-${this.#incoming}`;
    const { name, description, metadata } = facts;
    this.#journal?.note({ incoming, facts: { name, description, metadata } });
    const temporary = path.join(this.directory, FILES.blobs, incoming);
    this.#underWay.add(temporary);
    try {
      const written = await writeBlob(source, temporary, limits);
      if (this.#isSealed) throw new Error("the archive was sealed meanwhile");
      const reasons = [facts.degraded, written.cut].filter((reason) => reason !== undefined && reason !== null);
      const degraded = reasons.length > 0 ? { degraded: reasons.join("; ") } : {};
      const item = this.#describe({ ...facts, ...degraded }, written.sha256, written.bytes);
      this.#journal?.note({ item });
      renameSync(temporary, path.join(this.directory, FILES.blobs, written.sha256));
      this.items.push(item);
    } catch (fault) {
      await rm(temporary, { force: true });
      throw fault;
    } finally {
      this.#underWay.delete(temporary);
    }
  }

  #describe(facts: ItemFacts, sha256: string, bytes: number): EvidenceItem {
    return {
      name: facts.name,
      file_path: `${FILES.blobs}/${sha256}`,
      description: facts.description,
      checksum_sha256: sha256,
      file_size_bytes: bytes,
      collected_at: toIso(this.#clock.now()),
      status: facts.degraded === undefined ? "collected" : "degraded",
      reason: facts.degraded ?? null,
      metadata: facts.metadata,
    };
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

async function* noPieces(): AsyncGenerator<Buffer> {
  // an empty file has none
}
