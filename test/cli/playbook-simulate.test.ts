import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startFirebreak } from "./firebreak.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "fbk-simulate-"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const run = (...words: string[]) =>
  startFirebreak(["playbook", ...words], { cwd: place, variables: { FIREBREAK_HOME: place, TMPDIR: place } }).ended;

const tested = z.array(z.object({ playbookId: z.string(), title: z.string(), passed: z.boolean() }));

test("P-1: the cases of shipped playbooks hold, with no server, and nothing is left behind", async () => {
  const { out, code } = await run("test", "--json");
  const results = tested.parse(JSON.parse(out));
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  expect(new Set(results.map(({ playbookId }) => playbookId))).toEqual(new Set(["contain-agent", "return-to-service"]));
  expect(code).toBe(0);
  expect(readdirSync(place)).toEqual([]);
});

test("P-1: a simulation shows each step and how the run ends; one that does not complete ends with 1", async () => {
  const { out, code } = await run("simulate", "contain-agent", "agentId=scout", "kill=false");
  expect(out).toMatch(/^succeeded +freeze: .*\nsucceeded +evidence: /m);
  expect(out).toMatch(/^skipped +kill: .*\(condition_false\)/m);
  expect(out).toMatch(/The run is completed\.\n$/);
  expect(code).toBe(0);
  const file = path.join(place, "bad.test.yaml");
  writeFileSync(file, "cases:\n  - outcomes: { verify_stopped: { ok: false, reason: unverified } }\n");
  const bad = await run("simulate", "contain-agent", "agentId=scout", "--case", "bad.test.yaml");
  expect(bad.out).toContain("The run is failed (step_unverified).");
  expect(bad.code).toBe(1);
});
