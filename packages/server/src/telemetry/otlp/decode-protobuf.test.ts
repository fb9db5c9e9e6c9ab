import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { assert, constantFrom, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { FirebreakError } from "../../kernel/index.ts";
import { decodeProtobuf } from "./decode-protobuf.ts";
import type { OtlpSignal } from "./decode-protobuf.ts";
import { otlpRecords } from "./otlp-records.ts";

const bytesOf = (write: (writer: BinaryWriter) => void) => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
const within = (field: number, inner: Uint8Array) =>
  bytesOf((writer) => writer.tag(field, WireType.LengthDelimited).bytes(inner));

/** @returns true when it can be read, else what kind of fault says why not */
function faultOf(signal: OtlpSignal, body: Uint8Array): unknown {
  try {
    for (const record of otlpRecords(signal, decodeProtobuf(signal, body))) JSON.stringify(record);
    return true;
  } catch (error) {
    return error instanceof Error ? error.constructor : error;
  }
}

describe("D-3: OTLP in protobuf is hostile input", () => {
  it("takes any bytes: they are a request, or refused", () => {
    assert(
      property(uint8Array({ maxLength: 400 }), constantFrom("traces", "logs", "metrics"), (bytes, signal) => {
        for (const body of [bytes, within(1, within(2, within(2, bytes)))]) {
          expect([true, FirebreakError]).toContain(faultOf(signal, body));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses what nests without end and what has millions of parts, in little time", () => {
    let any = within(1, Buffer.from("x"));
    for (let level = 0; level < 5_000; level++) any = within(5, within(1, any));
    const deep = within(1, within(2, within(2, within(5, any))));
    expect(() => decodeProtobuf("logs", deep)).toThrow("nests too deep");
    const started = performance.now();
    const many = Buffer.alloc(16 * 1024 * 1024);
    for (let at = 0; at < many.length; at += 2) many[at] = 0x0a;
    expect(() => decodeProtobuf("traces", many)).toThrow("parts");
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("keeps integers of 64 bits and nanoseconds whole", () => {
    const any = bytesOf((writer) => writer.tag(3, WireType.Varint).int64("9007199254740993"));
    const record = bytesOf((writer) => {
      writer.tag(1, WireType.Bit64).fixed64("1760000000000000001");
      writer.tag(5, WireType.LengthDelimited).bytes(any);
      writer.tag(77, WireType.LengthDelimited).string("a field of the future");
    });
    const [log] = otlpRecords("logs", decodeProtobuf("logs", within(1, within(2, within(2, record)))));
    expect(log).toMatchObject({ timeUnixNano: "1760000000000000001", body: "9007199254740993" });
  });
});
