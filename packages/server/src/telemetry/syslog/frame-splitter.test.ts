import { array, assert, boolean, infiniteStream, integer, property, record, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameSplitter, FramingError, MESSAGE_BYTES_MAX } from "./frame-splitter.ts";

const texts = (lines: readonly { bytes: Buffer }[]) => lines.map(({ bytes }) => bytes.toString());
const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`;

describe("D-3: messages of a syslog connection", () => {
  it("are the same however the network cuts them, counted, by lines, and mixed", () => {
    const message = record({
      text: string({ unit: "binary", maxLength: 60 }).map((text) => `<34>1 ${text.replaceAll(/[\n\r\0]/g, " ")}x`),
      isCounted: boolean(),
    });
    assert(
      property(array(message, { maxLength: 12 }), infiniteStream(integer({ min: 1, max: 40 })), (all, cuts) => {
        const stream = Buffer.from(all.map((one) => (one.isCounted ? counted(one.text) : `${one.text}\n`)).join(""));
        const splitter = new FrameSplitter();
        const read: string[] = [];
        for (let at = 0; at < stream.length;) {
          const size = cuts.next().value ?? 1;
          read.push(...texts(splitter.push(stream.subarray(at, at + size))));
          at += size;
        }
        expect([...read, ...texts(splitter.flush())]).toEqual(all.map(({ text }) => Buffer.from(text).toString()));
      }),
    );
  });

  it("may hold line feeds when they are counted, and leave ends of lines between them", () => {
    expect(texts(new FrameSplitter().push(Buffer.from(`${counted("<1>a\nb")}\r\n\0${counted("<1>c")}`)))).toEqual([
      "<1>a\nb",
      "<1>c",
    ]);
  });

  it("are kept by their beginning when they are too long, and the next one is whole", () => {
    const long = "x".repeat(MESSAGE_BYTES_MAX + 5);
    for (const stream of [`${counted(long)}${counted("<1>b")}`, `<${long}\n<1>b\n`]) {
      const [first, second] = new FrameSplitter().push(Buffer.from(stream));
      expect(first?.bytes.length).toBe(MESSAGE_BYTES_MAX);
      expect(first?.length).toBeGreaterThan(MESSAGE_BYTES_MAX);
      expect(second?.bytes.toString()).toBe("<1>b");
    }
  });

  it("that were cut off by the end of the connection are kept", () => {
    for (const stream of ["20 <1>cut", "<1>cut"]) {
      const splitter = new FrameSplitter();
      expect(splitter.push(Buffer.from(stream))).toEqual([]);
      expect(texts(splitter.flush())).toEqual(["<1>cut"]);
      expect(splitter.flush()).toEqual([]);
    }
  });

  it.each(["12x", "99999999999 x", "7<34>1"])("that begin with no length are refused: %s", (stream) => {
    expect(() => new FrameSplitter().push(Buffer.from(stream))).toThrow(FramingError);
  });

  it("never take more room than one message, whatever comes", () => {
    assert(
      property(array(uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const splitter = new FrameSplitter();
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        let kept = 0;
        try {
          for (const chunk of chunks) for (const line of splitter.push(Buffer.from(chunk))) kept += line.bytes.length;
        } catch (error) {
          if (!(error instanceof FramingError)) throw error;
        }
        expect(kept).toBeLessThanOrEqual(bytes);
      }),
    );
  });
});
