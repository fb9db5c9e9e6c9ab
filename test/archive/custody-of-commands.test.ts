import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { evidenceCustodyView, evidencePreview, evidenceVerification, evidenceView, pageOf } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { recordSampleArchive } from "../../packages/server/src/evidence/testing.ts";
import type { SampleArchive } from "../../packages/server/src/evidence/testing.ts";
import { systemClock } from "../../packages/server/src/kernel/index.ts";
import { createTestDatabase } from "../../packages/server/src/storage/testing.ts";
import type { TestDatabase } from "../../packages/server/src/storage/testing.ts";
import { Installation, repository } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

let database: TestDatabase;
let installation: Installation;
let archive: SampleArchive;

beforeAll(async () => {
  database = await createTestDatabase();
  installation = new Installation({ DATABASE_URL: database.databaseUrl });
  await installation.startServer();
  const actor = { kind: "person", id: "usr_1", name: "ada" } as const;
  const ctx = { database: database.database, clock: systemClock, actor };
  archive = await recordSampleArchive(ctx, installation.home, { "notes/<b>.txt": "what the agent wrote\u001b[2J" });
});
afterAll(async () => {
  await installation.close();
  await database.close();
});

const custodyOf = async () =>
  (await installation.call(pageOf(evidenceCustodyView), "GET", `/evidence/${archive.id}/custody`)).items;
const verdict = evidenceVerification.omit({ id: true });

const PROGRAM = path.join(repository, "packages/verifier/dist/firebreak-verify.mjs");

/** The standalone verifier over the exported log and the archive's directory, with plain Node. */
function verifyAlone(log: string) {
  const args = [PROGRAM, "--archive", archive.directory, "--archive-key", archive.keyId, log];
  const ran = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { code: ran.status, text: `${ran.stdout}${ran.stderr}` };
}

describe("E-3: whoever has an archive in hands is on record", () => {
  test("what is exported verifies and opens by itself, and replaces no file", async () => {
    const out = path.join(installation.home, "export.tar.zst");
    const words = ["evidence", "export", archive.id, "--reason", "for the auditor", "--out", out];
    expect(await installation.json(z.object({ file: z.string() }), ...words)).toMatchObject({
      code: 0,
      value: { file: out },
    });
    expect((await custodyOf()).at(-1)).toMatchObject({ act: "exported", reason: "for the auditor", from: "127.0.0.1" });
    expect(await installation.json(verdict, "evidence", "verify", out, "--key", archive.keyId)).toMatchObject({
      code: 0,
    });
    const opened = z.object({ intact: z.boolean(), items: z.array(z.object({ name: z.string(), index: z.number() })) });
    const { value } = await installation.json(opened, "evidence", "open", out);
    const index = value.items.find(({ name }) => name === "notes/<b>.txt")?.index ?? -1;
    const shown = await installation.json(evidencePreview, "evidence", "open", out, "--item", String(index));
    expect(shown.value.text).toBe("what the agent wrote\ufffd[2J");
    const again = installation.start(words);
    expect((await again.ended).code).toBe(1);
    expect(again.output()).toMatch(/exists already/);
  });

  test("a look and a download are on record before anything is given out, and no browser shows what is downloaded", async () => {
    const items = await installation.send("GET", `/evidence/${archive.id}/items`);
    const { items: listed } = z.object({ items: z.array(z.object({ name: z.string() })) }).parse(await items.json());
    const index = listed.findIndex(({ name }) => name === "notes/<b>.txt");
    await installation.call(evidencePreview, "GET", `/evidence/${archive.id}/items/${index}/preview`);
    const download = await installation.send("GET", `/evidence/${archive.id}/items/${index}/content`);
    expect(await download.text()).toBe("what the agent wrote\u001b[2J");
    expect(Object.fromEntries(download.headers)).toMatchObject({
      "content-disposition": 'attachment; filename="_b_.txt"',
      "content-type": "application/octet-stream",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    });
    const [look, kept] = (await custodyOf()).slice(-2);
    expect([look?.reason, kept?.reason]).toEqual(["looked at notes/<b>.txt", "downloaded notes/<b>.txt"]);
  });

  test("a handover stands in the form", async () => {
    const words = ["evidence", "transfer", archive.id, "--to", "Court of Essen", "--reason", "order 12 C 34"];
    expect((await installation.start(words).ended).code).toBe(0);
    const form = installation.start(["evidence", "show", archive.id, "--custody"]);
    expect((await form.ended).code).toBe(0);
    expect(form.output()).toMatch(/CHAIN OF CUSTODY[^]*Evidence id +evd_[^]*SHA-256 +[0-9a-f]{64}[^]*Court of Essen/);
  });

  test("named by its id the server compares it with the audit log, and finds what was cut off and changed", async () => {
    expect(await installation.json(verdict, "evidence", "verify", archive.id)).toMatchObject({ code: 0 });
    const log = path.join(installation.home, "exported-log");
    await waitFor("the log to hold every act", 30_000, async () => {
      rmSync(log, { recursive: true, force: true });
      const exporting = installation.start(["audit", "export", "--out", log]);
      expect((await exporting.ended).code, exporting.output()).toBe(0);
      return verifyAlone(log).code === 0 ? true : undefined;
    });
    const custody = path.join(archive.directory, "custody.jsonl");
    writeFileSync(custody, `${readFileSync(custody, "utf8").split("\n")[0]}\n`);
    const [blob = ""] = readdirSync(path.join(archive.directory, "blobs"));
    appendFileSync(path.join(archive.directory, "blobs", blob), "x");
    expect(verifyAlone(log).text).toMatch(/line 2: was cut off: the audit log has it/);
    const { code, value } = await installation.json(verdict, "evidence", "verify", archive.id);
    expect(code).toBe(1);
    const said = value.findings.map(({ item, message }) => `${item}: ${message}`).join("\n");
    expect(said).toMatch(/has other content than was collected/);
    expect(said).toMatch(/custody.jsonl line 2: was cut off: the audit log has it/);
    const view = await installation.call(evidenceView, "GET", `/evidence/${archive.id}`);
    expect(view.verified?.intact).toBe(false);
  });

  test.each<[string, string[], RegExp]>([
    [
      "a log into a directory that is there",
      ["audit", "export", "--out", "taken"],
      /exists already.*does not exist yet/s,
    ],
    ["a log into what is a file", ["audit", "export", "--out", "file"], /exists already/],
    ["a log beneath a file", ["audit", "export", "--out", "file/log"], /file exists already/],
    ["a checkpoint over a directory", ["audit", "head", "--out", "taken"], /is a directory.*Name a file/s],
    ["a checkpoint onto a full disk", ["audit", "head", "--out", "/dev/full"], /the disk is full.*Free some space/s],
    [
      "a proof into a directory that is not there",
      ["audit", "prove", "--act", "1", "--out", "none/proof"],
      /is not there/,
    ],
    [
      "an archive into a directory that is not there",
      ["evidence", "export", "ARCHIVE", "--reason", "for a court", "--out", "none/x"],
      /was not written/,
    ],
    ["an archive that is text", ["evidence", "open", "file"], /cannot be opened/],
    ["an archive that is a pipe", ["evidence", "verify", "/dev/null"], /no file and no directory/],
    ["an archive that is empty", ["evidence", "verify", "taken"], /NOT INTACT/],
    ["a log that is not there", ["audit", "verify", "./none"], /none/],
    ["a chained log that is a directory", ["audit", "chain", "taken"], /taken/],
  ])("%s is refused as what a person can mend", async (_, words, said) => {
    const { home } = installation;
    mkdirSync(path.join(home, "taken", "inside"), { recursive: true });
    writeFileSync(path.join(home, "file"), "some text");
    const refused = installation.start(words.map((word) => (word === "ARCHIVE" ? archive.id : word)));
    expect((await refused.ended).code).toBe(1);
    expect(refused.output()).toMatch(said);
    expect(refused.output()).not.toMatch(/fault of Firebreak/);
    expect(readdirSync(path.join(home, "taken"))).toEqual(["inside"]);
  });
});
