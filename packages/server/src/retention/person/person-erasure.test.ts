import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { PersonErasure } from "@firebreak/protocol";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkLog } from "../../audit/index.ts";
import { recordSampleArchive } from "../../evidence/testing.ts";
import { DEFAULT_REDACTION } from "../../kernel/index.ts";
import { openOriginals } from "../../originals/index.ts";
import type { SampleArchive } from "../../evidence/testing.ts";
import {
  applyLegalHold,
  carryOutPersonErasure,
  findPerson,
  getPersonErasure,
  readArchive,
  runPersonErasures,
  runRetention,
  withdrawPersonErasure,
} from "../index.ts";
import { ADA, DAY_MS, fillRetentionRoom } from "../testing.ts";
import type { FilledRoom, RetentionRoom } from "../testing.ts";
import { KEPT, MASKED, OTHERS } from "./record-columns.ts";

const NEVER = new AbortController().signal;
const CALLER = { actor: ADA, access: "admin" } as const;
/** no e-mail address: the intake would take it out */
const JANE = "u-20871";
const ASKED = { values: [JANE, "Jane Doe"], patterns: [], also: [], reason: `request 12 of ${JANE}` };

let filled: FilledRoom;
let room: RetentionRoom;
let archive: SampleArchive;

beforeAll(async () => {
  filled = await fillRetentionRoom(fill);
});
afterAll(() => filled.close());
beforeEach(async () => {
  room = await filled.open();
});
afterEach(() => room.close());

async function fill(empty: RetentionRoom): Promise<void> {
  room = empty;
  // archived, with others beside them
  await room.sendEvents(4, 100);
  await room.sendEvents(2, 100, { data: { command: `mail ${JANE}` } });
  await runRetention(room, { class: "events" });
  await room.sendEvents(5, 3);
  await room.sendEvents(3, 3, { data: { output: `Dear Jane  Doe, your order` } });
  await room.act(2, 3, { note: "somebody else" });
  await room.act(1, 3, { note: `asked for by ${JANE}` });
  archive = await recordSampleArchive(room, room.home, { "chat.txt": `hello\nfrom ${JANE}\n` });
  await recordSampleArchive(room, room.home, { "chat.txt": "hello" });
  await refuse(`from: ${JANE.toUpperCase()}, twice`);
  await refuse("from: u-20872");
  await room.grow();
  // judged by detection
  await sql`update event_cursors set last_seq = (select max(seq) from events)`.execute(room.database.kysely);
}

/** A record that is no entry of the log. */
async function refuse(summary: string): Promise<void> {
  const at = new Date(room.clock.now());
  await sql`insert into refused_messages (at, endpoint, reason, summary) values
    (${at}, '/hooks/x', 'too old', ${summary})`.execute(room.database.kysely);
}

const ctx = () => ({ ...room, actor: ADA });
const run = () => runPersonErasures(room, NEVER);
const byStore = ({ stores }: PersonErasure) => Object.fromEntries(stores.map((one) => [one.store, one]));

async function find(more: { also?: ("evidence" | "acts")[]; values?: string[] } = {}): Promise<PersonErasure> {
  const { id } = await findPerson(ctx(), { ...ASKED, ...more });
  await run();
  return getPersonErasure(room, id);
}

async function erase(more: { also?: ("evidence" | "acts")[]; values?: string[] } = {}): Promise<PersonErasure> {
  const { id } = await find(more);
  await carryOutPersonErasure(ctx(), CALLER, { id, alone: true });
  await run();
  return getPersonErasure(room, id);
}

/** Whether it stands anywhere in the database. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename !~ '^events_'`.execute(
    room.database.kysely,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rows: hits } =
      await sql`select from ${sql.table(name)} t where t::text ilike ${`%${text}%`} limit 1`.execute(
        room.database.kysely,
      );
    if (hits.length > 0) found.push(name);
  }
  return found.toSorted();
}

describe("E-8: the erasure of a person", () => {
  test("finds them in every store, says what would stay and why, and changes nothing", async () => {
    const before = await tablesWith(JANE);
    const view = await find();
    expect(view).toMatchObject({ state: "found", problem: null, terms: { values: [JANE, "Jane Doe"], patterns: [] } });
    expect(view.reason).toBe("request 12 of [ERASED]");
    expect(byStore(view)).toMatchObject({
      events: { act: "delete", matches: 3, stay: 0, erased: 0 },
      archive: { act: "delete", matches: 2, stay: 0 },
      acts: { act: "keep", matches: 1, stay: 1, why: [expect.stringMatching(/record of who did what/)] },
      evidence: { act: "keep", matches: 1, stay: 1, why: [expect.stringMatching(/sealed/)] },
      refused_messages: { act: "mask", matches: 1, stay: 0 },
    });
    expect(await tablesWith(JANE)).toEqual([...before, "person_erasures"].toSorted());
  });

  test("erases them, keeps everybody else, and the log verifies", async () => {
    const view = await erase();
    expect(view).toMatchObject({ state: "done", terms: null, problem: null });
    expect(byStore(view)).toMatchObject({
      events: { erased: 3, matches: 0 },
      archive: { erased: 2, matches: 0 },
      refused_messages: { erased: 1, matches: 0 },
      acts: { erased: 0, matches: 1 },
      evidence: { erased: 0, matches: 1 },
    });
    expect(await tablesWith(JANE)).toEqual(["audit_log"]);
    const { rows: events } = await sql<{ left: string }>`select count(*) as left from events`.execute(
      room.database.kysely,
    );
    expect(events).toEqual([{ left: "5" }]);
    const { rows: records } = await sql`select summary from refused_messages order by id`.execute(room.database.kysely);
    expect(records).toEqual([{ summary: "from: [ERASED], twice" }, { summary: "from: u-20872" }]);
    const [segment] = await room.database.kysely
      .selectFrom("archive_segments")
      .selectAll()
      .where("deleted_at", "is", null)
      .execute();
    const { lines } = await readArchive(room, { id: segment?.id ?? "", after: 0, limit: 100 });
    expect(lines).toHaveLength(4);
    const files = readdirSync(path.join(room.home, "archive"), { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.endsWith(".ndjson.gz"))).toHaveLength(1);
    await room.grow();
    expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
    expect((await runRetention(room)).orphans).toEqual([]);
  });

  test("where it is asked for takes acts and whole archives of evidence, with their copies", async () => {
    await room.database.kysely
      .insertInto("evidence_copies")
      .values({
        archive_id: archive.id,
        place: "s3://evidence/kept",
        state: "stored",
        objects: 5,
        bytes: "900",
        locked: true,
        attempts: 0,
        next_at: new Date(room.clock.now()),
        last_error: null,
        stored_at: new Date(room.clock.now()),
      })
      .execute();
    const view = await erase({ also: ["evidence", "acts"] });
    expect(byStore(view)).toMatchObject({
      acts: { erased: 1, matches: 0 },
      evidence: { erased: 1, matches: 0 },
      "s3://evidence/kept": { matches: 1, stay: 1, why: [expect.stringMatching(/due to be deleted/)] },
    });
    expect(existsSync(archive.directory)).toBe(false);
    expect(await tablesWith(JANE)).toEqual([]);
    await room.grow();
    expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
  });

  test("leaves what a legal hold is on, and names the case", async () => {
    await applyLegalHold(room, {
      caseId: "2026-17",
      scope: "all",
      target: null,
      from: null,
      to: null,
      reason: "inquiry",
    });
    const view = await erase({ also: ["evidence", "acts"] });
    for (const store of ["events", "archive", "evidence", "acts", "refused_messages"]) {
      expect(byStore(view)[store]).toMatchObject({ erased: 0, cases: ["2026-17"], why: ["held by case 2026-17"] });
    }
    expect(await tablesWith(JANE)).toContain("refused_messages");
  });

  test("cut off at any place goes on with what is left, and counts each row once", async () => {
    const { id } = await find();
    await carryOutPersonErasure(ctx(), CALLER, { id, alone: true });
    let beats = 0;
    for (const stopAt of [1, 7, 23, 48, 75, 100_000]) {
      const stopping = new AbortController();
      beats = 0;
      const clock = {
        ...room.clock,
        now: () => {
          beats += 1;
          if (beats === stopAt) stopping.abort();
          return room.clock.now();
        },
      };
      await runPersonErasures({ ...room, clock }, stopping.signal);
    }
    const view = await getPersonErasure(room, id);
    expect(view).toMatchObject({ state: "done", problem: null });
    expect(byStore(view)).toMatchObject({
      events: { erased: 3 },
      archive: { erased: 2 },
      refused_messages: { erased: 1 },
    });
    await room.grow();
    expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
  });

  test("destroys the keys of originals that hold something of them, and tells of others that go with them", async () => {
    const policy = { ...DEFAULT_REDACTION, reversible: "pii" } as const;
    const originals = await openOriginals({ ...room, policy, readSecret: async () => undefined });
    const time = new Date(room.clock.now() - 3 * DAY_MS).toISOString();
    const keep = async (agentId: string, id: string, text: string) => {
      const parts = [{ category: "EMAIL", type: "email", path: "data.to", text }] as const;
      const sealed = (await originals.seal?.([{ event: { id, time, agentId }, originals: parts }])) ?? [];
      for (const one of sealed) {
        await sql`insert into originals (event_id, event_time, category, key_id, sealed)
          values (${one.eventId}, ${one.eventTime}, ${one.category}, ${one.keyId}, ${one.sealed})`.execute(
          room.database.kysely,
        );
      }
    };
    await keep("scout", "evt_1", "jane@example.org");
    await keep("scout", "evt_2", "mary@example.org");
    await keep("other", "evt_3", "mary@example.org");
    room = { ...room, originals };
    const view = await erase({ values: ["jane@example.org"] });
    expect(byStore(view)["originals"]).toMatchObject({ act: "delete", erased: 2, matches: 0 });
    const keys = await room.database.kysely.selectFrom("original_keys").select(["agent_id", "wrapped"]).execute();
    expect(keys.filter(({ wrapped }) => wrapped !== null).map(({ agent_id }) => agent_id)).toEqual(["other"]);
  });

  test("needs a second person where there is one, and only a person asks", async () => {
    const { id } = await find();
    await expect(carryOutPersonErasure(ctx(), CALLER, { id, alone: false })).rejects.toThrow(/Nobody else here/);
    const agent = { kind: "agent", id: "scout", name: "scout" } as const;
    await expect(
      carryOutPersonErasure(ctx(), { actor: agent, access: "agent" }, { id, alone: true }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await sql`insert into users (id, name, role, created_at) values ('usr_bob', 'bob', 'admin', now())`.execute(
      room.database.kysely,
    );
    await expect(carryOutPersonErasure(ctx(), CALLER, { id, alone: true })).rejects.toThrow(
      /second person can approve/,
    );
    const asked = await carryOutPersonErasure(ctx(), CALLER, { id, alone: false });
    expect(asked).toMatchObject({ state: "asked", approvalId: expect.stringMatching(/^apr_/) });
    const { preview, title } = await room.database.kysely.selectFrom("approvals").selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify([preview, title])).not.toContain(JANE);
    await run();
    expect(await tablesWith(JANE)).toContain("refused_messages");
  });

  test("whose terms were changed in the database, or that nobody approved, deletes nothing", async () => {
    const { id } = await find();
    await room.database.kysely.updateTable("person_erasures").set({ state: "erasing" }).execute();
    await run();
    expect(await getPersonErasure(room, id)).toMatchObject({ problem: expect.stringMatching(/nothing on record/) });
    await room.database.kysely.updateTable("person_erasures").set({ state: "found" }).execute();
    await carryOutPersonErasure(ctx(), CALLER, { id, alone: true });
    const terms = { values: ["run"], patterns: [], salt: "x" };
    await room.database.kysely
      .updateTable("person_erasures")
      .set({ terms: JSON.stringify(terms) })
      .execute();
    room.clock.advance(60_000);
    await run();
    expect(await getPersonErasure(room, id)).toMatchObject({
      state: "erasing",
      problem: expect.stringMatching(/nothing on record/),
    });
    expect(await room.database.kysely.selectFrom("events").select("seq").execute()).toHaveLength(8);
  });

  test("that is withdrawn forgets what was looked for; the audit log never held it", async () => {
    const { id } = await find();
    const withdrawn = await withdrawPersonErasure(ctx(), { id, reason: "another person" });
    expect(withdrawn).toMatchObject({ state: "withdrawn", terms: null });
    await expect(carryOutPersonErasure(ctx(), CALLER, { id, alone: true })).rejects.toMatchObject({ code: "conflict" });
    const acts = await room.database.kysely
      .selectFrom("audit_log")
      .select("leaf")
      .where("target", "=", id)
      .orderBy("seq")
      .execute();
    expect(acts.map(({ leaf }) => JSON.parse(leaf).action)).toEqual([
      "person_erasure.find",
      "person_erasure.found",
      "person_erasure.withdraw",
    ]);
    expect(JSON.stringify(acts)).not.toContain(JANE);
  });

  test("knows every table and column with text of the database", async () => {
    const { rows } = await sql<{ table_name: string; column_name: string; data_type: string }>`
      select table_name, column_name, data_type from information_schema.columns
      where table_schema = 'public' and table_name !~ '^events_'`.execute(room.database.kysely);
    const known = new Set([...Object.keys(MASKED), ...Object.keys(KEPT), ...OTHERS]);
    expect([...new Set(rows.map(({ table_name }) => table_name))].filter((name) => !known.has(name))).toEqual([]);
    const types = new Map(rows.map((row) => [`${row.table_name}.${row.column_name}`, row.data_type]));
    for (const [table, { text = [], json = [], jsonText = [] }] of Object.entries(MASKED)) {
      for (const column of [...text, ...jsonText])
        expect([column, types.get(`${table}.${column}`)]).toEqual([column, "text"]);
      for (const column of json) expect([column, types.get(`${table}.${column}`)]).toEqual([column, "jsonb"]);
    }
  });
});
