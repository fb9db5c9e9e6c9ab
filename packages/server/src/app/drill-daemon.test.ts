import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createManualClock, createNewId, silentLogger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createDrillDaemon } from "./drill-daemon.ts";

const DAY = 86_400_000;
const NIGHT = Date.parse("2026-03-01T04:00:00Z");
const home = mkdtempSync(path.join(os.tmpdir(), "firebreak-drill-daemon-"));
const DRILL = `
title: x
description: x
fault: { kind: rogue-agent }
detect: { title: x }
expect: { checks: [{ title: x, kind: told }] }
`;

let bench: TestDatabase;
beforeAll(async () => {
  bench = await createTestDatabase();
  mkdirSync(path.join(home, "drills"));
  for (const id of ["one", "two", "unknown"])
    writeFileSync(path.join(home, "drills", `${id}.yaml`), `playbook: ${id}${DRILL}`);
});
afterAll(async () => {
  await bench.close();
  rmSync(home, { recursive: true, force: true });
});

test("L-4: the server drills what is due, one at a time, leaves acts, and tells of what is overdue until it is proven", async () => {
  const clock = createManualClock(NIGHT);
  const ran: string[] = [];
  const { database } = bench;
  const playbooks = {
    playbooks: new Map([
      ["one", null],
      ["two", null],
    ]),
  };
  const house = {
    clock,
    database,
    logger: silentLogger,
    newId: createNewId(() => clock.now()),
    profilesDir: home,
    config: { home },
    profile: { name: "none", timeZone: "UTC", drills: { every: "7d", at: "04:00" } },
    playbooks,
  } as unknown as Parameters<typeof createDrillDaemon>[0];
  const nodes = [1, 2].map(() =>
    createDrillDaemon(house, {
      run: async (id) => {
        ran.push(id);
        // while it runs no other node begins one
        await other?.(new AbortController().signal);
        return 1;
      },
    }),
  );
  const [node, second] = nodes;
  let other: typeof second;
  const pass = () => node?.(new AbortController().signal);
  const openAlerts = async () => {
    const rows = await database.kysely
      .selectFrom("alerts")
      .select(["title", "status"])
      .where("status", "=", "open")
      .execute();
    return rows.map(({ title }) => title).toSorted();
  };

  await pass();
  expect(ran).toEqual([]);
  clock.advance(3_600_000);
  other = second;
  await pass();
  expect(ran).toEqual(["one"]);
  const acts = await database.kysely.selectFrom("audit_log").select(["action", "target"]).orderBy("at").execute();
  expect(acts.map(({ action, target }) => `${action} ${target}`)).toEqual([
    "drill.schedule one",
    "drill.schedule two",
    "drill.start one",
    "drill.end one",
  ]);
  expect(await openAlerts()).toEqual([]);

  clock.advance(10 * DAY - 20 * 3_600_000);
  await pass();
  expect(await openAlerts()).toEqual([
    "The playbook one is overdue for a drill",
    "The playbook two is overdue for a drill",
  ]);
  await database.pool.query(
    `insert into drills select 'drl_' || id, id, 'x', 'passed', $1::timestamptz, $1::timestamptz, json_build_object('id', 'x', 'endedAt', $2::text,
       'playbook', json_build_object('hash', 'x', 'version', 1), 'seconds', 1, 'result', 'passed'), $1::timestamptz, '{}'
     from unnest(array['one', 'two']) as ids (id)`,
    Array.from({ length: 2 }, () => new Date(clock.now()).toISOString()),
  );
  await pass();
  expect(await openAlerts()).toEqual([]);
});
