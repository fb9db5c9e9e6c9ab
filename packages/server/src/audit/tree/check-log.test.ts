import { writeFileSync } from "node:fs";
import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureEventPartitions } from "../../storage/index.ts";
import { createTestLog } from "../testing.ts";
import type { TestLog } from "../testing.ts";
import { checkLog } from "./check-log.ts";
import { dropCheckState, keepCheckState, readCheckState } from "./check-state.ts";
import { keepLastCheck, readLastCheck } from "./last-check.ts";
import { growTree } from "./grow-tree.ts";

/** More than a check goes through before it first keeps where it stands. */
const EVENTS = 65_900;

let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
  await ensureEventPartitions(log.database.kysely, log.clock.now());
});
afterEach(() => log.close());

async function addEvents(count: number): Promise<void> {
  await sql`
    insert into events (id, time, received_at, source, agent_id, kind, outcome, body)
    select 'e' || n, at, at, 'test', 'scout', 'log', 'success',
      '{"agent":{"id":"scout"},"id":"e' || n || '","kind":"log","outcome":"success","receivedTime":"2026-03-01T12:00:00.000Z","source":"test","time":"2026-03-01T12:00:00.000Z"}'
    from generate_series(1, ${count}::int) n, (select '2026-03-01T12:00:00Z'::timestamptz as at) moment`.execute(
    log.database.kysely,
  );
  for (let mayBeMore = true; mayBeMore;) ({ mayBeMore } = await growTree(log));
}

it("E-4: a check that the end of the process cuts off is taken up where it stood", async () => {
  await addEvents(EVENTS);
  const stop = new Error("the process ends");
  const cutOff = checkLog(log, {
    onState: (state) => keepCheckState(log.home, { at: log.clock.now(), ...state }),
    onProgress: (done) => {
      if (done > 65_536) throw stop;
    },
  });
  await expect(cutOff).rejects.toBe(stop);
  // the log grows on meanwhile
  await log.act(3);
  const resume = readCheckState(log.home, log.clock.now());
  const seen: number[] = [];
  const onProgress = (done: number) => void seen.push(done);
  expect(await checkLog(log, { resume, onProgress })).toMatchObject({ intact: true, size: EVENTS + 3, findings: [] });
  expect(seen[0]).toBe(65_536 + 256);
  await log.database.pool.query("update events set body = replace(body, 'scout', 'other') where seq = 65800");
  const verdict = await checkLog(log, { resume });
  expect(verdict.findings).toMatchObject([{ code: "entry_changed", from: 65_799 }]);
  log.clock.advance(25 * 60 * 60_000);
  expect(readCheckState(log.home, log.clock.now())).toBeUndefined();
  dropCheckState(log.home);
  expect(readCheckState(log.home, log.clock.now())).toBeUndefined();
}, 60_000);

it("E-4: a state of a check that is spoiled is not taken up", async () => {
  await log.act(3);
  const at = log.clock.now();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what somebody may have put there
  keepCheckState(log.home, { at, lastEventSeq: "x", verified: {} } as never);
  expect(readCheckState(log.home, at)).toBeUndefined();
  expect(await checkLog(log, { resume: readCheckState(log.home, at) })).toMatchObject({ intact: true });
});

it("E-4: what the newest check found outlives the process, and is read as nothing when it is spoiled", () => {
  expect(readLastCheck(log.home)).toBeNull();
  const check = { at: "2026-03-01T12:00:00.000Z", intact: false, entries: 7, findings: ["entry 3 was changed"] };
  keepLastCheck(log.home, check);
  expect(readLastCheck(log.home)).toEqual(check);
  writeFileSync(path.join(log.home, "log", "last-check.json"), '{"intact":true}');
  expect(readLastCheck(log.home)).toBeNull();
});
