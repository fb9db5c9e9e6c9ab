import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { PassThrough, Readable } from "node:stream";
import { messageOf } from "../../../kernel/index.ts";
import { CipherFault, decrypt, SALTED } from "./openssl-cipher.ts";

/** A backup cannot be read: damaged, encrypted with another key, or not what it is said to be. */
export class BackupFault extends Error {
  override readonly name = "BackupFault";
}

/** What it holds once it is unpacked, by its first bytes. */
export type BackupContent = "tar" | "redis" | "postgres-custom" | "postgres-sql" | "unknown";

export interface OpenBackup {
  readonly content: BackupContent;
  /** what was around it, outermost first */
  readonly layers: readonly ("encrypted" | "gzip" | "zstd")[];
  /** the unpacked bytes, once */
  readonly bytes: AsyncGenerator<Buffer>;
  readonly fileBytes: number;
  close(): Promise<void>;
}

const HEAD_BYTES = 1024;
const LAYERS_MAX = 4;
/** By how much a packed file may grow; a bomb grows by more. */
const RATIO_MAX = 2_000;

/**
 * Opens a backup and takes off what is around it: `openssl enc -aes-256-cbc -pbkdf2`, gzip, Zstandard. Holds a piece of it
 * at a time.
 *
 * @throws BackupFault also from `bytes`
 */
export async function openBackup(file: string, key: string | undefined, signal: AbortSignal): Promise<OpenBackup> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new BackupFault("it is no regular file");
    const layers: OpenBackup["layers"][number][] = [];
    let peeked = await peek(readPieces(handle, signal));
    for (let layer = layerOf(peeked.head); layer !== null; layer = layerOf(peeked.head)) {
      if (layers.length >= LAYERS_MAX) throw new BackupFault("it is packed in more layers than a backup has");
      layers.push(layer);
      peeked = await peek(takeOff(layer, peeked.all, key, stat.size));
    }
    const content = contentOf(peeked.head);
    return { content, layers, bytes: explained(peeked.all), fileBytes: stat.size, close: () => handle.close() };
  } catch (fault) {
    await handle.close();
    throw toBackupFault(fault);
  }
}

function layerOf(head: Buffer): "encrypted" | "gzip" | "zstd" | null {
  if (head.subarray(0, 8).equals(SALTED)) return "encrypted";
  if (head.length > 2 && head.readUInt16BE(0) === 0x1f8b) return "gzip";
  if (head.length > 4 && head.readUInt32LE(0) === 0xfd2fb528) return "zstd";
  return null;
}

function contentOf(head: Buffer): BackupContent {
  if (/^REDIS\d{4}/.test(head.toString("latin1", 0, 9))) return "redis";
  if (head.toString("latin1", 0, 5) === "PGDMP") return "postgres-custom";
  if (/^(?:\\restrict [^\n]*\n\n?)?--\n-- PostgreSQL database dump/.test(head.toString("latin1")))
    return "postgres-sql";
  if (head.toString("latin1", 257, 262) === "ustar") return "tar";
  return "unknown";
}

function takeOff(
  layer: "encrypted" | "gzip" | "zstd",
  source: AsyncIterable<Buffer>,
  key: string | undefined,
  fileBytes: number,
): AsyncIterable<Buffer> {
  const bytesMax = fileBytes * RATIO_MAX + 1024 * 1024;
  switch (layer) {
    case "encrypted":
      if (key === undefined) throw new BackupFault("it is encrypted: give its key");
      return decrypt(source, key);
    case "gzip":
      return limited(gunzip(source), bytesMax);
    case "zstd":
      return unpackLater(source, { bytesMax, ratioMax: RATIO_MAX });
    default:
      return layer satisfies never;
  }
}

async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const out = new PassThrough({ highWaterMark: 256 * 1024 });
  const running = pipeline(Readable.from(source), createGunzip(), out).catch((fault: unknown) => {
    out.destroy(fault instanceof Error ? fault : new Error(String(fault)));
  });
  try {
    for await (const piece of out) yield Buffer.from(piece);
  } finally {
    out.destroy();
    await running;
  }
}

async function* limited(source: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new BackupFault(`it unpacks to more than ${RATIO_MAX} times its size`);
    yield piece;
  }
}

async function* readPieces(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(256 * 1024);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield Buffer.from(buffer.subarray(0, bytesRead));
  }
}

/** @returns the first bytes of a stream, and the whole stream */
async function peek(source: AsyncIterable<Buffer>): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const pieces = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let isDone = false;
  while (!isDone && head.length < HEAD_BYTES) {
    const next = await pieces.next();
    isDone = next.done === true;
    if (next.done !== true) head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
    } finally {
      await pieces.return?.();
    }
  };
  return { head, all: all() };
}

async function* explained(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (fault) {
    throw toBackupFault(fault);
  }
}

function toBackupFault(fault: unknown): unknown {
  if (fault instanceof BackupFault || (fault instanceof Error && fault.name === "AbortError")) return fault;
  if (fault instanceof CipherFault) return new BackupFault(fault.message);
  return new BackupFault(`it cannot be unpacked: ${messageOf(fault)}`);
}

/** The room of evidence brings the database with it, which no command has to load that makes no backup. */
async function* unpackLater(
  source: AsyncIterable<Uint8Array>,
  limits: { readonly bytesMax: number; readonly ratioMax: number },
): AsyncGenerator<Buffer> {
  const { unpackZstd } = await import("../../../evidence/index.ts");
  yield* unpackZstd(source, limits);
}
