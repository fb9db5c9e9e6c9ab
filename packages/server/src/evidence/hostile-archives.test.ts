import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { compress, init } from "@bokuweb/zstd-wasm";
import { readArchiveTar, verifyArchive as verifySource } from "@firebreak/verifier";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCarrier } from "./carrier/open-carrier.ts";
import { exportArchive } from "./carrier/export-archive.ts";
import { packZstd, unpackZstd } from "./carrier/zstd-stream.ts";
import { verifyArchive } from "./index.ts";
import { writeSampleArchive } from "./testing.ts";
import type { SampleArchive } from "./testing.ts";

let place: string;
let count = 0;
let archive: SampleArchive;

beforeAll(async () => {
  await init();
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-hostile-"));
});
beforeEach(async () => {
  archive = await writeSampleArchive(path.join(place, `home-${(count += 1)}`), {
    "notes/<script>alert(1)</script>\u001b]0;owned\u0007.txt": "text",
    empty: "",
  });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function exported(): Promise<Buffer> {
  return collect(await exportArchive(archive.directory));
}

async function tarOf(packed: Buffer): Promise<Buffer> {
  return collect(unpackZstd(pieces(packed), { bytesMax: 2 ** 30, ratioMax: 1000 }));
}

async function* pieces(bytes: Buffer, size = 60_000): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function write(name: string, bytes: Buffer): string {
  const file = path.join(place, `${count}-${name}`);
  writeFileSync(file, bytes);
  return file;
}

const findingsOf = async (file: string, limits?: { bytesMax: number; ratioMax: number }): Promise<string> => {
  const carrier = await openCarrier(file, limits);
  const verdict = await verifySource({ source: carrier.entries(), carrier: "archive", isCopy: true });
  return verdict.findings.map(({ item, message }) => `${item}: ${message}`).join("\n");
};

describe("E-3: an exported archive", () => {
  test("verifies from the single file, and is the same bytes each time", async () => {
    const [first, second] = [await exported(), await exported()];
    expect(first.equals(second)).toBe(true);
    const verdict = await verifyArchive(write("a.tar.zst", first), { expectedKeyId: archive.keyId });
    expect(verdict).toMatchObject({ intact: true, findings: [], archiveId: archive.id, items: 5 });
    expect(verdict.states).toEqual({ collected: 3, degraded: 1, failed: 1 });
  });

  test("is read by the tools of others: zstd by frames, tar by GNU tar, which gives the same directory back", async () => {
    const tar = write("a.tar", await tarOf(await exported()));
    const out = path.join(place, `out-${count}`);
    mkdirSync(out);
    execFileSync("/bin/tar", ["-xf", tar, "-C", out]);
    expect(await verifyArchive(path.join(out, archive.id))).toMatchObject({ intact: true, archiveId: archive.id });
    expect(await verifyArchive(tar)).toMatchObject({ intact: true });
    execFileSync("/bin/tar", ["--format=ustar", "-cf", `${tar}.again`, "-C", out, archive.id]);
    expect(await verifyArchive(`${tar}.again`)).toMatchObject({ intact: true });
  });

  test("holds sizes beyond eight gigabytes as GNU tar writes them", async () => {
    const file = path.join(place, `sparse-${count}`, "evd_00000000000000000000000000");
    mkdirSync(path.join(file, "blobs"), { recursive: true });
    writeFileSync(path.join(file, "custody.jsonl"), "");
    truncateSync(path.join(file, "custody.jsonl"), 9 * 1024 ** 3);
    const tar = path.join(place, "sparse.tar");
    execFileSync("/bin/sh", [
      "-c",
      'tar --format=gnu -cf - -C "$1" "$2" | head -c 65536 > "$3"',
      "sh",
      path.dirname(file),
      path.basename(file),
      tar,
    ]);
    expect(await findingsOf(tar)).toMatch(/custody.jsonl: is larger than 16777216 bytes|archive: ends too soon/);
  });
});

const SIZES = [1, 511, 512, 513, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024];

test.each(SIZES)("%i bytes come back out of the packing as they were", async (bytes) => {
  const content = createHash("sha512").update(String(bytes)).digest();
  const whole = Buffer.alloc(bytes, content);
  const packed = await collect(packZstd(pieces(whole, 77_777)));
  expect((await tarOf(packed)).equals(whole)).toBe(true);
});

/** Changes one file of a directory. */
function edit(name: string, change: (text: string) => string): void {
  const file = path.join(archive.directory, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

const blob = (index = 0): string => {
  const names = readdirSync(path.join(archive.directory, "blobs")).toSorted();
  return path.join(archive.directory, "blobs", names[index] ?? "");
};

const MANIFEST = "manifest.json";
const ATTACKS: readonly (readonly [name: string, attack: () => void, found: RegExp])[] = [
  ["appends to a blob", () => appendFileSync(blob(), "x"), /has other content than was collected/],
  ["empties a blob", () => truncateSync(blob(), 0), /has other content than was collected/],
  ["removes a blob", () => rmSync(blob()), /is missing \(blobs\//],
  ["swaps two blobs", () => swap(blob(0), blob(1)), /has other content[^]*has other content/],
  ["puts a link in the place of a blob", () => relink(blob(), "/etc/hostname"), /blobs\/\w+: is not a regular file/],
  ["puts a pipe in the place of a blob", () => repipe(blob()), /blobs\/\w+: is not a regular file/],
  ["puts a directory in the place of a blob", () => redirect(blob()), /is not a regular file/],
  ["links the folder of blobs elsewhere", () => relinkBlobs(), /blobs: does not belong to the archive[^]*is missing/],
  [
    "adds a blob",
    () => writeFileSync(path.join(archive.directory, "blobs", "f".repeat(64)), ""),
    /f{64}: does not stand in the manifest/,
  ],
  [
    "adds a blob of another name",
    () => writeFileSync(path.join(archive.directory, "blobs/x"), ""),
    /blobs\/x: does not stand/,
  ],
  ["adds a file", () => writeFileSync(path.join(archive.directory, "notes.txt"), ""), /notes.txt: does not belong/],
  ["adds a hidden directory", () => mkdirSync(path.join(archive.directory, ".x")), /\.x: does not belong/],
  [
    "changes a reason in the manifest",
    () => edit(MANIFEST, (t) => t.replace("rogue agent", "calm agent!")),
    /was changed after it was signed/,
  ],
  [
    "says of a failed item that it was collected",
    () => edit(MANIFEST, (t) => t.replace('"failed"', '"collected"')),
    /not a manifest of this format/,
  ],
  [
    "says of a degraded item that it is whole",
    () => edit(MANIFEST, (t) => t.replace('"degraded"', '"collected"')),
    /changed after it was signed/,
  ],
  [
    "drops an item",
    () => edit(MANIFEST, (t) => t.replace('"total_evidence_items": 5', '"total_evidence_items": 4')),
    /another number of items/,
  ],
  [
    "points an item at another path",
    () => edit(MANIFEST, (t) => t.replace('"blobs/', '"../blobs/')),
    /not a manifest of this format/,
  ],
  ["empties the manifest", () => edit(MANIFEST, () => ""), /is not JSON/],
  ["removes the manifest", () => rmSync(path.join(archive.directory, MANIFEST)), /manifest.json: is missing/],
  [
    "hides a field in the manifest",
    () => edit(MANIFEST, (t) => t.replace("{", '{"x":1,')),
    /not a manifest of this format/,
  ],
  [
    "writes the manifest in another encoding",
    () => writeFileSync(path.join(archive.directory, MANIFEST), Buffer.of(0x7b, 0xff, 0x7d)),
    /is not UTF-8/,
  ],
  ["nests the manifest deeply", () => edit(MANIFEST, () => "[".repeat(5_000_000)), /nested deeper than 64/],
  [
    "makes the manifest huge",
    () => truncateSync(path.join(archive.directory, MANIFEST), 65 * 1024 ** 2),
    /larger than 67108864 bytes/,
  ],
  [
    "removes the signature",
    () => rmSync(path.join(archive.directory, "manifest.sig.json")),
    /manifest.sig.json: is missing/,
  ],
  [
    "puts noise into the signature",
    () => edit("manifest.sig.json", (t) => t.replace(/("signature_base64": ").{8}/, "$1AAAAAAAA")),
    /does not fit the manifest/,
  ],
  [
    "names another algorithm",
    () => edit("manifest.sig.json", (t) => t.replace("Ed25519", "none")),
    /not a signature of this format/,
  ],
  [
    "names another key",
    () => edit("manifest.sig.json", (t) => t.replace(/("key_id": ").{4}/, "$10000")),
    /does not fit the manifest/,
  ],
  [
    "makes the signature huge",
    () => truncateSync(path.join(archive.directory, "manifest.sig.json"), 70_000),
    /larger than 65536/,
  ],
  [
    "edits a custody line",
    () => edit("custody.jsonl", (t) => t.replace("user ada", "user eve") + t),
    /line 2: does not follow/,
  ],
  ["removes the custody log", () => rmSync(path.join(archive.directory, "custody.jsonl")), /custody.jsonl: is missing/],
  ["empties the custody log", () => edit("custody.jsonl", () => ""), /line 1: is not a custody entry/],
  [
    "links the custody log elsewhere",
    () => relink(path.join(archive.directory, "custody.jsonl"), "/dev/zero"),
    /custody.jsonl: is not a regular file/,
  ],
  [
    "takes the custody of another archive",
    () => edit("custody.jsonl", (t) => t.replace(/("manifest_sha256":").{4}/, "$10000")),
    /speaks of another manifest/,
  ],
];

function swap(one: string, other: string): void {
  renameSync(one, `${one}.x`);
  renameSync(other, one);
  renameSync(`${one}.x`, other);
}

function relink(file: string, target: string): void {
  rmSync(file);
  symlinkSync(target, file);
}

function redirect(file: string): void {
  rmSync(file);
  mkdirSync(file);
}

function repipe(file: string): void {
  rmSync(file);
  execFileSync("/usr/bin/mkfifo", [file]);
}

function relinkBlobs(): void {
  const [from, to] = [path.join(archive.directory, "blobs"), path.join(place, `elsewhere-${count}`)];
  renameSync(from, to);
  symlinkSync(to, from);
}

describe("E-3: whoever may write to an archive is found: the attacker", () => {
  test.each(ATTACKS)("%s", async (_name, attack, found) => {
    expect(await findingsOf(archive.directory)).toBe("");
    attack();
    const findings = await findingsOf(archive.directory);
    expect(findings).toMatch(found);
  });

  test("replaces the signature and the key, which shows to who knows the key", async () => {
    const other = await writeSampleArchive(path.join(place, "other-home"));
    const verdict = await verifyArchive(other.directory, { expectedKeyId: archive.keyId });
    expect(verdict.findings).toMatchObject([
      { item: "manifest.sig.json", message: expect.stringMatching(/was made by key/) },
    ]);
  });

  test.each([
    [
      "cuts the tail off",
      [
        { line: 1, own: true },
        { line: 2, own: false },
      ],
      /line 2: was cut off: the audit log has it/,
    ],
    ["writes another first line", [{ line: 1, own: false }], /line 1: is not what the audit log has/],
    ["adds a line", [], /line 1: is not in the audit log/],
  ])("%s of the custody log, given the audit log", async (_name, logged, found) => {
    const [line = ""] = readFileSync(path.join(archive.directory, "custody.jsonl"), "utf8").split("\n");
    const own = createHash("sha256").update(line).digest("hex");
    const loggedCustody = logged.map((one) => ({ line: one.line, sha256: one.own ? own : "0".repeat(64) }));
    const { findings } = await verifyArchive(archive.directory, { loggedCustody });
    expect(findings.map(({ item, message }) => `${item}: ${message}`).join("\n")).toMatch(found);
  });
});

interface TarEntry {
  readonly name: string;
  readonly type?: string;
  readonly content?: string;
  readonly link?: string;
}

function tarBlocks({ name, type = "0", content = "", link = "" }: TarEntry): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, "utf8");
  header.write("0000644\0", 100, "latin1");
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write(`        ${type}`, 148, "latin1");
  header.write(link, 157, 100, "utf8");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, Buffer.from(content, "latin1"), padding]);
}

const tarFile = (...entries: TarEntry[]): Buffer => Buffer.concat([...entries.map(tarBlocks), Buffer.alloc(1024)]);
const ID = "evd_00000000000000000000000001";

describe("hostile archives of others", () => {
  test.each<readonly [string, TarEntry, RegExp]>([
    ["a path that climbs out", { name: "../../etc/cron.d/x" }, /lies outside the archive's own directory/],
    ["a path that climbs out from inside", { name: `${ID}/../../etc/x` }, /does not belong to the archive/],
    ["a path of blobs that climbs out", { name: `${ID}/blobs/../../x` }, /does not stand in the manifest/],
    ["an absolute path", { name: "/etc/passwd" }, /lies outside the archive's own directory/],
    ["a symbolic link", { name: `${ID}/manifest.json`, type: "2", link: "/etc/shadow" }, /is a symbolic link/],
    ["a hard link", { name: `${ID}/manifest.json`, type: "1", link: "/etc/shadow" }, /is a hard link/],
    ["a device", { name: `${ID}/manifest.json`, type: "4" }, /is a block device/],
    ["a pipe", { name: `${ID}/manifest.json`, type: "6" }, /is a pipe/],
    [
      "an entry of an unknown kind",
      { name: `${ID}/manifest.json`, type: "x", content: "20 path=/etc/passwd\n" },
      /unknown kind/,
    ],
    ["a directory that is none of ours", { name: `${ID}/bin/`, type: "5" }, /does not belong/],
    ["a name with terminal escapes", { name: `${ID}/\u001b]0;owned\u0007` }, /does not belong/],
    ["an empty name", { name: "" }, /lies outside/],
  ])("%s is named and never followed", async (_name, entry, found) => {
    expect(await findingsOf(write("evil.tar", tarFile(entry)))).toMatch(found);
  });

  test("the same file twice is found: a reader must not choose", async () => {
    const entry = { name: `${ID}/custody.jsonl`, content: "{}" };
    expect(await findingsOf(write("twice.tar", tarFile(entry, entry)))).toMatch(/custody.jsonl: is there twice/);
  });

  test("two archives in one file are found", async () => {
    const other = { name: `${ID.slice(0, -1)}2/custody.jsonl` };
    expect(await findingsOf(write("two.tar", tarFile({ name: `${ID}/custody.jsonl` }, other)))).toMatch(
      /another archive/,
    );
  });

  test.each<readonly [string, (tar: Buffer) => Buffer, RegExp]>([
    ["cut in the middle", (tar) => tar.subarray(0, tar.length / 2), /archive: ends too soon/],
    ["without its end", (tar) => tar.subarray(0, tar.length - 1024), /ends too soon/],
    ["with bytes after its end", (tar) => Buffer.concat([tar, Buffer.from("x")]), /goes on after its end/],
    [
      "with a damaged header",
      (tar) => Buffer.from(tar.map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
      /header that is damaged/,
    ],
    ["that is no tar", () => Buffer.alloc(2048, "hello "), /header that is damaged|POSIX/],
    ["that is empty", () => Buffer.alloc(0), /ends too soon/],
    ["with a size that no file has", (tar) => withSize(tar, Buffer.from("777777777777")), /ends too soon/],
    ["with a negative size", (tar) => withSize(tar, Buffer.alloc(12, 0xff)), /header that is damaged/],
  ])("a tar %s", async (_name, change, found) => {
    expect(await findingsOf(write("odd.tar", change(await tarOf(await exported()))))).toMatch(found);
  });

  test("a bomb is left at the limits of size and ratio", async () => {
    const zeros = Buffer.from(compress(Buffer.alloc(8 * 1024 * 1024)));
    const bomb = write("bomb.tar.zst", Buffer.concat(Array.from({ length: 40 }, () => zeros)));
    expect(readFileSync(bomb).length).toBeLessThan(50_000);
    const header = tarBlocks({ name: `${ID}/blobs/${"0".repeat(64)}` });
    header.write("77777777777\0", 124, "latin1");
    const sum = header.fill(" ", 148, 156).reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    const whole = write("tarbomb.tar.zst", Buffer.concat([Buffer.from(compress(header)), readFileSync(bomb)]));
    expect(await findingsOf(whole)).toMatch(/unpacks to more than 1000 times its size/);
    expect(await findingsOf(whole, { bytesMax: 1024 ** 2, ratioMax: 1e9 })).toMatch(
      /more than 1048576 bytes, the limit/,
    );
  });

  test("a frame that asks for gigabytes is refused before it is unpacked", async () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 0x01, 0, 0]);
    expect(await findingsOf(write("window.zst", frame))).toMatch(/packed in larger pieces/);
  });

  test.each([
    ["zip", Buffer.from("PK\u0003\u0004")],
    ["gzip", Buffer.of(0x1f, 0x8b, 8, 0)],
    ["7z", Buffer.of(0x37, 0x7a, 0xbc, 0xaf)],
  ])("a %s file is refused by its first bytes", async (name, start) => {
    await expect(openCarrier(write("x.tar.zst", start))).rejects.toThrow(new RegExp(`is a ${name} file`));
  });

  test("noise in any place is told of and never thrown", async () => {
    const tar = await tarOf(await exported());
    const noise = fc.record({ at: fc.nat({ max: tar.length - 1 }), byte: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(noise, fc.nat({ max: tar.length }), async ({ at, byte }, cut) => {
        const changed = Buffer.from(tar);
        changed.writeUInt8(changed.readUInt8(at) ^ byte, at);
        const verdict = await verifySource({ source: readArchiveTar(pieces(changed)), carrier: "x" });
        const half = await verifySource({ source: readArchiveTar(pieces(tar.subarray(0, cut))), carrier: "x" });
        expect(half.intact).toBe(cut === tar.length);
        expect(typeof verdict.intact).toBe("boolean");
      }),
      { numRuns: 150 },
    );
  });
});

function withSize(tar: Buffer, size: Buffer): Buffer {
  const changed = Buffer.from(tar);
  size.copy(changed, 124);
  const header = changed.subarray(0, 512);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return changed;
}
