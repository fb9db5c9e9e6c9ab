import { beforeAll, expect, test } from "vitest";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { loadProfile, readConfig, requireProfile } from "../kernel/index.ts";
import { checkPlaybook, importFile, playbookTemplate } from "../playbooks/index.ts";
import type { KnownEffectors } from "../playbooks/index.ts";
import { effectorsToCheck } from "./effectors-to-check.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
let effectors: KnownEffectors;

beforeAll(async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), "fbk-check-"));
  const profilesDir = path.join(ROOT, "profiles");
  const profile = requireProfile(await loadProfile({ home, profilesDir, name: "ai-empire" }));
  effectors = effectorsToCheck(profile, { config: readConfig({ FIREBREAK_HOME: home }, {}), profilesDir });
  rmSync(home, { recursive: true });
});

const errorsOf = (problems: readonly { level: string; message: string }[]) =>
  problems.filter(({ level, message }) => level === "error" && !message.includes("not built yet"));

test("P-1: every effector is known without a database, and none of it can act", () => {
  expect([...effectors.keys()]).toEqual(expect.arrayContaining(["agent.freeze", "evidence.collect", "notify.send"]));
  expect(effectors.get("docker.kill")).toMatchObject({ destroysEvidence: true });
  expect([...effectors.values()].some((effector) => "apply" in effector)).toBe(false);
});

test("P-1: the playbook that `playbook new` writes has no fault", () => {
  expect(checkPlaybook("leaked-key.yaml", playbookTemplate("leaked-key", 'A "key"'), effectors).problems).toEqual([]);
});

const RUNBOOKS = ["ai-empire", "agentos", "openclaw-guide", "openclaw-security", "onchain-agent"]
  .map((name) => path.join(ROOT, "../shared/runbooks", `${name}.md`))
  .concat(path.join(ROOT, "packages/server/src/playbooks/import/fixtures/everything.runbook.txt"))
  .filter((file) => existsSync(file));

test.each(RUNBOOKS.map((file) => [path.basename(file), file]))(
  "P-2: %s imports with the effectors that are really there, and passes the linter",
  async (_name, file) => {
    const imported = await importFile(readFileSync(file, "utf8"), { file, effectors, home: null });
    expect(imported.playbooks.flatMap(({ problems }) => errorsOf(problems))).toEqual([]);
  },
);
