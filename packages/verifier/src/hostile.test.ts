import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  property,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createDirectorySource,
  findCheckpoints,
  followKeys,
  formatCheckpoint,
  formatProofFile,
  formatVerifierKey,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  parseProofFile,
  parseVerifierKey,
  parseWitnessKey,
  readBundle,
  readCheckpoint,
  readCosignatures,
  readKeyChange,
  rootWithin,
  signKeyChange,
  signNote,
  TreeReader,
  verifyLog,
  writeBundle,
} from "./index.ts";
import type { LogSource, TileId, VerifyState } from "./index.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const signer = { name: "log", publicKey: raw, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };
const ownKey = formatVerifierKey("log", raw);
const keys = [parseVerifierKey(ownKey)].flatMap((key) => key ?? []);
const witness = parseWitnessKey("witness.example/w1+8d66cf3f+BEhE") ?? { name: "w", id: "00000000", publicKey: raw };
const noteOf = (size: number, root: Buffer = Buffer.alloc(32)) =>
  signNote(formatCheckpoint({ origin: "log", size, root }), signer);

const RUNS = { numRuns: 60 };
const bytes = uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));
const text = string({ unit: "binary", maxLength: 300 });
/** A right text with something wrong in it: what is near to right goes deepest. */
const spoiled = (right: string) =>
  tuple(
    integer({ min: 0, max: right.length }),
    integer({ min: 0, max: 40 }),
    oneof(text, constantFrom("\n", "\n\n", "\u2014 ", "0", "\0")),
  ).map(([at, removed, put]) => `${right.slice(0, at)}${put}${right.slice(at + removed)}`);
const change = signKeyChange({ origin: "log", from: ownKey, to: ownKey }, [signer]);
const proof = formatProofFile({ index: 3, path: [Buffer.alloc(32), Buffer.alloc(32, 1)], checkpoint: noteOf(5) });

describe("E-4: hostile input to the verifier", () => {
  it("never throws in a parser, and reads nothing wrong for right", () => {
    assert(
      property(oneof(text, spoiled(noteOf(5)), spoiled(change), spoiled(proof), spoiled(ownKey)), (hostile) => {
        const note = parseNote(hostile);
        if (note !== undefined) readCosignatures(note, [witness]);
        const checkpoint = readCheckpoint(hostile) ?? parseCheckpoint(hostile);
        expect(checkpoint === undefined || Number.isSafeInteger(checkpoint.size)).toBe(true);
        expect(checkpoint === undefined || checkpoint.root.length === 32).toBe(true);
        const key = parseVerifierKey(hostile);
        expect(key === undefined || formatVerifierKey(key.name, key.publicKey) === hostile.trim()).toBe(true);
        const handed = readKeyChange(hostile);
        expect(handed === undefined || hostile.startsWith("firebreak-log-key-change/v1\nlog\n")).toBe(true);
        expect(followKeys(keys, [hostile]).length).toBe(1);
        const read = parseProofFile(hostile);
        expect(read === undefined || read.path.every((hash) => hash.length === 32)).toBe(true);
        for (const found of findCheckpoints(hostile)) expect(parseNote(found)).toBeDefined();
        parseWitnessKey(hostile);
      }),
      { numRuns: 400 },
    );
  });

  it("reads bundles as they were written, and no other bytes as one", () => {
    assert(
      property(array(bytes, { maxLength: 20 }), bytes, (entries, tail) => {
        const bundle = writeBundle(entries);
        expect(readBundle(bundle)).toEqual(entries);
        const read = readBundle(Buffer.concat([bundle, tail]));
        expect(read === undefined || writeBundle(read).equals(Buffer.concat([bundle, tail]))).toBe(true);
      }),
      RUNS,
    );
  });

  it("finds checkpoints one after the other in a file, a mail or a history, however long", () => {
    const notes = Array.from({ length: 2_000 }, (_, size) => noteOf(size));
    expect(findCheckpoints(notes.map((note) => `${note}\n`).join(""))).toEqual(notes);
    const mail = `Subject: head\r\n\r\nHello,\r\n\r\n${(notes[7] ?? "").replaceAll("\n", "\r\n")}\r\n-- \r\nFirebreak\r\n`;
    expect(findCheckpoints(mail)).toEqual([notes[7]]);
    expect(findCheckpoints("\u2014 \n".repeat(200_000))).toEqual([]);
    expect(findCheckpoints("\n\u2014 x\n".repeat(200_000))).toEqual([]);
    expect(findCheckpoints("x".repeat(5_000_000))).toEqual([]);
  });

  it("takes no time over long lines that lead nowhere", () => {
    for (const long of [
      "a".repeat(1_000_000),
      "+".repeat(1_000_000),
      `log+${"a".repeat(1_000_000)}`,
      "\n".repeat(1_000_000),
    ]) {
      expect([
        parseNote(long),
        parseVerifierKey(long),
        parseWitnessKey(long),
        parseCheckpoint(long),
        readKeyChange(long),
      ]).toEqual([undefined, undefined, undefined, undefined, undefined]);
      expect(parseProofFile(long)).toBeUndefined();
    }
  });

  it("ends soon when a signed checkpoint promises more entries than there are", async () => {
    const source: LogSource = {
      checkpoint: async () => noteOf(Number.MAX_SAFE_INTEGER),
      heads: async () => [{ name: "head", note: noteOf(2 ** 40) }],
      tile: async () => undefined,
      entries: async () => undefined,
    };
    const verdict = await verifyLog({ source, keys });
    expect(verdict).toMatchObject({ intact: false, size: Number.MAX_SAFE_INTEGER });
    const to = Number.MAX_SAFE_INTEGER - 1;
    expect(verdict.findings).toContainEqual(expect.objectContaining({ code: "tile_missing", to }));
  });

  it("never throws on a source that gives anything, and finds nothing intact in it", async () => {
    const any = oneof(
      bytes,
      uint8Array({ minLength: 32, maxLength: 64 }).map((one) => Buffer.from(one)),
    );
    await assert(
      asyncProperty(
        integer({ min: 1, max: 70_000 }),
        any,
        array(any, { maxLength: 300 }),
        array(spoiled(noteOf(4)), { maxLength: 3 }),
        async (size, tile, entries, heads) => {
          const source: LogSource = {
            checkpoint: async () => noteOf(size),
            heads: async () => heads.map((note) => ({ name: "head", note })),
            keyChanges: async () => heads,
            tile: async () => tile,
            entries: async () => entries,
          };
          expect(await verifyLog({ source, keys })).toMatchObject({ intact: false });
        },
      ),
      { numRuns: 12 },
    );
  });

  it("goes on from where it was cut off, and begins anew when the state does not fit", async () => {
    const log = await trueLog(256 * 256 + 10);
    const states: VerifyState[] = [];
    const whole = await verifyLog({ ...log, keys, onState: (state) => states.push(state) });
    expect(whole).toMatchObject({ intact: true, findings: [] });
    const read = () => log.reads.splice(0).length;
    expect(read()).toBe(257);
    const [kept] = states;
    if (kept === undefined) throw new Error("no state was told");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was written as JSON a moment ago
    const resume = JSON.parse(JSON.stringify(kept)) as VerifyState;
    expect(await verifyLog({ ...log, keys, resume })).toEqual(whole);
    expect(read()).toBe(1);
    expect(await verifyLog({ ...log, keys, resume: { ...resume, origin: "other" } })).toEqual(whole);
    expect(read()).toBe(257);
    const trusted = [{ name: "kept", note: noteOf(300, await log.tree.root(300)) }];
    expect(await verifyLog({ ...log, keys, resume, trusted })).toMatchObject({ intact: true, heads: 1 });
    expect(read()).toBe(257);
    const spoiledState = {
      ...resume,
      frontier: resume.frontier.map((node) => ({ ...node, hash: Buffer.alloc(32).toString("base64") })),
    };
    expect(await verifyLog({ ...log, keys, resume: spoiledState })).toMatchObject({ intact: false });
  });

  it("reads no file of a directory that is no plain file or is too large", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "firebreak-hostile-"));
    mkdirSync(path.join(directory, "heads"));
    mkdirSync(path.join(directory, "key-changes", "0"), { recursive: true });
    writeFileSync(path.join(directory, "checkpoint"), "x".repeat(70_000));
    writeFileSync(path.join(directory, "heads", "12"), noteOf(12));
    writeFileSync(path.join(directory, "heads", "../escape"), "");
    const source = createDirectorySource(directory);
    expect(await source.checkpoint()).toBeUndefined();
    expect(await source.heads()).toEqual([{ name: "heads/12", note: noteOf(12) }]);
    expect(await source.keyChanges?.()).toEqual([]);
    rmSync(directory, { recursive: true });
  });
});

/** A log of made-up entries, whole, and which tiles of level 0 were read of it. */
async function trueLog(size: number) {
  const entries = Array.from({ length: size }, (_, at) => Buffer.from(`entry ${at}`));
  const levels = [entries.map((entry) => hashLeaf(entry))];
  for (let below = levels[0] ?? []; below.length >= 256; below = levels.at(-1) ?? []) {
    const count = Math.floor(below.length / 256);
    levels.push(
      Array.from({ length: count }, (_, at) =>
        rootWithin(Buffer.concat(below.slice(at * 256, (at + 1) * 256)), 0, 256),
      ),
    );
  }
  const tile = async ({ level, index, width }: TileId) =>
    Buffer.concat((levels[level] ?? []).slice(index * 256, index * 256 + width));
  const tree = new TreeReader(size, tile);
  const note = noteOf(size, await tree.root());
  const reads: number[] = [];
  const source: LogSource = {
    checkpoint: async () => note,
    heads: async () => [],
    tile,
    entries: async ({ index, width }) => {
      reads.push(index);
      return entries.slice(index * 256, index * 256 + width);
    },
  };
  return { source, tree, reads };
}
