import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { doDeed } from "./deeds.ts";
import type { DoerContext } from "./deeds.ts";
import { startChild } from "../sandbox/processes.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "firebreak-deeds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What persons of a drill call: two holds, one of which takes so many persons. `resumed` is who asked for what. */
function createPersons(needed: 1 | 2) {
  const resumed: string[] = [];
  let holds = ["lookup", "other"].map((target) => {
    const actor = { kind: "playbook" };
    return { id: `hld_${target}`, scope: "tool", target, level: "deny", incidentId: "INC-1", actor };
  });
  const person = (name: string) => ({
    url: "",
    get: async () => ({
      holds,
      resumes: [{ holdId: "hld_lookup", persons: needed, checklist: ["the cause is found"] }],
    }),
    post: async (_schema: unknown, apiPath: string, body: { checked: string[] }) => {
      resumed.push(`${name} ${apiPath} ${body.checked.join()}`);
      const isReleased = resumed.length === needed;
      if (isReleased) holds = holds.filter(({ id }) => !apiPath.includes(id));
      return { releasedAt: isReleased ? "2026-11-27T10:00:00.000Z" : null };
    },
  });
  return { persons: { first: person("first"), second: person("second") }, resumed };
}

function contextOf(persons: unknown = {}): DoerContext {
  return { sandbox: { folder }, persons, by: "first", facts: { folder } } as unknown as DoerContext;
}

test("L-4: a person of a drill releases just the stop that is named, with a second person where it takes one", async () => {
  const alone = createPersons(1);
  await doDeed(contextOf(alone.persons), { kind: "release", with: { scope: "tool", target: "lookup" } });
  expect(alone.resumed).toEqual(["first /killswitch/holds/hld_lookup/resume the cause is found"]);
  const two = createPersons(2);
  await doDeed(contextOf(two.persons), { kind: "release", with: { scope: "tool", target: "lookup" } });
  expect(two.resumed.map((one) => one.split(" ")[0])).toEqual(["first", "second"]);
  const none = doDeed(contextOf(two.persons), { kind: "release", with: { scope: "global" } });
  await expect(none).rejects.toThrow("no stop of global");
});

test("L-4: what a person of a drill writes and moves stays in the sandbox", async () => {
  const at = (name: string) => path.join(folder, name);
  await doDeed(contextOf(), { kind: "write", with: { path: at("a"), text: "mended" } });
  await doDeed(contextOf(), { kind: "move", with: { from: at("a"), to: at("b") } });
  expect(readFileSync(at("b"), "utf8")).toBe("mended");
  writeFileSync(`${folder}-beside`, "");
  for (const to of [`${folder}-beside`, "/etc/firebreak-drill", at("../x")]) {
    await expect(doDeed(contextOf(), { kind: "move", with: { from: at("b"), to } })).rejects.toThrow(
      "not in the sandbox",
    );
  }
  rmSync(`${folder}-beside`);
  expect(existsSync(at("b"))).toBe(true);
  await expect(doDeed(contextOf(), { kind: "dance", with: {} })).rejects.toThrow("no deed dance");
});

test("L-4: a program that a person of a drill runs must end well", async () => {
  const start = (command: readonly [string, ...string[]]) => startChild(command, { cwd: folder, env: {} });
  const ctx = { ...contextOf(), sandbox: { folder, start } } as unknown as DoerContext;
  const run = (...args: string[]) => doDeed(ctx, { kind: "run", with: { program: "/bin/sh", args: ["-c", ...args] } });
  expect(await run('echo "$0" > ran', "by hand")).toContain("ran /bin/sh");
  expect(readFileSync(path.join(folder, "ran"), "utf8")).toBe("by hand\n");
  await expect(run("echo no such place >&2; exit 3")).rejects.toThrow(/ended with 3: no such place/);
});
