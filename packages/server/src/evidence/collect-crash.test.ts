import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { verifyArchive } from "./index.ts";
import { evidenceManifest } from "./manifest.ts";

const NOTES = 150;
const MIB = 1024 * 1024;

let place: string;
let program: string;
let settler: string;
let home: string;
let workspace: string;
let outputLog: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-collect-"));
  program = bundleEntry(
    path.join(import.meta.dirname, "test-programs/collect-entry.ts"),
    path.join(place, "collect.mjs"),
  );
  settler = bundleEntry(
    path.join(import.meta.dirname, "test-programs/settle-entry.ts"),
    path.join(place, "settle.mjs"),
  );
  [home, workspace, outputLog] = [
    path.join(place, "home"),
    path.join(place, "workspace"),
    path.join(place, "output.log"),
  ];
  mkdirSync(workspace);
  for (let index = 0; index < NOTES; index += 1) writeFileSync(path.join(workspace, `note-${index}`), `note ${index}`);
  writeFileSync(outputLog, "the output");
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const archives = () => readdirSync(path.join(home, "evidence")).filter((name) => /^evd_\w{26}$/.test(name));
const isSealed = (id: string) => existsSync(path.join(home, "evidence", id, "manifest.json"));

function collect(fileMb = 1): { grown: number; id: string; bytes: number } {
  const words = [program, home, workspace, outputLog, String(fileMb)];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

/** Kills a collection when its account of itself has come so far. */
async function killAt(word: RegExp): Promise<void> {
  const child = spawn(process.execPath, [program, home, workspace, outputLog], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => {
    said += piece.toString();
    if (word.test(said)) child.kill("SIGKILL");
  });
  await once(child, "close");
}

interface Settled {
  readonly id: string;
  readonly problem: string;
  readonly isSealed: boolean;
}

function settle(): Settled[] {
  const said = execFileSync(process.execPath, [settler, home], { encoding: "utf8" });
  return JSON.parse(said.slice("begun\n".length));
}

const readItems = (id: string) =>
  evidenceManifest.parse(JSON.parse(readFileSync(path.join(home, "evidence", id, "manifest.json"), "utf8")))
    .evidence_items;

const blobsOf = (id: string) => path.join(home, "evidence", id, "blobs");

/** Kills a collection among the notes; those that were faster than their kill do not count. @returns which it is */
async function killAmongNotes(): Promise<string> {
  for (let tries = 0; tries < 30; tries += 1) {
    await killAt(/workspace [1-9]\d/);
    const [id] = unsealed();
    if (id !== undefined) return id;
  }
  throw new Error("every collection was faster than its kill");
}

/** Kills a collection once the large file of the workspace has come in as far as that. */
async function killInFile(bytes: number): Promise<void> {
  const child = spawn(process.execPath, [program, home, workspace, outputLog, "1000"], { stdio: "ignore" });
  const ended = once(child, "close");
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  while (!isOver() && !unsealed().some((id) => sizeOfIncoming(id) > bytes)) await new Promise(setImmediate);
  child.kill("SIGKILL");
  await ended;
}

const unsealed = () => archives().filter((id) => !isSealed(id));

function sizeOfIncoming(id: string): number {
  try {
    const names = readdirSync(blobsOf(id)).filter((name) => name.startsWith("incoming-"));
    return Math.max(0, ...names.map((name) => statSync(path.join(blobsOf(id), name)).size));
  } catch {
    return 0; // it came in meanwhile
  }
}

describe("E-3: a collection that is killed", () => {
  test("at any moment breaks no finished archive, and is sealed with what it had and what it lacks", async () => {
    const first = collect();
    for (const word of [/output/, /workspace/, /workspace [1-9]\d/, /sealing/]) await killAt(word);
    const cut = unsealed();
    expect(cut.length).toBeGreaterThan(0);
    const last = collect();
    const settled = settle();
    expect(settled.map(({ id }) => id).toSorted()).toEqual(cut.toSorted());
    expect(settled.every((one) => one.isSealed)).toBe(true);
    for (const id of cut) {
      const items = readItems(id);
      const names = items.map(({ name }) => name);
      // killed after the last note came in, nothing need be missing
      const isWhole = names.filter((name) => /^workspace\/note-\d+$/.test(name)).length === NOTES;
      const saysSo = items.some(({ name, status }) => name === "interrupted" && status === "failed");
      expect(isWhole || saysSo).toBe(true);
      expect(names).toContain("collection.json");
    }
    expect(archives()).toEqual(expect.arrayContaining([first.id, last.id]));
    await expectAllIntact();
    expect(readdirSync(path.join(home, "evidence/under-way"))).toEqual([]);
    expect(settle()).toEqual([]);
  });

  test("in the middle of a file keeps the part that it had, by its name; killed while that is sealed, the next one does", async () => {
    writeFileSync(path.join(workspace, "a-large-one"), Buffer.alloc(4096, "evidence "));
    truncateSync(path.join(workspace, "a-large-one"), 400 * MIB);
    await killInFile(8 * MIB);
    rmSync(path.join(workspace, "a-large-one"));
    const [id = ""] = unsealed();
    const settling = spawn(process.execPath, [settler, home], { stdio: ["ignore", "pipe", "ignore"] });
    await once(settling.stdout, "data");
    settling.kill("SIGKILL");
    await once(settling, "close");
    settle();
    const part = readItems(id).find(({ name }) => name === "workspace/a-large-one");
    expect(part).toMatchObject({ status: "degraded", reason: expect.stringContaining("its process ended") });
    expect(part?.file_size_bytes).toBeGreaterThan(8 * MIB);
    expect(readItems(id)).toContainEqual(expect.objectContaining({ name: "workspace", status: "failed" }));
    await expectAllIntact();
  });

  test("by a stop of the machine that took what was not on the disk yet, it is sealed by what is there", async () => {
    const id = await killAmongNotes();
    const journal = path.join(home, "evidence/under-way", `${id}.items.jsonl`);
    const lines = readFileSync(journal, "utf8").split("\n");
    // the record lost, the last lines lost and one torn, a blob lost and one cut short
    truncateSync(path.join(home, "evidence/under-way", `${id}.json`), 10);
    writeFileSync(journal, [...lines.slice(0, -6), (lines.at(-6) ?? "").slice(0, 40)].join("\n"));
    const [lost = "", short = ""] = readdirSync(blobsOf(id)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    rmSync(path.join(blobsOf(id), lost));
    truncateSync(path.join(blobsOf(id), short), 3);
    expect(settle()).toMatchObject([{ id, isSealed: true }]);
    const items = readItems(id);
    expect(items.filter(({ reason }) => /its content was not on the disk/.test(reason ?? "")).length).toBeGreaterThan(
      0,
    );
    expect(items.some(({ name }) => name.startsWith("interrupted/"))).toBe(true);
    await expectAllIntact();
  });
});

async function expectAllIntact(): Promise<void> {
  for (const id of archives())
    expect(await verifyArchive(path.join(home, "evidence", id))).toMatchObject({ intact: true });
}

test("E-2: a log of hundreds of megabytes costs no memory for its size", () => {
  truncateSync(outputLog, 300 * 1024 * 1024);
  const { grown, bytes } = collect(1024);
  expect(bytes).toBeGreaterThan(300 * 1024 * 1024);
  expect(grown).toBeLessThan(128 * 1024 * 1024);
});
