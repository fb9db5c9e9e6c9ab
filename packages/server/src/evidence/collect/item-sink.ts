import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { ArchiveWriter } from "../archive-writer.ts";
import type { EvidenceItem } from "../manifest.ts";

/** What an item is called and what it is; `degraded` says why it is not complete. */
export interface ItemFacts {
  readonly name: string;
  readonly description: string;
  readonly metadata?: EvidenceItem["metadata"];
  readonly degraded?: string | undefined;
}

export interface SinkLimits {
  /** of one file */
  readonly fileBytes: number;
  /** of everything that goes into this sink */
  readonly itemBytes: number;
  /** stays free on the disk that holds the archive */
  readonly keepFreeBytes: number;
}

const NAME_CHARACTERS_MAX = 480;
const DESCRIPTION_CHARACTERS_MAX = 500;
/** Of one reason; what is more is counted. */
const FAILURES_MAX = 100;
/** The manifest holds 100,000; some are left for those who come after. */
const ITEMS_MAX = 95_000;

/**
 * The way of one collector into the archive. Keeps its limits, makes its names fit for a manifest, and is closed when the
 * collector's time is over: what comes later, from work that nobody waits for any more, is refused.
 */
export class ItemSink {
  readonly #writer: ArchiveWriter;
  readonly #collector: { readonly name: string; readonly description: string };
  readonly #limits: SinkLimits;
  readonly #signal: AbortSignal;
  readonly #meter: { bytes: number };
  readonly #failures = new Map<string, number>();
  #left: number;
  #isOpen = true;

  constructor(
    writer: ArchiveWriter,
    collector: { readonly name: string; readonly description: string },
    limits: SinkLimits,
    { signal, meter }: { readonly signal: AbortSignal; readonly meter: { bytes: number } },
  ) {
    this.#writer = writer;
    this.#collector = collector;
    this.#limits = limits;
    this.#signal = signal;
    this.#meter = meter;
    this.#left = limits.itemBytes;
  }

  /** Keeps a document that was made here. */
  json(facts: ItemFacts, value: unknown): void {
    this.bytes(facts, Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  }

  bytes(facts: ItemFacts, bytes: Buffer): void {
    const room = this.#roomFor(facts, bytes.length);
    if (bytes.length > room) {
      if (room > 0) this.fail(facts, `no room for its ${bytes.length} bytes`);
      return;
    }
    this.#writer.addBytes(this.#fit(facts), bytes);
    this.#left -= bytes.length;
    this.#meter.bytes += bytes.length;
  }

  /** Keeps what a stream gives, as far as the limits go. */
  async stream(facts: ItemFacts, source: AsyncIterable<unknown>): Promise<void> {
    const bytesMax = this.#roomFor(facts, 1);
    if (bytesMax <= 0) return;
    await this.#store(facts, source, bytesMax);
  }

  /**
   * Keeps the file that is open, and closes it.
   *
   * @param keep which end is kept of a file that is too large
   */
  async file(facts: ItemFacts, handle: FileHandle, keep: "first" | "last" = "first"): Promise<void> {
    try {
      const { size } = await handle.stat();
      const bytesMax = this.#roomFor(facts, size);
      if (bytesMax < size && bytesMax <= 0) return;
      const start = keep === "last" ? Math.max(0, size - bytesMax) : 0;
      const end = Math.min(size, start + bytesMax);
      const part = end - start < size ? `only the ${keep} ${end - start} of ${size} bytes were kept` : undefined;
      const source = end > start ? handle.createReadStream({ start, end: end - 1, autoClose: false }) : nothing();
      const degraded = [facts.degraded, part].filter((one) => one !== undefined).join("; ");
      await this.#store({ ...facts, ...(degraded === "" ? {} : { degraded }) }, source, Math.max(1, bytesMax));
    } finally {
      // a file system that does not answer is not waited for
      void handle.close().catch(() => undefined);
    }
  }

  /** @returns whether so many bytes fit into the limits and on the disk, for what is copied before it is kept */
  hasRoom(bytes: number): boolean {
    const free = freeBytes(this.#writer.directory) - this.#limits.keepFreeBytes;
    return this.#isOpen && bytes <= Math.min(free, this.#left);
  }

  /** Says that something could not be had, and why. */
  fail(facts: Pick<ItemFacts, "name" | "description">, reason: string): void {
    if (!this.#isOpen) return;
    const count = (this.#failures.get(reason) ?? 0) + 1;
    this.#failures.set(reason, count);
    if (count > FAILURES_MAX || this.#writer.items.length >= ITEMS_MAX) return;
    const { name, description } = this.#fit(facts);
    this.#writer.addFailure({ name, description }, reason.slice(0, 1000));
  }

  /** Nothing comes in any more; what was only counted is said. */
  close(): void {
    for (const [reason, count] of this.#failures) {
      if (count <= FAILURES_MAX) continue;
      const name = `${this.#collector.name}/more`;
      this.#writer.addFailure(
        { name, description: this.#collector.description },
        `${count - FAILURES_MAX} more: ${reason.slice(0, 900)}`,
      );
    }
    this.#isOpen = false;
  }

  async #store(facts: ItemFacts, source: AsyncIterable<unknown>, bytesMax: number): Promise<void> {
    const before = this.#writer.items.length;
    await this.#writer.addStream(this.#fit(facts), this.#metered(source, bytesMax), { bytesMax, signal: this.#signal });
    this.#left -= this.#writer.items.slice(before).reduce((sum, item) => sum + item.file_size_bytes, 0);
  }

  async *#metered(source: AsyncIterable<unknown>, bytesMax: number): AsyncGenerator {
    let left = bytesMax;
    for await (const piece of source) {
      const size =
        typeof piece === "string" ? Buffer.byteLength(piece) : piece instanceof Uint8Array ? piece.length : 0;
      this.#meter.bytes += Math.min(left, size);
      left -= Math.min(left, size);
      yield piece;
    }
  }

  /** @returns how many bytes of it may be kept; 0 when the reason was written down */
  #roomFor(facts: ItemFacts, wanted: number): number {
    if (!this.#isOpen) throw new Error("the time for this was over");
    if (this.#writer.items.length >= ITEMS_MAX) {
      this.fail(facts, "an archive holds no more items");
      return 0;
    }
    const free = freeBytes(this.#writer.directory) - this.#limits.keepFreeBytes;
    if (wanted > 0 && free <= 0) {
      this.fail(facts, `less than ${mebibytes(this.#limits.keepFreeBytes)} are free where the archive is written`);
      return 0;
    }
    if (wanted > 0 && this.#left <= 0) {
      this.fail(facts, `the limit of ${mebibytes(this.#limits.itemBytes)} for ${this.#collector.name} was reached`);
      return 0;
    }
    return Math.min(this.#limits.fileBytes, this.#left, free);
  }

  #fit({ name, description, metadata = {}, degraded }: ItemFacts) {
    const well = name.toWellFormed();
    const isLong = well.length > NAME_CHARACTERS_MAX;
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
    const short = `${well.slice(0, NAME_CHARACTERS_MAX - 20).toWellFormed()}…${hash}`;
    return {
      name: isLong ? short : well || "(without a name)",
      description: description.slice(0, DESCRIPTION_CHARACTERS_MAX),
      metadata: isLong ? { ...metadata, fullName: well.slice(0, 8192) } : metadata,
      ...(degraded === undefined ? {} : { degraded: degraded.slice(0, 2000) }),
    };
  }
}

function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;

async function* nothing(): AsyncGenerator<Buffer> {
  // an empty file has no pieces
}
