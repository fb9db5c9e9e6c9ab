import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../../test/agents/bundle-entry.ts";
import { describeEffectorContract, effectorContextFor } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { diskClean } from "./clean.ts";
import { parseLsof } from "./open-files.ts";
import { refuseFolder } from "./refuse-folder.ts";

const DAY_S = 86_400;

function write(folder: string, name: string, ageDays: number): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `${name}\n`);
  const at = Date.now() / 1000 - ageDays * DAY_S;
  utimesSync(file, at, at);
  return file;
}

function filesOf(folder: string, base = folder): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== ".firebreak-trash")
    .flatMap((entry) => {
      const full = join(folder, entry.name);
      return entry.isDirectory() ? filesOf(full, base) : [relative(base, full)];
    })
    .toSorted();
}

/** What is in the way of a file in the trash of the contract's step: a folder that holds something. */
async function openWorld(): Promise<EffectorWorld> {
  const place = mkdtempSync(join(tmpdir(), "fb-clean-world-"));
  const folder = join(place, "logs");
  const names = ["a.log", "b.log", "sub/c.log", "sub/deeper/d.log"];
  for (const [n, name] of names.entries()) write(folder, name, 100 - n);
  write(folder, "young.log", 1);
  const key = createHash("sha256").update("run_1/step").digest("hex").slice(0, 24);
  const own = join(folder, ".firebreak-trash", key);
  const blocks = (at: number) => join(own, String(at), "in-the-way");
  const isMoved = (name: string) => !existsSync(join(folder, name));
  return {
    settings: {},
    parameters: { folder, olderThanDays: 90 },
    look: async () => filesOf(folder),
    operations: () => names.filter(isMoved).length,
    breakAt: (at, which) => {
      for (let n = at; n < (which === "one" ? at + 1 : names.length); n++) mkdirSync(blocks(n), { recursive: true });
    },
    heal: () => rmSync(own, { recursive: true, force: true }),
    close: async () => rmSync(place, { recursive: true, force: true }),
  };
}
describeEffectorContract("disk.clean", { open: openWorld });

let place = "";
let home = "";
let folder = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-clean-"));
  home = join(place, "home");
  folder = join(place, "logs");
  mkdirSync(home);
  mkdirSync(folder);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const apply = (given: Record<string, unknown> = {}, stepId = "step") =>
  diskClean.apply(effectorContextFor(home, { stepId }), { folder, olderThanDays: 90, ...given });
const undo = (given: Record<string, unknown> = {}, stepId = "step") =>
  diskClean.undo(effectorContextFor(home, { stepId }), { folder, olderThanDays: 90, ...given }, {});

describe("disk.clean", () => {
  test("R-7: the preview names the files and their bytes, and what is kept and why", async () => {
    write(folder, "old.log", 100);
    write(folder, "name with\na line.log", 120);
    const busy = openSync(write(folder, "busy.log", 100), "a");
    linkSync(write(folder, "linked.log", 100), join(place, "second-name"));
    const preview = await diskClean.preview(effectorContextFor(home), { folder, olderThanDays: 90 });
    closeSync(busy);
    expect(preview.changes.slice(0, 3)).toEqual([
      expect.stringContaining("2 file(s), 29 bytes"),
      '"name with\\na line.log": 21 bytes',
      '"old.log": 8 bytes',
    ]);
    expect(preview.changes.join()).toContain("1 file(s) are kept, because they are open for writing");
    expect(preview.changes.join()).toContain("1 file(s) are kept, because they have a second name");
  });

  test("R-7: only what is old and fits goes; the newest stay, and names of any bytes come back", async () => {
    for (const [n, age] of [100, 200, 300, 400].entries()) write(folder, `hourly/backup-${n}.enc`, age);
    write(folder, "hourly/notes.txt", 400);
    const odd = Buffer.concat([Buffer.from(`${folder}/hourly/`), Buffer.from([0xff, 0x0a, 0xfe]), Buffer.from(".enc")]);
    writeFileSync(odd, "odd");
    utimesSync(odd, 1, 1);
    const before = readdirSync(join(folder, "hourly"), { encoding: "buffer" }).map((name) => name.toString("hex"));
    const given = { patterns: ["*.enc"], keepNewest: 2 };
    const outcome = await apply(given);
    expect(outcome, outcome.message).toMatchObject({ ok: true, output: { freedBytes: 0, files: 3 } });
    expect(filesOf(folder)).toEqual(["hourly/backup-0.enc", "hourly/backup-1.enc", "hourly/notes.txt"]);
    expect(await undo(given)).toMatchObject({ ok: true });
    expect(readdirSync(join(folder, "hourly"), { encoding: "buffer" }).map((name) => name.toString("hex"))).toEqual(
      before,
    );
    expect(existsSync(join(folder, ".firebreak-trash"))).toBe(false);
  });

  test("R-7: a pattern with a slash is for paths below the folder", async () => {
    write(folder, "a/x.tmp", 100);
    write(folder, "b/x.tmp", 100);
    await apply({ patterns: ["a/**"] });
    expect(filesOf(folder)).toEqual(["b/x.tmp"]);
  });

  test("R-7: links are not followed: neither those of files, nor of folders, nor one in the place of the trash", async () => {
    const outside = join(place, "outside");
    write(outside, "precious.txt", 400);
    symlinkSync(outside, join(folder, "link-to-folder"));
    symlinkSync(join(outside, "precious.txt"), join(folder, "link-to-file"));
    write(folder, "old.log", 100);
    expect(await apply()).toMatchObject({ ok: true, output: { files: 1 } });
    expect(filesOf(outside)).toEqual(["precious.txt"]);
    await undo();
    symlinkSync(outside, join(folder, ".firebreak-trash"));
    expect(await apply({}, "second")).toMatchObject({ ok: false });
    expect(filesOf(outside)).toEqual(["precious.txt"]);
    expect(filesOf(folder)).toContain("old.log");
  });

  test("R-7: what was swapped or written after it was chosen is left alone, also by a repeat", async () => {
    const file = write(folder, "a.log", 100);
    write(folder, "b.log", 99);
    await apply();
    await undo();
    await apply({}, "second");
    // it comes back as another file while the step is repeated
    writeFileSync(file, "new log");
    expect(await apply({}, "second")).toMatchObject({ ok: true, output: { files: 2 } });
    expect(readFileSync(file, "utf8")).toBe("new log");
    const undone = await undo({}, "second");
    expect(undone.message).toContain("1 stay in");
    expect(readFileSync(file, "utf8")).toBe("new log");
    rmSync(file);
    expect((await undo({}, "second")).message).toContain("2 file(s) are in their places");
    expect(readFileSync(file, "utf8")).toBe("a.log\n");
  });

  test("R-7: a folder that became a link is not gone through on the way back", async () => {
    write(folder, "sub/a.log", 100);
    await apply();
    const outside = join(place, "outside");
    mkdirSync(outside);
    renameSync(join(folder, "sub"), join(folder, "moved-away"));
    symlinkSync(outside, join(folder, "sub"));
    expect((await undo()).message).toContain("1 stay in");
    expect(filesOf(outside)).toEqual([]);
  });

  test("R-7: databases and repositories are not cleaned by age", async () => {
    write(folder, "pg/PG_VERSION", 400);
    write(folder, "pg/base/1/1259", 400);
    write(folder, "repo/.git/objects/aa/bb", 400);
    write(folder, "old.log", 400);
    expect(await apply()).toMatchObject({ ok: true, output: { files: 1 } });
    expect(filesOf(folder)).toEqual(["pg/PG_VERSION", "pg/base/1/1259", "repo/.git/objects/aa/bb"]);
    const outcome = await apply({ folder: join(folder, "pg") }, "second");
    expect(outcome).toMatchObject({ ok: false, reason: "denied", message: expect.stringContaining("PG_VERSION") });
  });

  test("R-7: purge deletes for good, also what was moved before, says what is free, and its undo says that it cannot", async () => {
    write(folder, "a.log", 100);
    await apply();
    write(folder, "b.log", 100);
    const purged = await apply({ purge: true }, "purge");
    expect(purged).toMatchObject({ ok: true, output: { files: 2 } });
    expect(purged.output?.["freedBytes"]).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
    expect((await undo({ purge: true }, "purge")).message).toContain(
      "1 were deleted for good and cannot be brought back",
    );
    expect((await undo()).message).toContain("1 were deleted for good");
  });

  test("R-7: what is open for writing in the trash is not purged", async () => {
    const file = write(folder, "a.log", 100);
    await apply();
    const trash = join(folder, ".firebreak-trash");
    const [key = ""] = readdirSync(trash);
    const busy = openSync(join(trash, key, "0"), "a");
    expect(await apply({ purge: true }, "purge")).toMatchObject({ ok: true, output: { files: 0, freedBytes: 0 } });
    closeSync(busy);
    await undo();
    expect(existsSync(file)).toBe(true);
  });

  test.skipIf(!isRoot)("R-7: what is mounted in the folder stays, also a part of the same disk", () => {
    const program = join(place, "clean.sh");
    write(folder, "old.log", 100);
    write(place, "elsewhere/precious.txt", 400);
    mkdirSync(join(folder, "bound"));
    mkdirSync(join(folder, "disk"));
    const entry = bundleEntry(
      join(import.meta.dirname, "../../../../../../test/agents/clean-folder.ts"),
      join(place, "clean.mjs"),
    );
    writeFileSync(
      program,
      `set -e
mount --bind '${place}/elsewhere' '${folder}/bound'
mount -t tmpfs none '${folder}/disk'; echo x > '${folder}/disk/old.txt'; touch -d '2020-01-01' '${folder}/disk/old.txt'
'${process.execPath}' '${entry}' '${home}' '${folder}'
ls '${folder}' '${folder}/bound' '${folder}/disk'
`,
    );
    const text = execFileSync("/usr/bin/unshare", ["--mount", "/bin/sh", program], { encoding: "utf8" });
    expect(text).toContain('"files":1');
    expect(text).toContain("precious.txt");
    expect(text).toContain("old.txt");
    expect(text).not.toContain("old.log");
  });

  test("R-7: the system, homes, roots and Firebreak's own are refused, also by a link", async () => {
    const refuse = (one: string, hasPatterns = true) => refuseFolder(one, home, hasPatterns);
    for (const one of [
      "/",
      "/etc",
      "/etc/cron.d",
      "/usr/lib",
      "/var",
      "/home",
      "/opt",
      homedir(),
      "/root",
      home,
      place,
    ]) {
      expect(await refuse(one), one).not.toBeNull();
    }
    expect(await refuse(join(home, "evidence"))).toContain("Firebreak's own");
    expect(await refuseFolder("/tmp", "/opt", false)).toContain("give patterns");
    for (const one of ["/tmp", "/var/log", "/usr/local/var/log", folder]) {
      expect(await refuseFolder(one, "/opt", true), one).toBeNull();
    }
    symlinkSync(home, join(place, "link"));
    expect(await apply({ folder: join(place, "link") })).toMatchObject({ ok: false, reason: "denied" });
    expect(await apply({ folder: join(place, "nowhere") })).toMatchObject({ ok: false, reason: "not_found" });
  });

  test("R-7: files of the last hour are never old, and what is no path is refused", async () => {
    for (const given of [
      { olderThanDays: 0 },
      { olderThanDays: -1 },
      { folder: "logs" },
      { patterns: [] },
      { folder: "/a\0b" },
    ]) {
      await expect(apply(given)).rejects.toThrow(Object.keys(given)[0]);
    }
  });
});

test("R-7: what lsof says of open files is read: only those open for writing count", () => {
  const text = [
    "p1",
    "fcwd",
    "a ",
    "D0x1000004",
    "i2",
    "f3",
    "ar",
    "D0x1000004",
    "i10",
    "f4",
    "aw",
    "D0x1000004",
    "i11",
  ];
  const more = ["f5", "au", "D0x1000004", "i12", "p2", "f0", "au", "tCHR", "i13"];
  expect([...parseLsof([...text, ...more].join("\n"))]).toEqual(["16777220:11", "16777220:12", "0:13"]);
});
