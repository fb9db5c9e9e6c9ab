/** One entry as an archive's carrier names it. Nothing about it is believed yet. */
export interface ArchiveEntry {
  /** as it would stand in the archive's directory: `manifest.json`, `blobs/…`, or whatever else was put there */
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
  /** what is wrong with the entry itself; it is not read then */
  readonly fault: string | null;
  /** the content of a file, once */
  content(): AsyncIterable<Uint8Array>;
}

/** Gives every entry of an archive once, in whatever order. A fault that ends the giving is an ArchiveFault. */
export type ArchiveSource = AsyncIterable<ArchiveEntry>;

/** The carrier of an archive is broken: its message goes on after the carrier's name. */
export class ArchiveFault extends Error {
  override readonly name = "ArchiveFault";
}

export async function* noContent(): AsyncGenerator<Uint8Array> {
  // of what is not read
}
