import { createCrc64 } from "./crc64.ts";
import { BackupFault } from "./open-backup.ts";

export interface RedisDump {
  /** of the format: a server reads its own and older ones */
  readonly version: number;
  readonly bytes: number;
  /** of its first database, as the dump says; null: it does not say */
  readonly keys: number | null;
}

const HEAD_BYTES = 64 * 1024;
const CHECKSUM_BYTES = 8;
const CHECKED_SINCE = 5;
const END = 0xff;

/**
 * Reads an RDB file to its end and compares its checksum, which finds every cut and change; the values themselves are not
 * decoded.
 *
 * @throws BackupFault
 */
export async function checkRedisDump(source: AsyncIterable<Buffer>): Promise<RedisDump> {
  let head: Buffer = Buffer.alloc(0);
  let held: Buffer = Buffer.alloc(0);
  let [bytes, last] = [0, -1];
  const checksum = createCrc64();
  for await (const piece of source) {
    bytes += piece.length;
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES - head.length)]);
    const joined = Buffer.concat([held, piece]);
    // the checksum is of all but itself
    const settled = joined.subarray(0, Math.max(0, joined.length - CHECKSUM_BYTES));
    checksum.add(settled);
    last = settled.at(-1) ?? last;
    held = joined.subarray(settled.length);
  }
  const version = Number(/^REDIS(\d{4})/.exec(head.toString("latin1", 0, 9))?.[1] ?? Number.NaN);
  if (Number.isNaN(version)) throw new BackupFault("it is no dump of Redis");
  if (version < CHECKED_SINCE)
    throw new BackupFault(`its format ${version} has no checksum: it is older than Redis 2.6`);
  if (last !== END || held.length < CHECKSUM_BYTES) throw new BackupFault("its end is missing: it was cut off");
  const said = held.readBigUInt64LE(0);
  // a server that was told to write none writes zeros
  if (said !== 0n && said !== checksum.value()) throw new BackupFault("its checksum is another one: it was changed");
  return { version, bytes, keys: readKeys(head) };
}

/** The marks before the first key, by the numbers of Redis's rdb.h. */
const [AUX, RESIZE, SELECT] = [0xfa, 0xfb, 0xfe];

function readKeys(head: Buffer): number | null {
  const cursor = { at: 9 };
  try {
    for (;;) {
      switch (head.readUInt8(cursor.at++)) {
        case AUX:
          skipText(head, cursor);
          skipText(head, cursor);
          break;
        case SELECT:
          readLength(head, cursor);
          break;
        case RESIZE:
          return readLength(head, cursor);
        case END:
          return 0;
        default:
          return null;
      }
    }
  } catch {
    return null; // more before the first key than is looked at
  }
}

interface Cursor {
  at: number;
}

function readLength(bytes: Buffer, cursor: Cursor): number {
  const first = bytes.readUInt8(cursor.at++);
  if (first >> 6 === 0) return first & 0x3f;
  if (first >> 6 === 1) return ((first & 0x3f) << 8) | bytes.readUInt8(cursor.at++);
  const width = first === 0x81 ? 8 : 4;
  cursor.at += width;
  return width === 8 ? Number(bytes.readBigUInt64BE(cursor.at - 8)) : bytes.readUInt32BE(cursor.at - 4);
}

function skipText(bytes: Buffer, cursor: Cursor): void {
  const first = bytes.readUInt8(cursor.at);
  if (first >> 6 !== 3) {
    const length = readLength(bytes, cursor);
    cursor.at += length;
    return;
  }
  cursor.at += 1;
  // a number in one, two or four bytes; or packed text, with both its lengths
  const width = [1, 2, 4][first & 0x3f];
  if (width !== undefined) cursor.at += width;
  else {
    const packed = readLength(bytes, cursor);
    readLength(bytes, cursor);
    cursor.at += packed;
  }
}
