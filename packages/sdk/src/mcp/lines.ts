import type { Readable, Writable } from "node:stream";
import { once } from "node:events";

/** One message of either side; what is longer ends the connection rather than filling the memory. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * @returns the lines of a stream, without their ends
 * @throws Error when a line is longer than {@link MESSAGE_BYTES_MAX}
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let rest: Buffer = Buffer.from(chunk);
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      parts.push(rest.subarray(0, end));
      yield Buffer.concat(parts).toString("utf8").trimEnd();
      rest = rest.subarray(end + 1);
      parts = [];
      size = 0;
    }
    parts.push(rest);
    size += rest.length;
    if (size > MESSAGE_BYTES_MAX) throw new Error(`a message is longer than ${MESSAGE_BYTES_MAX} bytes`);
  }
  if (size > 0) yield Buffer.concat(parts).toString("utf8").trimEnd();
}

/** Writes one message as a line and waits while the reader is slow. */
export async function writeLine(stream: Writable, message: unknown): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return;
  if (!stream.write(`${JSON.stringify(message)}\n`)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
}
