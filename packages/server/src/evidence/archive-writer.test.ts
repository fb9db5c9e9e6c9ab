import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { createManualClock } from "../kernel/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";

const FACTS = { name: "log", description: "a log", metadata: {} };
const never = new AbortController().signal;
let place: string;
let writer: ArchiveWriter;

beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-writer-"));
  writer = new ArchiveWriter(path.join(place, "archive"), createManualClock(0));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function stored(): string[] {
  return readdirSync(path.join(writer.directory, "blobs"));
}

function contentOf(index: number): Buffer {
  return readFileSync(path.join(writer.directory, writer.items[index]?.file_path ?? ""));
}

async function* breaksAfter(text: string): AsyncGenerator<string> {
  yield text;
  throw new Error("the disk was pulled out");
}

async function* silentAfter(pieces: readonly string[], leave: () => void): AsyncGenerator<string> {
  yield* pieces;
  leave();
  await new Promise(() => undefined);
}

describe("E-2: an item that comes in as a stream", () => {
  test("is hashed while it is written, whatever its pieces", async () => {
    const pieces = [Buffer.from("one "), "two ", new Uint8Array([0x33, 0x0a])];
    await writer.addStream(FACTS, Readable.from(pieces), { bytesMax: 100, signal: never });
    const sha256 = createHash("sha256").update("one two 3\n").digest("hex");
    expect(writer.items).toMatchObject([{ status: "collected", checksum_sha256: sha256, file_size_bytes: 10 }]);
    expect(contentOf(0).toString()).toBe("one two 3\n");
    expect(stored()).toEqual([sha256]);
  });

  test("is cut at its limit and says so, and a source that ends on the limit is whole", async () => {
    await writer.addStream(FACTS, Readable.from(["abc", "def"]), { bytesMax: 4, signal: never });
    await writer.addStream(FACTS, Readable.from(["ab", "cd"]), { bytesMax: 4, signal: never });
    expect(writer.items).toMatchObject([
      { status: "degraded", reason: "only the first 4 bytes were kept, the limit", file_size_bytes: 4 },
      { status: "collected", reason: null, file_size_bytes: 4 },
    ]);
  });

  test("that breaks off keeps what was had, with the reason", async () => {
    await writer.addStream(FACTS, breaksAfter("first half"), { bytesMax: 100, signal: never });
    expect(writer.items).toMatchObject([
      { status: "degraded", reason: "broke off after 10 bytes: the disk was pulled out", file_size_bytes: 10 },
    ]);
  });

  test("that breaks before its first byte is a fault and leaves nothing", async () => {
    await expect(writer.addStream(FACTS, breaksAfter(""), { bytesMax: 9, signal: never })).rejects.toThrow(/pulled/);
    expect(stored()).toEqual([]);
  });

  test("whose source falls silent is left when the time runs out", async () => {
    const time = new AbortController();
    const source = silentAfter(["early"], () => time.abort());
    await writer.addStream(FACTS, source, { bytesMax: 100, signal: time.signal });
    expect(writer.items).toMatchObject([
      { status: "degraded", reason: "broke off after 5 bytes: the time for collecting ran out" },
    ]);
    await expect(writer.addStream(FACTS, Readable.from(["x"]), { bytesMax: 9, signal: time.signal })).rejects.toThrow(
      /aborted/,
    );
  });

  test("several come in side by side", async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index % 10}`);
    await Promise.all(
      texts.map((text) => writer.addStream(FACTS, Readable.from([text]), { bytesMax: 99, signal: never })),
    );
    expect(writer.items).toHaveLength(20);
    expect(stored()).toHaveLength(10);
  });

  test("of hundreds of megabytes costs no memory for its size", () => {
    const entry = path.join(import.meta.dirname, "test-programs/stream-entry.ts");
    const program = bundleEntry(entry, path.join(place, "stream.mjs"));
    const output = execFileSync(process.execPath, [program, path.join(place, "big"), "400"], { encoding: "utf8" });
    const { grown, bytes } = JSON.parse(output);
    expect(bytes).toBe(400 * 1024 * 1024);
    expect(grown).toBeLessThan(128 * 1024 * 1024);
  });
});

describe("E-2: an item that is a file", () => {
  test("keeps the last bytes of a long log, of a sparse one too", async () => {
    const file = path.join(place, "long.log");
    writeFileSync(file, "");
    truncateSync(file, 3 * 1024 ** 3);
    writeFileSync(file, "the end", { flag: "a" });
    await writer.addFile(FACTS, file, 10, true, never);
    expect(contentOf(0).toString()).toBe("\0\0\0the end");
    expect(writer.items).toMatchObject([{ status: "degraded", file_size_bytes: 10 }]);
  });

  test("an empty one is an item of no bytes", async () => {
    const file = path.join(place, "empty");
    writeFileSync(file, "");
    await writer.addFile(FACTS, file, 10, false, never);
    expect(writer.items).toMatchObject([{ status: "collected", file_size_bytes: 0 }]);
  });

  test("a pipe and a device are refused at once", async () => {
    const pipe = path.join(place, "pipe");
    execFileSync("/usr/bin/mkfifo", [pipe]);
    await expect(writer.addFile(FACTS, pipe, 10, false, never)).rejects.toThrow(/not a regular file/);
    await expect(writer.addFile(FACTS, "/dev/zero", 10, false, never)).rejects.toThrow(/not a regular file/);
    expect(stored()).toEqual([]);
  });
});
