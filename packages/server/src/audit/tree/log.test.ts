import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDirectorySource, parseVerifierKey, verifyLog } from "@firebreak/verifier";
import type { FindingCode, Head, LogVerdict } from "@firebreak/verifier";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, parseEventBatch } from "../../telemetry/index.ts";
import { growTree, keepCheckpoint, openLogKey, proveEntry, recordAudit } from "../index.ts";
import type { LogKey } from "../index.ts";
import { checkWithin } from "./check-log.ts";
import type { DatabaseVerdict } from "./check-log.ts";
import { createDatabaseSource } from "./database-source.ts";
import { exportLog } from "./export-log.ts";
import { verifierKeyOf } from "./log-key.ts";

const START_MS = Date.parse("2026-03-01T12:00:00Z");
const clock = createManualClock(START_MS);
const home = mkdtempSync(path.join(tmpdir(), "firebreak-log-"));
const newId = createNewId(() => clock.now());
const logKey = openLogKey(home);
let test: TestDatabase;
let key = "";
/** kept elsewhere, at 300 entries and at the end */
let trusted: Head[] = [];

const EVENTS = 600;
const ACTS = 20;
const SIZE = EVENTS + ACTS;

async function sendEvents(from: number, count: number): Promise<void> {
  const intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, onStored: () => {} });
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      agent: { id: "scout" },
      kind: "command",
      data: { command: `run ${from + at}` },
    }),
  );
  const body = Buffer.from(lines.join("\n"));
  const receipt = await intake.accept(await parseEventBatch(body, "application/x-ndjson", clock.now()), {
    name: "test",
  });
  expect(receipt).toMatchObject({ accepted: count });
  await intake.close();
}

async function act(number: number): Promise<void> {
  const actor = { kind: "person", id: "usr_ada", name: "ada" } as const;
  await test.database.kysely
    .transaction()
    .execute((trx) =>
      recordAudit(trx, { at: clock.now(), actor, action: "token.create", target: `tok_${number}`, detail: { number } }),
    );
}

const grow = (database: TestDatabase["database"] = test.database, signer: LogKey = logKey) =>
  growTree({ database, clock, logKey: signer });
const note = async () =>
  (await test.database.kysely.selectFrom("log_state").select("note").executeTakeFirst())?.note ?? "";

beforeAll(async () => {
  test = await createTestDatabase();
  await sendEvents(0, 280);
  for (let number = 0; number < ACTS; number++) await act(number);
  await grow();
  trusted = [{ name: "kept at 300", note: await note() }];
  await keepCheckpoint({ database: test.database, home });
  clock.advance(120_000);
  await sendEvents(280, EVENTS - 280);
  await grow();
  await keepCheckpoint({ database: test.database, home });
  trusted.push({ name: "kept at the end", note: await note() });
  const { origin } = await test.database.kysely.selectFrom("log_state").select("origin").executeTakeFirstOrThrow();
  key = verifierKeyOf(logKey, origin);
});
afterAll(async () => {
  await test.close();
  rmSync(home, { recursive: true });
});

interface Verdicts {
  /** of the exported directory, by the standalone verifier */
  readonly exported: LogVerdict;
  readonly withTrusted: LogVerdict;
  /** of the database and what the home keeps */
  readonly database: DatabaseVerdict;
}

/** Does something to the database and to the export, looks at both, and takes it back. */
async function after(
  tamper: (trx: Trx) => Promise<unknown>,
  spoil: (directory: string) => void = () => {},
): Promise<Verdicts> {
  const parent = mkdtempSync(path.join(tmpdir(), "firebreak-export-"));
  const directory = path.join(parent, "log");
  let verdicts: Verdicts | undefined;
  const takeBack = new Error("taken back");
  await test.database.kysely
    .transaction()
    .execute(async (trx) => {
      await tamper(trx);
      const { rows } = await sql<{ key: string }>`select verifier_key as key from log_keys`.execute(trx);
      await exportLog({ source: createDatabaseSource(trx, home), keys: rows.map((row) => row.key), directory });
      spoil(directory);
      const source = createDirectorySource(directory);
      const keys = [parseVerifierKey(key)].filter((one) => one !== undefined);
      verdicts = {
        exported: await verifyLog({ source, keys }),
        withTrusted: await verifyLog({ source, keys, trusted }),
        database: await checkWithin(trx, { home, logKey }),
      };
      throw takeBack;
    })
    .catch((error: unknown) => {
      if (error !== takeBack) throw error;
    });
  rmSync(parent, { recursive: true });
  if (verdicts === undefined) throw new Error("nothing was verified");
  return verdicts;
}

const codes = ({ findings }: LogVerdict) => [...new Set(findings.map((finding) => finding.code))];
const run = (trx: Trx, statement: string) => sql.raw(statement).execute(trx);
/** Entry 100 and those around it are events: the acts came first. */
const seqOf = (entry: number) => entry - ACTS + 1;

describe("E-4: the log of events and acts", () => {
  it("is intact as it was written, wherever it is looked at", async () => {
    const { exported, withTrusted, database } = await after(async () => {});
    expect(exported).toMatchObject({ intact: true, size: SIZE, findings: [] });
    expect(withTrusted).toMatchObject({ intact: true, findings: [] });
    expect(database).toMatchObject({ intact: true, findings: [], tableFindings: [] });
  });

  it("proves an event, an act and a place to somebody who has the key alone", async () => {
    for (const name of [{ eventSeq: 555 }, { actSeq: 3 }, { index: 619 }]) {
      const { proof, entry, index } = await proveEntry({ database: test.database, home }, name);
      const checkpoint = proof.slice(proof.indexOf("\n\n") + 2);
      expect(checkpoint).toBe(await note());
      expect(proof).toContain(`index ${index}\n`);
      expect(JSON.parse(Buffer.from(entry, "base64").toString())).toMatchObject(
        "actSeq" in name ? { action: "token.create", target: "tok_2" } : { kind: "command" },
      );
    }
    await expect(proveEntry({ database: test.database, home }, { eventSeq: 99_999 })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("logs what is longer than an entry by its hash", async () => {
    const { exported } = await after(async (trx) => {
      const long = "x".repeat(70_000);
      await recordAudit(trx, {
        at: clock.now(),
        actor: { kind: "daemon", id: "firebreak", name: "firebreak" },
        action: "test.long",
        target: null,
        detail: { long },
      });
      await growWithin(trx);
    });
    expect(exported).toMatchObject({ intact: true, size: SIZE + 1 });
  });
});

/** As growTree, within a transaction that is taken back. */
async function growWithin(trx: Trx, signer: LogKey = logKey): Promise<void> {
  const within = { kysely: { transaction: () => ({ execute: (work: (one: Trx) => unknown) => work(trx) }) } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a database whose transaction is this one
  await grow(within as unknown as TestDatabase["database"], signer);
}

const strange = (): LogKey => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return { publicKey: raw, sign: (bytes) => sign(null, bytes, privateKey) };
};
const changeBody = (entry: number) =>
  `update events set body = replace(body, 'run', 'rum') where seq = ${seqOf(entry)}`;
const changeHash = (level: number, index: number, place: number) =>
  `update log_tiles set hashes = overlay(hashes placing sha256('x') from ${place * 32 + 1} for 32) where level = ${level} and index = ${index}`;
const rebuild = async (trx: Trx, signer: LogKey) => {
  await run(
    trx,
    "delete from log_tiles; delete from log_state; delete from log_heads; update audit_log set leaf_index = null",
  );
  await growWithin(trx, signer);
};

/** What somebody does who may write to the database; the entries that it concerns; and what the standalone verifier says. */
const ATTACKS: readonly [string, string | ((trx: Trx) => Promise<unknown>), FindingCode, number?, number?][] = [
  ["changes an event", changeBody(100), "entry_changed", 100],
  [
    "changes the first entry",
    "update audit_log set leaf = replace(leaf, 'ada', 'eve') where seq = 1",
    "entry_changed",
    0,
  ],
  ["changes the last event", changeBody(SIZE - 1), "entry_changed", SIZE - 1],
  [
    "changes an event in its text and its columns",
    `update events set body = replace(body, 'scout', 'other'), agent_id = 'other' where seq = ${seqOf(200)}`,
    "entry_changed",
    200,
  ],
  [
    "changes an act and its own hash",
    "update audit_log set leaf = '{}', leaf_hash = sha256('\\x00'::bytea || '{}'::bytea) where seq = 7",
    "entry_changed",
    6,
  ],
  ["empties an event", `update events set body = '' where seq = ${seqOf(301)}`, "entry_missing", 301],
  ["removes an event", `delete from events where seq = ${seqOf(400)}`, "entry_missing", 400],
  ["removes an act", "delete from audit_log where seq = 5", "entry_missing", 4],
  [
    "removes a hundred events in the middle",
    `delete from events where seq between ${seqOf(200)} and ${seqOf(299)}`,
    "entry_missing",
    200,
  ],
  ["removes the last events", `delete from events where seq > ${seqOf(600)}`, "entry_missing", 601],
  ["removes all events", "delete from events", "entry_missing", ACTS],
  [
    "swaps two events",
    `update events set seq = case seq when 50 then 51 else 50 end where seq in (50, 51)`,
    "entry_moved",
    69,
  ],
  [
    "swaps two acts",
    `update audit_log a set leaf = b.leaf from audit_log b where a.seq in (2, 3) and b.seq = 5 - a.seq`,
    "entry_moved",
    1,
  ],
  [
    "repeats an event in the place of another",
    `update events set body = (select body from events where seq = 60) where seq = 61`,
    "entry_changed",
    80,
  ],
  ["changes a hash of a tile", changeHash(0, 1, 5), "tile_changed", 261],
  ["changes a hash of the last tile", changeHash(0, 2, 100), "tile_changed", 612],
  ["changes a hash of an upper tile", changeHash(1, 0, 1), "tile_changed", 256, 511],
  ["removes a tile", "delete from log_tiles where level = 0 and index = 0", "tile_missing", 0, 255],
  ["removes an upper tile", "delete from log_tiles where level = 1", "tile_missing", 0, 511],
  [
    "shortens the last tile",
    "update log_tiles set hashes = substr(hashes, 1, 32) where level = 0 and index = 2",
    "tile_missing",
    512,
    SIZE - 1,
  ],
  [
    "changes an event and its hash in the tile",
    async (trx) => {
      await run(trx, changeBody(300));
      await run(
        trx,
        `update log_tiles set hashes = overlay(hashes placing (select sha256('\\x00'::bytea || convert_to(body, 'UTF8')) from events where seq = ${seqOf(300)}) from ${44 * 32 + 1} for 32) where level = 0 and index = 1`,
      );
    },
    "tile_changed",
    256,
    511,
  ],
  [
    "changes what the leaves stand for",
    "update log_tiles set refs = overlay(refs placing substr(refs, 9, 8) from 1 for 8) where level = 0 and index = 1",
    "entry_changed",
    256,
  ],
  [
    "cuts what the leaves stand for",
    "update log_tiles set refs = substr(refs, 1, 80) where level = 0 and index = 0",
    "entry_missing",
    10,
  ],
  [
    "changes the checkpoint's size",
    `update log_state set note = replace(note, E'\\n${SIZE}\\n', E'\\n${SIZE - 1}\\n')`,
    "checkpoint_not_signed",
  ],
  [
    "spoils the signature",
    "update log_state set note = regexp_replace(note, '.....\n$', E'AAA=\\n')",
    "checkpoint_not_signed",
  ],
  ["renames the log", "update log_state set note = replace(note, 'firebreak/', 'firebreax/')", "checkpoint_not_signed"],
  [
    "changes a kept checkpoint",
    "update log_heads set note = replace(note, E'\\n300\\n', E'\\n299\\n')",
    "checkpoint_not_signed",
  ],
  ["builds the whole log anew with a key of its own", (trx) => rebuild(trx, strange()), "key_replaced"],
];

describe("E-4: the standalone verifier finds who", () => {
  it.each(ATTACKS)("%s", async (_name, attack, code, from, to = from) => {
    const { exported, database } = await after((trx) => (typeof attack === "string" ? run(trx, attack) : attack(trx)));
    expect(exported.intact).toBe(false);
    expect(codes(exported)).toContain(code);
    const first = exported.findings.find((finding) => finding.code === code);
    expect(first).toMatchObject(from === undefined ? { code } : { code, from, to });
    expect(database.intact).toBe(false);
  });

  it.each<[string, string | ((trx: Trx) => Promise<unknown>), FindingCode]>([
    [
      "goes back to an earlier state of the log",
      "update log_state set note = (select note from log_heads where size = 300), size = 300, last_event_seq = 280; delete from log_heads where size > 300",
      "truncated",
    ],
    [
      "removes the tail of everything and signs with the log's own stolen key",
      async (trx) => {
        await run(trx, "delete from events where seq > 400");
        await rebuild(trx, logKey);
      },
      "other_log",
    ],
    [
      "rewrites history with the log's own stolen key and name",
      async (trx) => {
        const { rows } = await sql<{ origin: string }>`select origin from log_state`.execute(trx);
        await run(trx, changeBody(100));
        await rebuild(trx, logKey);
        await run(trx, `update log_state set origin = '${rows[0]?.origin}'; update events set seq = seq`);
        await act1(trx);
        await growWithin(trx);
      },
      "history_differs",
    ],
  ])("%s, when a checkpoint was kept elsewhere", async (_name, attack, code) => {
    const { withTrusted, database } = await after((trx) =>
      typeof attack === "string" ? run(trx, attack) : attack(trx),
    );
    expect(codes(withTrusted)).toContain(code);
    // the home kept one too
    expect(codes(database)).toContain(code);
  });

  it.each<[string, (directory: string) => void, FindingCode]>([
    ["removes the checkpoint's file", (log) => unlinkSync(path.join(log, "checkpoint")), "checkpoint_missing"],
    [
      "puts a link in its place",
      (log) => {
        unlinkSync(path.join(log, "checkpoint"));
        symlinkSync("/etc/hostname", path.join(log, "checkpoint"));
      },
      "checkpoint_missing",
    ],
    [
      "writes nonsense there",
      (log) => writeFileSync(path.join(log, "checkpoint"), "nonsense\0".repeat(50)),
      "checkpoint_unreadable",
    ],
    [
      "cuts off the entries of a tile",
      (log) => truncateSync(path.join(log, "tile/entries/001"), 3_000),
      "entry_missing",
    ],
    [
      "adds an entry",
      (log) => writeFileSync(path.join(log, "tile/entries/000"), Buffer.of(0, 1, 65), { flag: "a" }),
      "entries_changed",
    ],
    ["removes a tile's file", (log) => unlinkSync(path.join(log, "tile/0/002.p/108")), "tile_missing"],
  ])("%s of an export", async (_name, spoil, code) => {
    const { exported } = await after(async () => {}, spoil);
    expect(codes(exported)).toContain(code);
  });
});

async function act1(trx: Trx): Promise<void> {
  const actor = { kind: "person", id: "usr_eve", name: "eve" } as const;
  await recordAudit(trx, { at: clock.now(), actor, action: "token.create", target: "tok_x", detail: {} });
}

describe("E-4: what only the tables tell", () => {
  it.each([
    [
      "an act's action",
      "update audit_log set action = 'token.revoke' where seq = 4",
      { code: "columns_differ", table: "audit_log", seq: 4 },
    ],
    [
      "an act's actor",
      `update audit_log set actor = '{"kind":"person","id":"usr_eve","name":"eve"}' where seq = 4`,
      { code: "columns_differ", seq: 4 },
    ],
    [
      "an event's agent",
      "update events set agent_id = 'other' where seq = 50",
      { code: "columns_differ", table: "events", seq: 50 },
    ],
    [
      "an event's time",
      "update events set time = time - interval '1 hour' where seq = 50",
      { code: "columns_differ", seq: 50 },
    ],
    [
      "a row that was never logged",
      "delete from events where seq = 600; update log_tiles set refs = overlay(refs placing '\\x0000000000000001'::bytea from 1 for 8) where level = 0 and index = 2",
      { code: "row_not_logged", table: "events" },
    ],
    [
      "an act that takes the place of another",
      "insert into audit_log (seq, at, actor, action, target, leaf, leaf_hash, leaf_index) overriding system value select 900, at, actor, action, target, leaf, leaf_hash, 3 from audit_log where seq = 4",
      { code: "row_not_logged", table: "audit_log", seq: 900 },
    ],
    [
      "an event between two that were logged",
      "update events set seq = seq + 1 where seq >= 400; update log_state set last_event_seq = 601",
      { code: "row_not_logged", table: "events", seq: 601 },
    ],
  ])("is found: %s", async (_name, attack, finding) => {
    const { database } = await after((trx) => run(trx, attack));
    expect(database.tableFindings).toContainEqual(expect.objectContaining(finding));
    expect(database.intact).toBe(false);
  });

  it("keeps a checkpoint in the home, and replaces it only by one that goes on from it", async () => {
    expect(await keepCheckpoint({ database: test.database, home })).toBe(true);
    let isKept: boolean | undefined;
    await after(async (trx) => {
      await run(trx, changeBody(100));
      await rebuild(trx, logKey);
      isKept = await keepCheckpoint({ database: { kysely: trx }, home });
    });
    expect(isKept).toBe(false);
  });
});
