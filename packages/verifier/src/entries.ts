/** Longest entry that a bundle holds (C2SP tlog-tiles: its length is two bytes). */
export const ENTRY_BYTES_MAX = 0xffff;

/** @returns the entries as tlog-tiles bundles them: each behind its length, two bytes, big-endian */
export function writeBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** @returns the entries, or undefined when the bytes are no bundle */
export function readBundle(bytes: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
