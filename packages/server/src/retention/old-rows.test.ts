import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_RETENTION } from "../kernel/index.ts";
import { applyLegalHold, listSegments, readArchive, runRetention } from "./index.ts";
import { storesOf } from "./stores.ts";
import { ADA, DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
  await room.act(1, 0); // so that there is a log
});
afterEach(() => room.close());

const ago = (days: number) => new Date(room.clock.now() - days * DAY_MS);
const countOf = async (table: string) =>
  Number(
    (await sql<{ n: string }>`select count(*) as n from ${sql.table(table)}`.execute(room.database.kysely)).rows[0]?.n,
  );
const pass = async (ctx: RetentionRoom = room) => {
  const outcome = await runRetention(ctx);
  await room.grow();
  return outcome;
};
const actor = JSON.stringify(ADA);

async function addIncident(id: string, ageDays: number, state: "closed" | "contained"): Promise<void> {
  const at = ago(ageDays);
  const { kysely } = room.database;
  await kysely
    .insertInto("incidents")
    .values({
      id,
      title: "It burns",
      type: "other",
      severity: 2,
      severity_label: "SEV-2",
      state,
      profile: "ai-empire",
      agent_id: "scout",
      pack: null,
      session_id: null,
      group_key: null,
      commander: null,
      summary: null,
      root_cause: null,
      began_at: at,
      detected_at: at,
      closed_at: state === "closed" ? at : null,
      trip_to_stop_ms: null,
      opened_at: at,
      updated_at: at,
    })
    .execute();
  await kysely
    .insertInto("timeline")
    .values({ incident_id: id, key: "1", at, kind: "note", source: "person", actor, text: "Smoke", data: "{}" })
    .execute();
}

async function addEvidence(id: string, ageDays: number, incidentId: string | null): Promise<string> {
  const directory = path.join(room.home, "evidence", id);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "manifest.json"), "{}");
  await room.database.kysely
    .insertInto("evidence_archives")
    .values({
      id,
      incident_id: incidentId,
      session_id: null,
      agent_id: "scout",
      reason: "a test",
      directory,
      manifest_sha256: "0".repeat(64),
      items: 1,
      degraded_items: 0,
      bytes: "2",
      collected_at: ago(ageDays),
      collected_by: actor,
    })
    .execute();
  return directory;
}

async function addApproval(id: string, ageDays: number, incidentId: string | null): Promise<void> {
  await sql`insert into approvals (id, kind, title, target, reason, arguments, nonce, digest, preview, checklist, incident_id,
      requested_by, requested_at, expires_at, role, answers_needed, state, decided_at)
    values (${id}, 'a.b', 'May I?', null, 'a test', '{}', '', '', '[]', '[]', ${incidentId},
      ${actor}, ${ago(ageDays)}, ${ago(ageDays)}, 'admin', 1, 'denied', ${ago(ageDays)})`.execute(room.database.kysely);
  await sql`insert into approval_answers (approval_id, person, answered_by, answer, reason, checked, at)
    values (${id}, 'ada', ${actor}, 'denied', 'no', '[]', ${ago(ageDays)})`.execute(room.database.kysely);
}

const EVD = (digit: number) => `evd_${String(digit).padStart(26, "0")}`;

describe("O-6: rows of every class", () => {
  it("go with everything that refers to them: no table is forgotten", async () => {
    const { rows } = await sql<{ parent: string; child: string; column: string }>`
      select p.relname as parent, c.relname as child, a.attname as column
      from pg_constraint k join pg_class p on p.oid = k.confrelid join pg_class c on c.oid = k.conrelid
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
      where k.contype = 'f' and p.relnamespace = 'public'::regnamespace`.execute(room.database.kysely);
    const stores = DEFAULT_CLASSES.flatMap((name) => storesOf(name));
    const forgotten = rows.filter(({ parent, child, column }) => {
      const store = stores.find(({ table }) => table === parent);
      const goesAlong = store?.children.some((one) => one.table === child && one.column === column) === true;
      return store !== undefined && !goesAlong && !store.settled.includes(`${child}.${column}`);
    });
    expect(rows.length).toBeGreaterThan(5);
    expect(forgotten).toEqual([]);
  });

  it("are archived with their children, and can be read again", async () => {
    await addIncident("INC-2020-0001", 800, "closed");
    await addIncident("INC-2020-0002", 800, "contained");
    await addIncident("INC-2026-0003", 100, "closed");
    expect((await pass()).report).toMatchObject({ archived: 1, problems: [] });
    expect([await countOf("incidents"), await countOf("timeline")]).toEqual([2, 2]);
    const [segment] = await listSegments(room);
    const { lines } = await readArchive(room, { id: segment?.id ?? "", after: 0, limit: 10 });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { key: "INC-2020-0001", row: { title: "It burns" }, children: { timeline: [{ text: "Smoke" }], alerts: [] } },
    ]);
  });

  it("stay as long as something that is kept refers to them", async () => {
    await addIncident("INC-2020-0001", 800, "closed");
    await addApproval("apr_1", 700, "INC-2020-0001");
    expect((await pass()).report).toMatchObject({ archived: 0, problems: [] });
    room.clock.advance(40 * DAY_MS);
    await pass();
    expect((await pass()).report.problems).toEqual([]);
    expect([await countOf("approvals"), await countOf("approval_answers"), await countOf("incidents")]).toEqual([
      0, 0, 0,
    ]);
  });

  it("deletes evidence with its files after the notice, and never that of an incident that is open or held", async () => {
    await addIncident("INC-2019-0001", 2700, "closed");
    await addIncident("INC-2019-0002", 2700, "contained");
    await room.database.kysely
      .updateTable("incidents")
      .set({ closed_at: ago(10) })
      .where("id", "=", "INC-2019-0001")
      .execute();
    const ofHeld = await addEvidence(EVD(1), 2600, "INC-2019-0001");
    const ofOpen = await addEvidence(EVD(2), 2600, "INC-2019-0002");
    const ofNone = await addEvidence(EVD(3), 2600, null);
    await applyLegalHold(
      { ...room, actor: ADA },
      {
        caseId: "2026-17",
        scope: "evidence",
        target: EVD(1),
        from: null,
        to: null,
        reason: "claim of Example Ltd",
      },
    );
    expect((await pass()).report).toMatchObject({ announced: 1, deleted: 0 });
    room.clock.advance(31 * DAY_MS);
    expect((await pass()).report).toMatchObject({ deleted: 1, held: 1, problems: [] });
    expect([ofHeld, ofOpen, ofNone].map((place) => existsSync(place))).toEqual([true, true, false]);
    expect(await countOf("evidence_archives")).toBe(2);
  });

  it("ends what a crash left of evidence that was about to be deleted", async () => {
    const recorded = await addEvidence(EVD(4), 1, null);
    const aside = (id: string) => path.join(room.home, "evidence", `.deleted-${id}`);
    await rename(recorded, aside(EVD(4)));
    mkdirSync(aside(EVD(5)));
    await pass();
    expect([existsSync(recorded), existsSync(aside(EVD(4))), existsSync(aside(EVD(5)))]).toEqual([true, false, false]);
  });

  it("are kept longer for a pack that the policy names, also where only the text tells of the pack", async () => {
    await room.sendEvents(3, 600);
    await room.sendEvents(4, 600, { agent: { id: "lawyer", pack: "legal" } });
    await room.act(2, 2_600);
    await room.act(5, 2_600, { pack: "finance" });
    await pass();
    room.clock.advance(31 * DAY_MS);
    expect((await pass()).report).toMatchObject({ deleted: 5, problems: [] });
    const segments = await listSegments(room);
    const rowsOf = (name: string, pack: string) =>
      segments.filter((one) => one.class === name && one.pack === pack).reduce((rows, one) => rows + one.rows, 0);
    expect([rowsOf("events", "legal"), rowsOf("audit", "finance")]).toEqual([4, 5]);
  });

  it("drops nothing when the archive cannot be written, says why, and goes on when it can", async () => {
    await room.sendEvents(5, 100);
    writeFileSync(path.join(room.home, "archive"), "in the way");
    const { report, failures } = await pass();
    expect(report).toMatchObject({ archived: 0 });
    expect(failures).toEqual([expect.stringContaining("could not archive events")]);
    expect(await countOf("events")).toBe(5);
    await rm(path.join(room.home, "archive"));
    expect((await pass()).report).toMatchObject({ archived: 5, problems: [] });
  });

  it("leaves a row that was changed by hand, and says so", async () => {
    await room.sendEvents(5, 100);
    await sql`update events set body = replace(body, 'run 2', 'run X')`.execute(room.database.kysely);
    await sql`update events set time = time - interval '500 days' where body like '%run 3%'`.execute(
      room.database.kysely,
    );
    const { report, failures } = await pass();
    expect(report.archived).toBe(3);
    expect(failures).toEqual([expect.stringContaining("1 rows of events are not what was logged")]);
    room.clock.advance(40 * DAY_MS);
    await pass();
    expect(await countOf("events")).toBe(2);
  });
});

const DEFAULT_CLASSES = Object.keys(DEFAULT_RETENTION.classes) as (keyof typeof DEFAULT_RETENTION.classes)[];
