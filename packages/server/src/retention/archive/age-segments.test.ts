import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkLog } from "../../audit/index.ts";
import { listSegments, readArchive, runRetention } from "../index.ts";
import { DAY_MS, openRetentionRoom } from "../testing.ts";
import type { RetentionRoom } from "../testing.ts";

let room: RetentionRoom;
beforeEach(async () => {
  room = await openRetentionRoom();
});
afterEach(() => room.close());

test("O-6: past its time at hand a segment moves to the cold archive, verifies there, and a copy that a crash left goes", async () => {
  await room.sendEvents(5, 100);
  await runRetention(room);
  const [warm] = await listSegments(room);
  room.clock.advance(300 * DAY_MS);
  expect((await runRetention(room)).report).toMatchObject({ problems: [], archived: 0 });
  const [cold] = await listSegments(room);
  expect(cold).toMatchObject({ id: warm?.id, tier: "cold", file: warm?.file.replace("/warm/", "/cold/") });
  const place = (file = "") => path.join(room.home, file);
  expect([existsSync(place(warm?.file)), existsSync(place(cold?.file))]).toEqual([false, true]);
  expect((await readArchive(room, { id: cold?.id ?? "", after: 0, limit: 10 })).lines).toHaveLength(5);
  expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
  mkdirSync(path.dirname(place(warm?.file)), { recursive: true });
  copyFileSync(place(cold?.file), place(warm?.file));
  expect((await runRetention(room)).orphans).toEqual([]);
  expect([existsSync(place(warm?.file)), existsSync(place(cold?.file))]).toEqual([false, true]);
});
