/** A frame: one byte stream, three bytes nothing, four bytes length (big-endian), then the text. */
const HEADER_BYTES = 8;
const FRAME_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The text of `GET /containers/ID/logs`: of a container without a terminal it comes in frames, of one with a terminal as it
 * is. What does not look like a frame is passed on as it is.
 */
export async function* readLogs(source: AsyncIterable<Buffer>, hasTerminal: boolean): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  let isFramed = !hasTerminal;
  for await (const part of source) {
    rest = Buffer.concat([rest, part]);
    while (isFramed && rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(4);
      if ((rest[0] ?? 0) > 2 || rest.readUIntBE(1, 3) !== 0 || length > FRAME_BYTES_MAX) {
        isFramed = false;
        break;
      }
      if (rest.length < HEADER_BYTES + length) break;
      yield rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      rest = rest.subarray(HEADER_BYTES + length);
    }
    if (!isFramed) {
      yield rest;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield rest;
}
