import { array, assert, nat, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { isBlankLine, LINE_BYTES_MAX, LineSplitter } from "./line-splitter.ts";

/** Bytes that hold many ends of lines, cut anywhere. */
const pieces = array(
  uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((byte) => byte % 14))),
  {
    maxLength: 30,
  },
);

describe("D-3: lines are cut the same however their bytes come", () => {
  it("gives the lines of the whole, each where it stands, and the rest at the end", () => {
    assert(
      property(pieces, nat(1_000_000), (parts, start) => {
        const whole = Buffer.concat(parts);
        const splitter = new LineSplitter(start);
        const lines = [
          ...parts.flatMap((part) => splitter.push(part)),
          ...[splitter.flush()].flatMap((line) => line ?? []),
        ];
        expect(splitter.position).toBe(start + whole.length);
        for (const { line, offset, end } of lines) {
          const raw = whole.subarray(offset - start, end - start);
          const text = raw.at(-1) === 10 ? raw.subarray(0, -1) : raw;
          expect(text.includes(10)).toBe(false);
          expect(text.includes(line.bytes)).toBe(true);
        }
        const ends = lines.map(({ end }) => end);
        expect(lines.map(({ offset }) => offset)).toEqual([start, ...ends].slice(0, lines.length));
        expect(ends.at(-1) ?? start).toBe(start + whole.length);
      }),
    );
  });

  it("keeps the beginning of a line that is too long, and goes on behind it", () => {
    const splitter = new LineSplitter(0);
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    let lines = 0;
    for (let count = 0; count < 100; count++) lines += splitter.push(megabyte).length;
    expect(lines).toBe(0);
    const [long, next] = splitter.push(Buffer.from("\nnext\n"));
    expect(long?.line.length).toBe(100 * 1024 * 1024);
    expect(long?.line.bytes.length).toBeLessThan(LINE_BYTES_MAX);
    expect(next).toMatchObject({ offset: 100 * 1024 * 1024 + 1 });
    expect(String(next?.line.bytes)).toBe("next");
  });

  it("passes over zeros before a line and carriage returns behind it", () => {
    const [line, blank] = new LineSplitter(0).push(Buffer.from("\0\0\0a\0b\r\n\0\0\r\n"));
    expect(String(line?.line.bytes)).toBe("a\0b");
    expect(blank && isBlankLine(blank.line)).toBe(true);
  });
});
