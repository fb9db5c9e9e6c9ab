import { EventEmitter, once } from "node:events";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createManualClock, silentLogger, systemClock } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { createDueQuestion, instant } from "../storage/index.ts";
import type { DueCondition } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createDaemons } from "./daemons.ts";
import type { Daemon } from "./daemons.ts";

let store: TestDatabase;
beforeAll(async () => {
  store = await createTestDatabase();
  await sql`create table due_rows (name text, at timestamptz)`.execute(store.database.kysely);
});
afterAll(() => store.close());

const hasRow =
  (name: string): DueCondition =>
  (_kysely, now) =>
    sql<boolean>`false or exists (select from due_rows where name = ${name} and at <= ${now})`;
const cannotBeAsked: DueCondition = () => sql<boolean>`'x'::text::int = 1`;
const insertRow = (name: string, at: number) =>
  sql`insert into due_rows values (${name}, ${instant(at)})`.execute(store.database.kysely);

/** A daemon whose passes are counted and can be waited for. */
function watched(name: string, { due, act }: { due?: DueCondition; act?: (stopping: AbortSignal) => Promise<void> }) {
  const passes = new EventEmitter();
  const seen = { count: 0 };
  const run = async (stopping: AbortSignal) => {
    seen.count += 1;
    passes.emit("pass");
    await act?.(stopping);
  };
  const daemon: Daemon = { name, everyMs: 50, run, ...(due === undefined ? {} : { due }) };
  return { daemon, seen, next: () => once(passes, "pass") };
}

function begin(daemons: readonly { daemon: Daemon }[], logger: Logger = silentLogger) {
  const surroundings = { database: store.database, clock: systemClock, logger };
  const running = createDaemons(
    daemons.map(({ daemon }) => daemon),
    surroundings,
  );
  running.start();
  onTestFinished(() => running.stop());
  return running;
}

test("a condition is met when its rows are there and their time has come, and only what is asked for is told", async () => {
  const clock = createManualClock(Date.UTC(2026, 0, 2));
  const conditions = new Map([
    ["later", hasRow("later")],
    ["never", hasRow("never")],
  ]);
  const ask = createDueQuestion(store.database, clock, conditions);
  const both = new Set(conditions.keys());
  expect(await ask(both)).toEqual(new Set());
  await insertRow("later", clock.now() + 10);
  expect(await ask(both)).toEqual(new Set());
  clock.advance(10);
  expect(await ask(both)).toEqual(new Set(["later"]));
  expect(await ask(new Set(["never"]))).toEqual(new Set());
});

test("a daemon makes a pass when it is due, at its own pace as long as it is, and none otherwise", async () => {
  const always = watched("always", {});
  const idle = watched("idle", { due: hasRow("idle") });
  const due = watched("due", { due: hasRow("due") });
  begin([always, idle, due]);
  await always.next();
  await always.next();
  expect(due.seen.count).toBe(0);
  await insertRow("due", systemClock.now());
  await due.next();
  await due.next();
  await sql`delete from due_rows where name = 'due'`.execute(store.database.kysely);
  expect(idle.seen.count).toBe(0);
});

test("a pass that fails is told and made again, and keeps back no other", async () => {
  const told: string[] = [];
  const failing = watched("failing", {
    act: async () => {
      throw new Error("broken");
    },
  });
  const other = watched("other", {});
  begin([failing, other], {
    ...silentLogger,
    error: (message, fields) => void told.push(`${message}: ${String(fields?.["daemon"])}`),
  });
  await failing.next();
  await failing.next();
  await other.next();
  expect(told[0]).toBe("a daemon failed and is tried again: failing");
});

test("one condition that cannot be asked keeps back no daemon: every pass is made", async () => {
  const broken = watched("broken", { due: cannotBeAsked });
  const idle = watched("idle", { due: hasRow("idle") });
  begin([broken, idle]);
  await Promise.all([broken.next(), idle.next()]);
  expect(idle.seen.count).toBe(1);
});

test("a pass that takes long holds up no other and does not overlap itself, and the end waits for it", async () => {
  let isOver = false;
  const long = watched("long", {
    act: async (stopping) => {
      await once(stopping, "abort");
      isOver = true;
    },
  });
  const other = watched("other", {});
  const running = begin([long, other]);
  await other.next();
  await other.next();
  await other.next();
  expect(long.seen.count).toBe(1);
  await running.stop();
  expect(isOver).toBe(true);
});
