import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCustodyLine, parseManifest, parseSignature } from "./archive-format.ts";
import { readJson } from "./read-json.ts";

const HEX = "ab".repeat(32);
const ITEM = {
  name: "output.log",
  file_path: `blobs/${HEX}`,
  description: "",
  checksum_sha256: HEX,
  file_size_bytes: 3,
  collected_at: "2026-03-01T03:00:00.000Z",
  status: "collected",
  reason: null,
  metadata: {},
};
const MANIFEST = {
  format: "firebreak-evidence/1",
  archive_id: "evd_00000000000000000000000001",
  incident_id: null,
  agent_id: null,
  session_id: null,
  reason: "",
  collector: "",
  hostname: "",
  platform: "",
  collection_started: "",
  collection_completed: "",
  total_evidence_items: 1,
  evidence_items: [ITEM],
};
const SIGNATURE = {
  algorithm: "Ed25519",
  key_id: HEX,
  public_key_pem: "-----BEGIN",
  manifest_sha256: HEX,
  signature_base64: "AAAA",
};
const CUSTODY = { at: "", act: "verified", actor: "", reason: "", manifest_sha256: HEX, prev_sha256: HEX };

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const FORMATS = [
  ["manifest", parseManifest, MANIFEST],
  ["signature", parseSignature, SIGNATURE],
  ["custody line", parseCustodyLine, CUSTODY],
] as const;

/** Everything that JSON can hold, and what it can hold instead of one field. */
const replaced = (sample: object) =>
  fc.record({ field: fc.constantFrom(...Object.keys(sample), "__proto__", "extra"), value: fc.jsonValue() });

describe.each(FORMATS)("E-3: the parser of a %s", (_name, parse, sample) => {
  test("takes what the format says", () => {
    expect(parse(bytesOf(sample))).toMatchObject({ ok: true });
  });

  test.each(Object.keys(sample))("refuses one without %s", (field) => {
    const { [field]: _left, ...rest } = { ...sample } as Record<string, unknown>;
    expect(parse(bytesOf(rest))).toMatchObject({ ok: false });
  });

  test("never throws, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(parse(bytes).ok).toBe(false);
      }),
    );
  });

  test("never throws, whatever stands in a field", () => {
    fc.assert(
      fc.property(replaced(sample), ({ field, value }) => {
        const text = `{${Object.entries({ ...sample, [field]: value })
          .map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`)
          .join()}}`;
        expect(typeof parse(Buffer.from(text)).ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
  });
});

describe("an item of a manifest", () => {
  const parse = (item: object) => parseManifest(bytesOf({ ...MANIFEST, evidence_items: [{ ...ITEM, ...item }] })).ok;

  test.each([
    ["a path that climbs out", { file_path: "../../etc/shadow" }],
    ["another blob than its hash", { file_path: `blobs/${"cd".repeat(32)}` }],
    ["content though it failed", { status: "failed" }],
    ["no content though it was collected", { file_path: null, checksum_sha256: null }],
    ["a state that there is not", { status: "perfect" }],
    ["a size below zero", { file_size_bytes: -1 }],
    ["a size that is no number", { file_size_bytes: 1e300 }],
    ["no name", { name: "" }],
    ["a name of a megabyte", { name: "x".repeat(1_000_000) }],
    ["metadata that is a list", { metadata: [] }],
    ["a hash in capitals", { checksum_sha256: HEX.toUpperCase() }],
  ])("cannot have %s", (_name, item) => {
    expect(parse({})).toBe(true);
    expect(parse(item)).toBe(false);
  });

  test("more items than there can be are refused", () => {
    const items = Array.from({ length: 100_001 }, () => 0);
    expect(parseManifest(bytesOf({ ...MANIFEST, total_evidence_items: items.length, evidence_items: items })).ok).toBe(
      false,
    );
  });
});

describe("JSON of others", () => {
  test.each([
    ["[".repeat(65), "is nested deeper than 64 levels"],
    ['{"a":'.repeat(1_000_000), "is nested deeper than 64 levels"],
    ['["'.concat("[".repeat(100)), "is not JSON"],
    ["\u0000", "is not JSON"],
  ])("%.10s is told", (text, why) => {
    expect(readJson(Buffer.from(text))).toEqual({ ok: false, why });
  });

  test("what is no UTF-8 is told, and brackets inside texts nest nothing", () => {
    expect(readJson(Buffer.of(0x22, 0xc3, 0x28, 0x22))).toEqual({ ok: false, why: "is not UTF-8" });
    expect(readJson(Buffer.from(JSON.stringify('[\\"['.repeat(100))))).toMatchObject({ ok: true });
  });

  test("reads as JSON.parse does what is not too deep", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(readJson(bytesOf(value))).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) });
      }),
    );
  });
});
