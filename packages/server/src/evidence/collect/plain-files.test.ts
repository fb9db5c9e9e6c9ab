import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gapsOf, listTree, openInTree, openPlainFile } from "./plain-files.ts";
import type { TreeEntry } from "./plain-files.ts";

let place: string;
let root: string;
beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-files-"));
  root = path.join(place, "workspace");
  mkdirSync(root);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const list = (overrides: { entriesMax?: number; excluded?: string[] } = {}) =>
  listTree(root, { entriesMax: 1000, excluded: [], signal: new AbortController().signal, ...overrides });

async function read(entry: TreeEntry): Promise<string | null> {
  const handle = await openInTree(root, entry);
  if (handle === null) return null;
  const text = await handle.readFile("utf8");
  await handle.close();
  return text;
}

describe("E-2: a hostile workspace", () => {
  test("links, pipes, sparse files, odd and undecodable names are listed; none blocks, and nothing is followed", async () => {
    writeFileSync(path.join(root, "a\nname\u001b[31m"), "x");
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), "bytes");
    symlinkSync("/etc/shadow", path.join(root, "link"));
    symlinkSync("/etc", path.join(root, "linked-directory"));
    execFileSync("/usr/bin/mkfifo", [path.join(root, "pipe")]);
    writeFileSync(path.join(root, "sparse"), "");
    truncateSync(path.join(root, "sparse"), 2 ** 40);
    const { entries } = await list();
    expect(entries.map(({ path: file, type }) => [file, type])).toEqual([
      ["a\nname\u001b[31m", "file"],
      ["link", "symlink"],
      ["linked-directory", "symlink"],
      ["pipe", "other"],
      ["sparse", "file"],
      ["\\xfffe", "file"],
    ]);
    const odd = entries.at(-1);
    expect(odd === undefined ? null : await read(odd)).toBe("bytes");
  });

  test("a directory or file that becomes a link after it was listed is not followed", async () => {
    mkdirSync(path.join(root, "deep/deeper"), { recursive: true });
    writeFileSync(path.join(root, "deep/deeper/passwd"), "mine");
    const entry = (await list()).entries.find((one) => one.path === "deep/deeper/passwd");
    if (entry === undefined) throw new Error("it is not listed");
    expect(await read(entry)).toBe("mine");
    renameSync(path.join(root, "deep/deeper"), path.join(root, "gone"));
    symlinkSync("/etc", path.join(root, "deep/deeper"));
    await expect(read(entry)).rejects.toThrow(/ELOOP|ENOTDIR/);
    rmSync(path.join(root, "deep/deeper"));
    mkdirSync(path.join(root, "deep/deeper"));
    symlinkSync("/etc/passwd", path.join(root, "deep/deeper/passwd"));
    await expect(read(entry)).rejects.toThrow(/ELOOP/);
  });

  test("a root that was replaced by a link is named and not entered", async () => {
    rmSync(root, { recursive: true });
    symlinkSync("/etc", root);
    await expect(list()).rejects.toThrow(`${root} is a symbolic link to /etc; not followed`);
  });

  test("what lies near the top comes first, and what is too much is said", async () => {
    for (let index = 0; index < 20; index += 1) mkdirSync(path.join(root, `d${index}`, "x"), { recursive: true });
    writeFileSync(path.join(root, "z-last"), "");
    const listing = await list({ entriesMax: 21 });
    expect(listing.entries.map(({ path: file }) => file)).toContain("z-last");
    expect(gapsOf(listing)).toBe("only the first 21 entries are listed");
  });

  test("a tree deeper than any honest one ends with a gap", async () => {
    let at = root;
    for (let depth = 0; depth < 80; depth += 1) mkdirSync((at = path.join(at, "d")));
    const listing = await list();
    expect(listing.entries).toHaveLength(65);
    expect(gapsOf(listing)).toContain("deeper than 64 folders");
  });

  test("a single file behind a link, a pipe or a device is refused by what it is", async () => {
    symlinkSync("/etc/shadow", path.join(root, "settings.json"));
    execFileSync("/usr/bin/mkfifo", [path.join(root, "pipe")]);
    await expect(openPlainFile(path.join(root, "settings.json"))).rejects.toThrow("symbolic link to /etc/shadow");
    await expect(openPlainFile(path.join(root, "pipe"))).rejects.toThrow("no plain file");
    await expect(openPlainFile("/dev/zero")).rejects.toThrow("no plain file");
  });
});
