import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "../../kernel/index.ts";
import {
  addToSegment,
  bitsOfField,
  bitsOfPairs,
  bitsOfText,
  CELL_BITS,
  markEvent,
  placesIn,
  SEGMENT_BLOCKS,
  SIGNATURE_BITS,
  SIGNATURE_BYTES,
  SLICE_BYTES,
} from "./signature.ts";

const has = (signature: Uint8Array, bit: number) => (((signature[bit >>> 3] ?? 0) >> (bit & 7)) & 1) === 1;

const event = { agent: { id: "scout", pack: "research" }, source: "test", kind: "log", outcome: "denied" };
const piece = constantFrom("curl", "1e5", "É", "支付", "\\", '"', "\n", "\u0000", "/", "..", " ", "_", "-", "A", "z9");
const text = array(
  piece.chain((fixed) => string({ maxLength: 3 }).map((free) => fixed + free)),
  { maxLength: 12 },
);

it("E-5: a signature has every bit of every text that stands in an event between separators", () => {
  assert(
    property(text, text, text, (before, within, after) => {
      const signature = new Uint8Array(SIGNATURE_BYTES);
      const wanted = within.join("");
      markEvent(
        signature,
        canonicalJson({ ...event, data: { text: `${before.join("")} ${wanted} ${after.join("")}` } }),
      );
      expect(bitsOfText(wanted.toLowerCase(), false).filter((bit) => !has(signature, bit))).toEqual([]);
      expect(bitsOfText(wanted.slice(0, -1).toLowerCase(), true).filter((bit) => !has(signature, bit))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it("E-5: a signature does not have the bits of other texts", () => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  markEvent(signature, canonicalJson({ ...event, command: "curl -s https://host-17.example.org/" }));
  const others = ["host-18.example.org", "10.0.3.7", "wget", "curling"];
  expect(others.filter((other) => bitsOfText(other, false).every((bit) => has(signature, bit)))).toEqual([]);
  expect(bitsOfText("host-17.example.org", false).every((bit) => has(signature, bit))).toBe(true);
  const knows = (bits: number[]) => bits.length > 0 && bits.every((bit) => has(signature, bit));
  expect(knows(bitsOfPairs({ agent: "scout", outcome: "denied" }).flat())).toBe(true);
  expect(knows(bitsOfPairs({ agent: "scout", outcome: "success" }).flat())).toBe(false);
  expect(knows(bitsOfField(["agent", "pack"], "research"))).toBe(true);
  expect(knows(bitsOfField(["pack"], "research"))).toBe(false);
});

it("E-5: a signature tells nothing of fields that all events have of their own, nor of long values", () => {
  const long = "x".repeat(300);
  for (const [names, value] of [
    [["id"], "evt_1"],
    [["time"], "2026-01-01T00:00:00Z"],
    [["data", "long"], long],
  ] as const)
    expect(bitsOfField(names, value)).toEqual([]);
  expect(bitsOfField(["data", "id"], "evt_1")).not.toEqual([]);
});

it("E-5: all bits of a fact lie in one cell, and no two numbers have the same", () => {
  const facts = Array.from({ length: 200 }, (_, number) => bitsOfField(["data", "pid"], String(number)));
  for (const bits of facts) expect(new Set(bits.map((bit) => Math.floor(bit / CELL_BITS))).size).toBe(1);
  expect(new Set(facts.map((bits) => bits.toSorted((a, b) => a - b).join(" "))).size).toBe(facts.length);
});

it("E-5: a segment answers for each of its blocks as their signatures do", () => {
  const segment = new Uint8Array(SIGNATURE_BITS * SLICE_BYTES);
  for (let place = 0; place < SEGMENT_BLOCKS; place += 1) {
    const signature = new Uint8Array(SIGNATURE_BYTES);
    markEvent(signature, canonicalJson({ ...event, text: `needle-${place % 7} block-${place}` }));
    addToSegment(segment, signature, place);
  }
  const ask = (wanted: string) => {
    const slices = bitsOfText(wanted, false).map((bit) => segment.slice(bit * SLICE_BYTES, (bit + 1) * SLICE_BYTES));
    return placesIn(Buffer.concat(slices));
  };
  expect(ask("block-200")).toEqual([200]);
  expect(ask("needle-3")).toEqual(
    Array.from({ length: SEGMENT_BLOCKS }, (_, place) => place).filter((place) => place % 7 === 3),
  );
  expect(ask("absent")).toEqual([]);
});
