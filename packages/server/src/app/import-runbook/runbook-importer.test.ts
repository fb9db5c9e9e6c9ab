import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadProfile, requireProfile } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import { RunbookImporter } from "./runbook-importer.ts";

const profilesDir = path.resolve(import.meta.dirname, "../../../../../profiles");
const config = { databaseUrl: undefined, publicUrl: undefined, sandbox: undefined };
let place = "";
let profile: Profile;
beforeAll(async () => {
  place = mkdtempSync(path.join(tmpdir(), "fbk-importer-"));
  profile = requireProfile(await loadProfile({ home: place, profilesDir, name: "ai-empire" }));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** @returns an importer whose thread does what the program says */
function importerWith(program: string, timeMaxMs = 20_000): RunbookImporter {
  const workerFile = path.join(place, `worker-${program.length}.mjs`);
  writeFileSync(workerFile, `import { parentPort, workerData } from "node:worker_threads";\n${program}\n`);
  return new RunbookImporter({ profile, profilesDir, config, workerFile, timeMaxMs });
}

const runbook = { text: "# Night\n\n1. Call", file: "night.md", home: null };
const NOTHING = "{ playbooks: [], lines: [], warnings: [], added: [], contacts: [], severities: [] }";

test("P-2: the thread is given the file, the profile and nothing secret, and its answer is the result", async () => {
  const told = `const imported = { ...${NOTHING}, contacts: [workerData.file, workerData.profile.name, Object.keys(workerData).sort().join()] };
  parentPort.postMessage({ ok: true, imported });`;
  const { contacts } = await importerWith(told).import(runbook);
  expect(contacts).toEqual(["night.md", "ai-empire", "config,file,home,profile,profilesDir,text"]);
});

test("P-2: what the importer refuses is refused with the same words", async () => {
  const refuse = `parentPort.postMessage({ ok: false, code: "invalid_body", message: "it is no playbook" });`;
  const refused = importerWith(refuse).import(runbook);
  await expect(refused).rejects.toMatchObject({ code: "invalid_body", message: "it is no playbook" });
});

test("P-2: a thread that never ends is ended, one that breaks is told of, and the next one has room", async () => {
  const never = importerWith("for (;;) {}", 100);
  for (let again = 0; again < 3; again++)
    await expect(never.import(runbook)).rejects.toMatchObject({
      code: "payload_too_large",
      message: "night.md could not be imported: it took longer than 0.1 s. Import it in several files.",
    });
  const broken = importerWith('throw new Error("out of paper");').import(runbook);
  await expect(broken).rejects.toMatchObject({ message: expect.stringContaining("out of paper") });
});

test("P-2: a thread that takes all memory is ended alone", async () => {
  const greedy = importerWith("const all = []; for (;;) all.push(new Array(1e6).fill(all.length));").import(runbook);
  await expect(greedy).rejects.toMatchObject({ code: "payload_too_large", message: expect.stringContaining("memory") });
}, 20_000);

test("P-2: more than two at once are asked to come again", async () => {
  const slow = importerWith("for (;;) {}", 300);
  const asked = await Promise.allSettled([1, 2, 3].map(() => slow.import(runbook)));
  expect(asked.map((one) => one.status === "rejected" && one.reason.code)).toEqual([
    "payload_too_large",
    "payload_too_large",
    "too_many_requests",
  ]);
});
