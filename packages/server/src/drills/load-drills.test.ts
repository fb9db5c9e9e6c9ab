import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assert, property, string } from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { checkDrill, loadDrills } from "./load-drills.ts";

const GOOD = `
playbook: rogue-agent
title: An agent runs amok
description: It runs amok.
fault: { kind: rogue-agent, with: { commands: 10 } }
detect: { title: Unusual }
expect: { checks: [{ title: nothing runs, kind: agents_gone }] }
`;

describe("L-4: a drill's file", () => {
  test("that is right is read, with what was left out filled in", () => {
    const { drill, problems } = checkDrill("x.yaml", GOOD);
    expect(problems).toEqual([]);
    expect(drill?.document).toMatchObject({
      start: "by_itself",
      limitSeconds: 120,
      detect: { rules: [], withinSeconds: 60 },
      expect: { run: "completed", steps: {} },
    });
  });

  test.each([
    ["an unknown fault", GOOD.replace("kind: rogue-agent", "kind: earthquake"), 5, "there is no earthquake"],
    ["an unknown check", GOOD.replace("kind: agents_gone", "kind: all_well"), 7, "there is no all_well"],
    ["no check at all", GOOD.replace(/checks: .*/, "checks: [] }"), 7, "checks"],
    ["nothing to detect", GOOD.replace("title: Unusual", "withinSeconds: 5"), 6, "say which rules"],
    ["a key that is not known", `${GOOD}sandbox: none\n`, 8, "sandbox"],
  ])("with %s is refused at its line", (_what, text, line, message) => {
    const { drill, problems } = checkDrill("x.yaml", text);
    expect(drill).toBeNull();
    expect(problems).toEqual([expect.objectContaining({ line, message: expect.stringContaining(message) })]);
  });

  test("of any text never makes the reader throw", () => {
    assert(
      property(string({ unit: "binary", maxLength: 200 }), (text) => {
        const { drill, problems } = checkDrill("x.yaml", text);
        expect(drill === null).toBe(problems.length > 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe("L-4: the drills of a folder", () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "firebreak-drills-test-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test("an owner's drill wins over the shipped one; two of one playbook in a folder are told", async () => {
    writeFileSync(path.join(dir, "a.yaml"), GOOD);
    writeFileSync(path.join(dir, "b.yaml"), GOOD);
    const shipped = path.resolve(import.meta.dirname, "../../../../profiles/ai-empire/drills");
    const { drills, problems } = await loadDrills([dir, path.join(dir, "absent"), shipped]);
    expect(drills.get("rogue-agent")?.file).toBe(path.join(dir, "a.yaml"));
    expect(problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining("drills this playbook already") }),
    ]);
  });
});

const profiles = path.resolve(import.meta.dirname, "../../../../profiles");

test.each(readdirSync(profiles))("L-4: every drill that %s ships is right", async (profile) => {
  const dir = path.join(profiles, profile, "drills");
  const { drills, problems } = await loadDrills([dir]);
  expect(problems).toEqual([]);
  for (const { file } of drills.values()) expect(readFileSync(file, "utf8")).toMatch(/^#/);
});
