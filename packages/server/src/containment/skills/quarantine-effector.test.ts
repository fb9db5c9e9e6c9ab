import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/index.ts";
import { describeEffectorContract, effectorContextFor, effectorSettingsOf } from "../effectors/testing.ts";
import type { EffectorWorld } from "../effectors/testing.ts";
import { skillQuarantine } from "./quarantine-effector.ts";
import { readRecord } from "./quarantine-record.ts";
import { restoreSkill } from "./restore-skill.ts";
import { scanFolder } from "./scan-folder.ts";

let place = "";
let home = "";
let folder = "";

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-quarantine-"));
  home = join(place, "home");
  folder = join(place, "skills");
  mkdirSync(home);
  makeSkill("weather", "look out of the window");
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function makeSkill(name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "SKILL.md"), text);
}
const restore = (id: string) => restoreSkill({ home, clock: systemClock, id, by: "ada", reason: "it is fine" });

async function openWorld(worldHome: string): Promise<EffectorWorld> {
  const skills = mkdtempSync(join(worldHome, "skills-of-agent-"));
  mkdirSync(join(skills, "weather"));
  writeFileSync(join(skills, "weather/SKILL.md"), "rain");
  const inTheWay = join(worldHome, "quarantine");
  return {
    settings: { skills: { folders: [{ path: skills }] } },
    parameters: { skill: "weather" },
    look: () => scanFolder(skills),
    // it moves one thing once
    operations: () => (existsSync(join(skills, "weather")) ? 0 : 1),
    breakAt: () => writeFileSync(inTheWay, "in the way"),
    heal: () => rmSync(inTheWay),
    close: async () => {},
  };
}

describeEffectorContract("skill.quarantine", { open: openWorld });

describe("skill.quarantine", () => {
  const settings = () => effectorSettingsOf({ skills: { folders: [{ path: folder }] } }).skills;

  test("C-5: a skill that comes back is taken out again, and only the first goes back", async () => {
    const effector = skillQuarantine(settings());
    const ctx = effectorContextFor(home);
    const given = { skill: "weather" };
    const first = await effector.apply(ctx, given);
    makeSkill("weather", "back again");
    expect(await effector.verify(ctx, given, first.output ?? {})).toMatchObject({ ok: false, reason: "unverified" });
    const second = await effector.apply({ ...ctx, repeats: true }, given);
    expect(second.output?.["quarantineId"]).not.toBe(first.output?.["quarantineId"]);
    expect(await effector.verify(ctx, given, second.output ?? {})).toMatchObject({ ok: true });
    const undone = await effector.undo(ctx, given, second.output ?? {});
    expect(undone.message).toContain("stays in quarantine");
    expect(readFileSync(join(folder, "weather/SKILL.md"), "utf8")).toContain("look out");
  });

  test("C-5: what a person restored is not taken out again by the same action", async () => {
    const effector = skillQuarantine(settings());
    const ctx = effectorContextFor(home);
    const { output = {} } = await effector.apply(ctx, { skill: "weather" });
    await restore(String(output["quarantineId"]));
    const again = await effector.apply({ ...ctx, repeats: true }, { skill: "weather" });
    expect(again).toMatchObject({ ok: false, reason: "conflict" });
    expect(existsSync(join(folder, "weather"))).toBe(true);
    expect(readRecord(home, String(output["quarantineId"]))?.state).toBe("restored");
  });

  test("C-5: only folders of the profile are reached into, and it does not end by time", async () => {
    const effector = skillQuarantine(settings());
    const outside = await effector.apply(effectorContextFor(home), { skill: "home", folder: place });
    expect(outside).toMatchObject({ ok: false, reason: "denied" });
    const timed = effectorContextFor(home, { expiresAt: systemClock.now() + 60_000 });
    expect(await effector.apply(timed, { skill: "weather" })).toMatchObject({ ok: false, reason: "denied" });
    expect(await skillQuarantine(effectorSettingsOf().skills).checkNeeds()).toHaveLength(1);
  });
});
