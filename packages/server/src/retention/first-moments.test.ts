import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkLog, getLog } from "../audit/index.ts";
import { runRetention } from "./index.ts";
import { DAY_MS, openRetentionRoom } from "./testing.ts";
import type { RetentionRoom } from "./testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
});
afterEach(() => room.close());

const SHORT = { retain: 10, archive: "none", delete: 10, noticeDays: 0 } as const;

function shortContext() {
  const { retention } = room.profile;
  return { ...room, profile: { retention: { ...retention, classes: { ...retention.classes, notifications: SHORT } } } };
}

async function refuse(count: number): Promise<void> {
  const at = new Date(room.clock.now() - 11 * DAY_MS);
  await sql`insert into refused_messages (at, endpoint, reason, summary)
    select ${at}, '/hooks/x', 'too old', 'a test' from generate_series(1, ${count})`.execute(room.database.kysely);
}

/** What is signed in the records of deletions, as it stands in the log. */
async function signedDeletions(): Promise<{ origin: string }[]> {
  const acts = await room.database.kysely
    .selectFrom("audit_log")
    .select("leaf")
    .where("action", "=", "retention.delete")
    .orderBy("seq")
    .execute();
  return acts.map(({ leaf }) => JSON.parse(JSON.parse(leaf).detail.note.split("\n")[1]));
}

test("E-4, O-6: a deletion before anything was logged names the log that it belongs to", async () => {
  expect(await room.database.kysely.selectFrom("log_state").select("origin").execute()).toEqual([]);
  await refuse(3);
  expect((await runRetention(shortContext(), { class: "notifications" })).report).toMatchObject({ deleted: 3 });
  const begun = await room.database.kysely.selectFrom("log_state").select(["origin", "size"]).execute();
  expect(begun).toEqual([{ origin: expect.stringMatching(/^firebreak\/[0-9a-f]{32}$/), size: "0" }]);
  await room.grow();
  await refuse(1);
  await runRetention(shortContext(), { class: "notifications" });
  await room.grow();
  const { origin, keys, size } = await getLog(room);
  expect(size).toBeGreaterThan(2);
  expect(origin).toBe(begun[0]?.origin);
  expect(keys).toHaveLength(1);
  expect(await signedDeletions()).toMatchObject([{ origin }, { origin }]);
  expect(await checkLog(room)).toMatchObject({ intact: true, findings: [], tableFindings: [] });
});

test("E-4: a log that begins at several places at once is one log", async () => {
  await refuse(2);
  const outcomes = await Promise.all([
    runRetention(shortContext(), { class: "notifications" }),
    room.grow(),
    room.grow(),
  ]);
  expect(outcomes[0].report).toMatchObject({ deleted: 2, problems: [] });
  await room.grow();
  const { origin, keys } = await getLog(room);
  expect(keys).toHaveLength(1);
  expect(await signedDeletions()).toMatchObject([{ origin }]);
  expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
});
