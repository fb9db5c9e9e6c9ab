import { compress } from "@bokuweb/zstd-wasm";
import { assert, asyncProperty, uint8Array } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { TooLargeError, unzstd } from "./unzstd.ts";

// the first use makes the library ready, and it must be made ready once only
beforeAll(() => unzstd(frameOf(0, block(RLE, 1, Buffer.from("x"), true)), 10));

const pack = (bytes: Uint8Array | string) => Buffer.from(compress(Buffer.from(bytes)));
const MIB = 1024 * 1024;

/** A frame without a known size: magic, descriptor, window, then blocks (RFC 8878). */
const frameOf = (window: number, ...blocks: Buffer[]) =>
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]), ...blocks]);
const block = (type: number, size: number, content: Buffer, isLast = false) => {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
};
const RLE = 1;

describe("D-3: telemetry packed with zstd", () => {
  it("unpacks what the reference implementation packs: empty, large, in several frames, with frames to skip", async () => {
    const large = Buffer.alloc(15 * MIB, "0123456789abcdef");
    expect((await unzstd(pack(""), 10)).length).toBe(0);
    expect((await unzstd(pack(large), 16 * MIB)).equals(large)).toBe(true);
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const several = Buffer.concat([pack("one "), skippable, frameOf(0, block(RLE, 3, Buffer.from("x"), true))]);
    expect(String(await unzstd(several, 100))).toBe("one xxx");
  });

  it("gives back any bytes", async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 5_000 }), async (bytes) => {
        expect(Buffer.from(bytes).equals(await unzstd(pack(bytes), 5_000))).toBe(true);
      }),
    );
  });

  it("ends at the limit: by the size a frame names, by what it unpacks to, and over all frames", async () => {
    const [bomb, half] = [pack(Buffer.alloc(16 * MIB + 1)), pack(Buffer.alloc(9 * MIB))];
    expect(bomb.length).toBeLessThan(4_000);
    await expect(unzstd(bomb, 16 * MIB)).rejects.toThrow(TooLargeError);
    await expect(unzstd(Buffer.concat([half, half]), 16 * MIB)).rejects.toThrow(TooLargeError);
    const runs = Array.from({ length: 200 }, (_, index) => block(RLE, 128 * 1024, Buffer.from("x"), index === 199));
    await expect(unzstd(frameOf(0x50, ...runs), 16 * MIB)).rejects.toThrow(TooLargeError);
  });

  it("takes no long time and no memory for a huge window, lies about sizes, and millions of empty blocks", async () => {
    const empty = block(0, 0, Buffer.alloc(0));
    const many = frameOf(
      0x50,
      Buffer.concat(Array.from({ length: 2_000_000 }, () => empty)),
      block(0, 0, Buffer.alloc(0), true),
    );
    const before = process.memoryUsage().rss;
    const started = performance.now();
    await unzstd(many, 16 * MIB).catch(() => undefined);
    await unzstd(frameOf(0xff, block(RLE, 3, Buffer.from("x"), true)), 16 * MIB).catch(() => undefined);
    const lie = Buffer.from(pack(Buffer.alloc(100_000)));
    lie.writeUInt32LE(1, 6);
    await unzstd(lie, 16 * MIB).catch(() => undefined);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
    expect(String(await unzstd(pack("still works"), 100))).toBe("still works");
  });

  it("refuses what is not zstd, what ends too soon, and what was changed", async () => {
    const good = pack("some text that is long enough to be packed into a block of its own");
    await expect(unzstd(Buffer.from("hello"), 100)).rejects.toThrow("does not begin as one");
    await expect(unzstd(Buffer.alloc(0), 100)).rejects.toThrow("no frame");
    for (let end = 1; end < good.length; end++) await expect(unzstd(good.subarray(0, end), 100)).rejects.toThrow(Error);
    await assert(
      asyncProperty(uint8Array({ maxLength: 300 }), async (bytes) => {
        const noise = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from(bytes)]);
        const unpacked = await unzstd(noise, 10_000).catch(() => Buffer.alloc(0));
        expect(unpacked.length).toBeLessThanOrEqual(10_000);
      }),
      { numRuns: 2_000 },
    );
  });
});
