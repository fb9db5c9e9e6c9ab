import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSampleArchive } from "../../packages/server/src/evidence/testing.ts";
import type { SampleArchive } from "../../packages/server/src/evidence/testing.ts";
import { exportArchive } from "../../packages/server/src/evidence/index.ts";
import { repository } from "../harness/firebreak.ts";

const PROGRAM = path.join(repository, "packages/verifier/dist/firebreak-verify.mjs");
const NODE_WITH_ZSTD = path.join(repository, "node_modules/.cache/nodes/22.23.3/node_modules/node/bin/node");
let place: string;
let archive: SampleArchive;
let file: string;

beforeAll(async () => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-standalone-"));
  archive = await writeSampleArchive(place, { "notes/\u001b[2Jplan.md": "text" });
  file = path.join(place, `${archive.id}.tar.zst`);
  const parts: Buffer[] = [];
  for await (const part of await exportArchive(archive.directory)) parts.push(part);
  writeFileSync(file, Buffer.concat(parts));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Runs the single file elsewhere, so that nothing of the repository can help it. */
function verify(args: readonly string[], node = process.execPath) {
  const ran = spawnSync(node, [PROGRAM, ...args], { cwd: place, encoding: "utf8" });
  return { code: ran.status, text: `${ran.stdout}${ran.stderr}` };
}

describe("E-3: the standalone verifier, one file for plain Node, checks an archive", () => {
  test("from its directory, and says whose key sealed it", () => {
    expect(verify(["--archive", archive.directory, "--archive-key", archive.keyId])).toEqual({
      code: 0,
      text: `intact: ${archive.id}, 2 items whole, 1 degraded, 1 not had; 1 custody entries\nSealed by key ${archive.keyId}\n`,
    });
    const other = verify(["--archive", archive.directory, "--archive-key", "0".repeat(64)]);
    expect(other).toMatchObject({ code: 1, text: expect.stringMatching(/manifest.sig.json: was made by key/) });
  });

  test("from the exported file where Node has Zstandard, and tells what to do where it has not", () => {
    expect(verify(["--archive", file], NODE_WITH_ZSTD)).toMatchObject({ code: 0 });
    const cut = path.join(place, "cut.tar.zst");
    writeFileSync(cut, readFileSync(file).subarray(0, 900));
    expect(verify(["--archive", cut], NODE_WITH_ZSTD)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/damaged|too soon/),
    });
    const old = path.join(repository, "node_modules/.cache/nodes/20.19.0/node_modules/node/bin/node");
    expect(verify(["--archive", file], old)).toMatchObject({
      code: 2,
      text: expect.stringMatching(/has no Zstandard.*zstd -d/),
    });
  });

  test("names what was changed, and no name reaches the terminal as a command", async () => {
    const changed = await writeSampleArchive(path.join(place, "changed"), { "\u001b]0;owned\u0007x": "text" });
    const name = path.join(changed.directory, "manifest.json");
    const manifest: { evidence_items: { name: string; file_path: string }[] } = JSON.parse(readFileSync(name, "utf8"));
    const item = manifest.evidence_items.find((one) => one.name.includes("owned"));
    rmSync(path.join(changed.directory, item?.file_path ?? "none"));
    const { code, text } = verify(["--archive", changed.directory]);
    expect(code).toBe(1);
    expect(text).toMatch(/owned.x: is missing \(blobs\//);
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u0007");
  });
});
