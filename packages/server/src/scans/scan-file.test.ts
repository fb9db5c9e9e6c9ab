import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndicatorSet } from "../indicators/index.ts";
import type { Entry } from "../indicators/index.ts";
import { Found } from "./found.ts";
import { scanFile } from "./scan-file.ts";

const SECRET_TOOL = Buffer.from("#!/bin/sh\necho hello\n");
const digest = (algorithm: string) => createHash(algorithm).update(SECRET_TOOL).digest("hex");
const VALUES: readonly (readonly [Entry["type"], string])[] = [
  ["domain", "evil.example"],
  ["ip", "203.0.113.7"],
  ["file_path", "/etc/cron.d/evil"],
  ["file_name", "dropper.exe"],
  ["pattern", "curl [^ ]+ \\| sh"],
  ["hash", digest("md5")],
  ["hash", digest("sha256")],
];
const set = new IndicatorSet(
  VALUES.map(([type, value]) => {
    return { id: value, effect: "match", type, value, source: "feed", severity: 2, expiresMs: undefined } as const;
  }),
);

async function scan(content: Iterable<Buffer> | AsyncIterable<Buffer>, name = "x.log") {
  const found = new Found();
  const files = scanFile(Readable.from(content), { set, found, nowMs: 0, place: "/x", name, timeMs: 5 });
  let step = await files.next();
  let bytes = 0;
  while (step.done !== true) {
    bytes += step.value;
    step = await files.next();
  }
  const hits = found
    .take()
    .map(({ hit, samples, count, firstMs }) => ({ value: hit.value, path: hit.path, samples, count, firstMs }));
  return { hits, bytes, problem: step.value };
}
const told = async (...parts: (string | Buffer)[]) =>
  (await scan(parts.map((part) => Buffer.from(part)))).hits.map(
    ({ value, samples }) => `${samples.join(",")} ${value}`,
  );

describe("E-6: indicators are found in a file", () => {
  it("by line, with the time that the line tells, else that of the file", async () => {
    const text = "a\n2026-02-01 10:00:00 connect 203.0.113.7:443\r\nb evil.example evil.example\n203.0.113.7";
    const { hits, bytes, problem } = await scan([Buffer.from(text)]);
    expect(hits).toEqual([
      { value: "203.0.113.7", path: "line", samples: [2, 4], count: 2, firstMs: 5 },
      { value: "evil.example", path: "line", samples: [3], count: 1, firstMs: 5 },
    ]);
    expect([bytes, problem]).toEqual([text.length, null]);
    expect((await scan([Buffer.from("2026-02-01T10:00:00.5+01:00 evil.example")])).hits[0]?.firstMs).toBe(
      Date.parse("2026-02-01T09:00:00.500Z"),
    );
  });

  it("by name and by the hash of what lies in it, packed or not", async () => {
    expect((await scan([SECRET_TOOL], "/tmp/dropper.exe")).hits.map(({ value, path }) => [path, value])).toEqual([
      ["name", "dropper.exe"],
      ["content hash", digest("md5")],
      ["content hash", digest("sha256")],
    ]);
    expect(await told(gzipSync("one\nevil.example\n"))).toEqual(["2 evil.example"]);
  });

  it("behind what JSON escapes", async () => {
    const line = JSON.stringify({ a: "/etc/cron.d/evil", b: "curl x.y | sh" })
      .replaceAll("/", "\\/")
      .replace("|", "\\u007c");
    expect(await told(`${line}\n`)).toEqual(["1 /etc/cron.d/evil", "1 curl [^ ]+ \\| sh"]);
    expect(await told('{\n  "p": "\\/etc\\/cron.d\\/evil",\n')).toEqual(["2 /etc/cron.d/evil"]);
  });

  it("in UTF-16 with its mark", async () => {
    expect(await told(Buffer.from("\uFEFFa\nevil.example\n", "utf16le"))).toEqual(["2 evil.example"]);
  });

  it("wherever the bytes are cut", async () => {
    const text = Buffer.from("ü 203.0.113.7\n\nécurl x | sh evil.example\n");
    const cuts = fc
      .array(fc.nat({ max: text.length }), { maxLength: 6 })
      .map((places) => places.toSorted((a, b) => a - b));
    const property = fc.asyncProperty(cuts, async (places) => {
      const ends = [...places, text.length];
      const parts = ends
        .map((end, index) => text.subarray(ends[index - 1] ?? 0, end))
        .filter(({ length }) => length > 0);
      expect(await told(...parts)).toEqual(["1 203.0.113.7", "3 evil.example", "3 curl [^ ]+ \\| sh"]);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

function* repeat(part: Buffer, times: number): Generator<Buffer> {
  for (let at = 0; at < times; at++) yield part;
}

describe("E-6: hostile files", () => {
  it("a line without end costs bounded memory, and what lies over a cut is found once", async () => {
    const filler = Buffer.alloc(1024 * 1024, "x");
    const content = [
      ...repeat(filler, 8),
      Buffer.from(" evil.example "),
      ...repeat(filler, 8),
      Buffer.from(" evil.example\n203.0.113.7"),
    ];
    const before = process.memoryUsage().heapUsed;
    expect((await scan(content)).hits.map(({ value, samples, count }) => [value, samples, count])).toEqual([
      ["evil.example", [1], 1],
      ["203.0.113.7", [2], 1],
    ]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("bytes that are no text, NUL and terminal escapes", async () => {
    const noise = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await told(noise, "\u0000evil.example\u0000\u001b[31m", noise)).toEqual(["2 evil.example"]);
  });

  it("what cannot be unpacked is named, and what came before it counts", async () => {
    const packed = gzipSync(`evil.example\n${"y".repeat(50_000)}\n203.0.113.7\n`, { level: 0 });
    const cut = await scan([packed.subarray(0, 40_000)]);
    expect(cut.hits.map(({ value }) => value)).toEqual(["evil.example"]);
    expect(cut.problem).toMatch(/unexpected end/);
    const broken = Buffer.from(packed);
    broken.fill(0xff, 30_000, 30_100);
    expect((await scan([broken])).problem).toMatch(/incorrect|invalid/);
  });

  it("whatever lies in a file, it is read to its end", async () => {
    const property = fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1 }), { maxLength: 5 }), async (parts) => {
      const { problem } = await scan(parts.map((part) => Buffer.from(part)));
      expect(problem === null || problem.length > 0).toBe(true);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
