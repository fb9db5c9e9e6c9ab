import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDirectorySource, parseVerifierKey, parseWitnessKey, verifyLog } from "@firebreak/verifier";
import { afterEach, beforeEach, expect, it } from "vitest";
import { toIso } from "../../kernel/index.ts";
import type { AuditSettings } from "../../kernel/index.ts";
import { ADA, createTestLog } from "../testing.ts";
import type { TestLog } from "../testing.ts";
import { createDatabaseSource } from "../tree/database-source.ts";
import { exportLog } from "../tree/export-log.ts";
import { verifierKeyOf } from "../tree/log-key.ts";
import { startTestWitness } from "./testing-witness.ts";
import type { TestWitness } from "./testing-witness.ts";
import { acceptCosignatures, askWitnesses, viewWitnesses } from "./witnesses.ts";

let log: TestLog;
let logKey: string;
let witnesses: TestWitness[];

beforeEach(async () => {
  log = await createTestLog();
  await log.act(5);
  const { origin } = await log.database.kysely.selectFrom("log_state").select("origin").executeTakeFirstOrThrow();
  logKey = verifierKeyOf(log.logKey, origin);
  const now = () => Math.floor(log.clock.now() / 1000);
  witnesses = await Promise.all(
    ["witness.example/one", "witness.example/two", "witness.example/three"].map((name) =>
      startTestWitness(name, logKey, now),
    ),
  );
});
afterEach(async () => {
  await Promise.all(witnesses.map((one) => one.close()));
  await log.close();
});

const settingsOf = (asked: readonly TestWitness[], more: Partial<AuditSettings> = {}): AuditSettings => ({
  witnesses: asked.map(({ key, url }) => ({ key, url })),
  witnessMinutes: 5,
  witnessHours: 24,
  ship: [],
  ...more,
});
const contextOf = (asked: readonly TestWitness[], more?: Partial<AuditSettings>) => ({
  ...log,
  actor: ADA,
  settings: settingsOf(asked, more),
});
const ask = (asked: readonly TestWitness[]) => askWitnesses(contextOf(asked));
const later = () => log.clock.advance(6 * 60_000);
const first = (): TestWitness => {
  const [one] = witnesses;
  if (one === undefined) throw new Error("there is no witness");
  return one;
};

/** What the standalone verifier says of an export, asked for cosignatures of these witnesses. */
async function verdictWith(asked: readonly TestWitness[], required: number, statement?: string) {
  if (statement !== undefined) await log.database.pool.query(statement);
  const parent = mkdtempSync(path.join(tmpdir(), "firebreak-witness-"));
  const directory = path.join(parent, "log");
  await exportLog({ source: createDatabaseSource(log.database.kysely, log.home), keys: [], directory });
  const verdict = await verifyLog({
    source: createDirectorySource(directory),
    keys: [parseVerifierKey(logKey)].filter((key) => key !== undefined),
    witnesses: asked.flatMap(({ key }) => parseWitnessKey(key) ?? []),
    witnessesRequired: required,
  });
  rmSync(parent, { recursive: true });
  return verdict;
}

it("E-4: witnesses cosign what grows, and the verifier counts them", async () => {
  expect(await ask(witnesses)).toEqual([]);
  await log.act(600);
  later();
  expect(await ask(witnesses.slice(0, 2))).toEqual([]);
  const view = await viewWitnesses(contextOf(witnesses, { witnessesRequired: 2 }));
  expect(view).toMatchObject({
    required: 2,
    size: 605,
    logSize: 605,
    witnesses: [{ size: 605 }, { size: 605 }, { size: 5 }],
  });
  expect(view?.checkpoint?.split("\n").filter((line) => line.startsWith("\u2014 witness."))).toHaveLength(2);
  expect(await verdictWith(witnesses, 2)).toMatchObject({ intact: true, witnessed: { size: 605 } });
  expect(await verdictWith(witnesses, 3)).toMatchObject({ intact: true, witnessed: { size: 5 } });
  const cut = await verdictWith(witnesses, 3, "delete from log_cosignatures where witness like '%three%'");
  expect(cut).toMatchObject({ intact: false, findings: [{ code: "not_witnessed" }], witnessed: null });
});

it("E-4: a witness is asked when something happened, no more often than is set, and from where it stands", async () => {
  const one = first();
  await ask([one]);
  later();
  await ask([one]);
  expect(one.asked).toHaveLength(1);
  await log.act(3);
  await ask([one]);
  expect(one.asked).toHaveLength(2);
  await log.act(3);
  await ask([one]);
  expect(one.asked).toHaveLength(2);
  // another home asked it meanwhile; what is remembered here is not where it stands
  await log.database.pool.query("delete from log_witnesses");
  later();
  expect(await ask([one])).toEqual([]);
  expect(one.asked.slice(2).map((body) => body.split("\n")[0])).toEqual(["old 0", "old 8"]);
  expect(one.size).toBe(11);
});

it("E-4: a witness that saw another history, or more of it, says so", async () => {
  const one = first();
  await ask([one]);
  await log.act(3);
  later();
  one.root = Buffer.alloc(32, 7).toString("base64");
  expect(await ask([one])).toEqual([expect.stringContaining("does not find that the log goes on from the 5 entries")]);
  one.size = 900;
  later();
  expect(await ask([one])).toEqual([expect.stringContaining("it saw 900 entries, and there are only 8")]);
  expect((await viewWitnesses(contextOf([one])))?.witnesses).toMatchObject([
    {
      size: 5,
      problem: expect.stringContaining("900"),
      contradicts: true,
      remedy: expect.stringContaining("firebreak audit verify"),
    },
  ]);
});

it("E-4: a witness that is away, or answers nonsense, is a problem of its own and nothing else", async () => {
  const [one, two, three] = witnesses;
  if (one === undefined || two === undefined || three === undefined) throw new Error("there are three witnesses");
  await one.close();
  two.cosign = () => "";
  const stranger = await startTestWitness("witness.example/two", logKey, () => 1);
  const settings: AuditSettings = {
    ...settingsOf([one, three]),
    witnesses: [
      { key: one.key, url: one.url },
      { key: two.key, url: stranger.url },
      { key: three.key, url: `${three.url}/nowhere` },
    ],
  };
  expect(await askWitnesses({ ...log, settings })).toEqual([]);
  const failingSince = toIso(log.clock.now());
  later();
  await askWitnesses({ ...log, settings });
  await stranger.close();
  const [away] = (await viewWitnesses({ ...log, settings }))?.witnesses ?? [];
  expect(away).toMatchObject({ url: one.url, contradicts: false, failingSince });
  expect((await viewWitnesses({ ...log, settings }))?.witnesses.map(({ problem }) => problem)).toEqual([
    expect.any(String),
    "its answer holds no valid cosignature of its key",
    "it does not know this log",
  ]);
});

it("E-4: cosignatures that are brought are kept when witness, log and history are right", async () => {
  const one = first();
  const note = await log.note();
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  await log.act(4);
  const bring = (brought: string) => acceptCosignatures(contextOf([one]), brought);
  const stranger = await startTestWitness("witness.example/one", logKey, () => 1);
  await expect(bring(`${note}${stranger.cosign(text)}`)).rejects.toMatchObject({ code: "invalid_body" });
  await stranger.close();
  await expect(bring(note)).rejects.toThrow("No line under it");
  await expect(bring("nonsense")).rejects.toThrow("no checkpoint of this log");
  const other = text.replace(/\n[^\n]{44}\n$/, `\n${Buffer.alloc(32).toString("base64")}\n`);
  await expect(bring(`${other}\n${one.cosign(other)}`)).rejects.toThrow("another history");
  await expect(bring(`${text}\n${one.cosign(text)}`)).rejects.toThrow("signature of this log");
  expect(await bring(`${note}\u2014 someone.else AAAAAAAA\n${one.cosign(text)}`)).toEqual(["witness.example/one"]);
  expect(await verdictWith([one], 1)).toMatchObject({ intact: true, witnessed: { size: 5 } });
  const { rows } = await log.database.pool.query(
    "select action, actor ->> 'name' as name from audit_log order by seq desc limit 1",
  );
  expect(rows).toEqual([{ action: "audit.cosign", name: "ada" }]);
});
