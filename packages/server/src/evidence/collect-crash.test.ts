import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { verifyArchive } from "./index.ts";
import { evidenceManifest } from "./manifest.ts";

let place: string;
let program: string;
let home: string;
let workspace: string;
let outputLog: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-collect-"));
  program = bundleEntry(
    path.join(import.meta.dirname, "test-programs/collect-entry.ts"),
    path.join(place, "collect.mjs"),
  );
  [home, workspace, outputLog] = [
    path.join(place, "home"),
    path.join(place, "workspace"),
    path.join(place, "output.log"),
  ];
  mkdirSync(workspace);
  for (let index = 0; index < 150; index += 1) writeFileSync(path.join(workspace, `note-${index}`), `note ${index}`);
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

describe("E-3: a collection that is killed", () => {
  test("at any moment breaks no finished archive; the next one names what was cut off and keeps its files", async () => {
    const first = collect();
    for (const word of [/output/, /workspace/, /workspace [1-9]\d/, /sealing/]) await killAt(word);
    const unsealed = archives().filter((id) => !isSealed(id));
    expect(unsealed.length).toBeGreaterThan(0);
    const last = collect();
    const { evidence_items: items } = evidenceManifest.parse(
      JSON.parse(readFileSync(path.join(home, "evidence", last.id, "manifest.json"), "utf8")),
    );
    const named = items.filter(({ name }) => name.startsWith("interrupted/"));
    expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(unsealed.map((id) => `interrupted/${id}`)));
    for (const id of unsealed) expect(existsSync(path.join(home, "evidence", `${id}.partial-1`))).toBe(true);
    expect(archives()).toEqual(expect.arrayContaining([first.id, last.id]));
    for (const id of archives())
      expect(await verifyArchive(path.join(home, "evidence", id))).toMatchObject({ intact: true });
    expect(readdirSync(path.join(home, "evidence/under-way"))).toEqual([]);
  });
});

test("E-2: a log of hundreds of megabytes costs no memory for its size", () => {
  truncateSync(outputLog, 300 * 1024 * 1024);
  const { grown, bytes } = collect(1024);
  expect(bytes).toBeGreaterThan(300 * 1024 * 1024);
  expect(grown).toBeLessThan(128 * 1024 * 1024);
});
