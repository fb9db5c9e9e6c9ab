import { hostname } from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import { silentLogger, systemClock } from "../kernel/index.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";
import { createDurableWork } from "./work.ts";
import type { DurableWork } from "./work.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function create(server: "default" | "distribution"): Promise<TestDatabase> {
  const created = await createTestDatabase({ server });
  closing.push(created.close);
  return created;
}

const timing = { beatEveryMs: 100, deadAfterMs: 800 };

function join({ database }: TestDatabase, nodeId: string, home = `/homes/${nodeId}`): DurableWork {
  const work = createDurableWork({ database, clock: systemClock, logger: silentLogger, nodeId, home, timing });
  closing.push(async () => work.stop());
  return work;
}

/** What `kill -9` leaves behind: a node that stopped beating and a job locked under its name. */
async function leaveBehind({ database }: TestDatabase, home: string): Promise<void> {
  await database.pool.query(
    "insert into nodes (id, home, host, pid, worker_id, started_at, last_beat_at) values ('dead', $1, $2, 1, 'pool-dead', now(), now())",
    [home, hostname()],
  );
  await database.pool.query(
    "update graphile_worker._private_jobs set locked_by = 'pool-dead', locked_at = now(), attempts = max_attempts",
  );
  await database.pool.query(
    "update graphile_worker._private_job_queues set locked_by = 'pool-dead', locked_at = now()",
  );
}

describe.each(["default", "distribution"] as const)("nodes on the %s server", (server) => {
  test("the job of a killed node, even its only attempt and its queue, is run by another one once it is dead", async () => {
    const created = await create(server);
    const work = join(created, "alive");
    const ran: unknown[] = [];
    work.define("note", async (payload) => void ran.push(payload));
    await work.enqueue(created.database.kysely, "note", 1, { maxAttempts: 1, queue: "q" });
    await leaveBehind(created, "/another/home");
    const startMs = performance.now();
    await work.start();
    await vi.waitFor(() => expect(ran).toEqual([1]), { timeout: 30_000, interval: 10 });
    expect(performance.now() - startMs).toBeGreaterThan(timing.deadAfterMs / 2);
  });

  test("the jobs of a killed node of the same home are taken at once", async () => {
    const created = await create(server);
    const slow = { beatEveryMs: 60_000, deadAfterMs: 600_000 };
    const work = createDurableWork({
      ...created,
      clock: systemClock,
      logger: silentLogger,
      nodeId: "again",
      home: "/h",
      timing: slow,
    });
    closing.push(async () => work.stop());
    const ran: unknown[] = [];
    work.define("note", async (payload) => void ran.push(payload));
    await work.enqueue(created.database.kysely, "note", 1, { queue: "q" });
    await leaveBehind(created, "/h");
    await work.start();
    await vi.waitFor(() => expect(ran).toEqual([1]), { timeout: 30_000, interval: 10 });
  });

  test("a job locked by a node that died before its first beat is taken too, at once when no other node lives", async () => {
    const created = await create(server);
    const work = createDurableWork({
      ...created,
      clock: systemClock,
      logger: silentLogger,
      nodeId: "only",
      home: "/h",
      timing: { beatEveryMs: 60_000, deadAfterMs: 600_000 },
    });
    closing.push(async () => work.stop());
    const ran: unknown[] = [];
    work.define("note", async (payload) => void ran.push(payload));
    await work.enqueue(created.database.kysely, "note", 1);
    await created.database.pool.query(
      "update graphile_worker._private_jobs set locked_by = 'pool-unknown', locked_at = now()",
    );
    await work.start();
    await vi.waitFor(() => expect(ran).toEqual([1]), { timeout: 30_000, interval: 10 });
  });

  test("beside a living node, a job locked under a name that no node has is taken when it is old", async () => {
    const created = await create(server);
    const [alive, joining] = [join(created, "alive"), join(created, "joining")];
    const ran: unknown[] = [];
    await alive.enqueue(created.database.kysely, "note", 1);
    alive.define("other", async () => {});
    joining.define("note", async (payload) => void ran.push(payload));
    await alive.start();
    await created.database.pool.query(
      "update graphile_worker._private_jobs set locked_by = 'pool-unknown', locked_at = now()",
    );
    await joining.start();
    await vi.waitFor(() => expect(ran).toEqual([1]), { timeout: 30_000, interval: 10 });
  });

  test("a running job of a living node is left alone, however long it takes", async () => {
    const created = await create(server);
    const [first, second] = [join(created, "first"), join(created, "second")];
    let runs = 0;
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const work of [first, second]) {
      work.define("long", async () => {
        runs += 1;
        await opened;
      });
    }
    await first.enqueue(created.database.kysely, "long", null);
    await first.start();
    await vi.waitFor(() => expect(runs).toBe(1), 30_000);
    await second.start();
    const before = await readBeat(created, "second");
    await vi.waitFor(
      async () => expect(await readBeat(created, "second")).toBeGreaterThan(before + timing.deadAfterMs * 2),
      { timeout: 30_000 },
    );
    expect(runs).toBe(1);
    open();
  });

  test("a node cut off from the database tells its jobs to let go, and works again afterwards", async () => {
    const created = await create(server);
    const work = join(created, "cut-off");
    let [began, letGo] = [false, false];
    const ran: unknown[] = [];
    work.define("long", async (_payload, { signal }) => {
      began = true;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      letGo = true;
    });
    work.define("note", async (payload) => void ran.push(payload));
    await work.enqueue(created.database.kysely, "long", null, { maxAttempts: 1 });
    await work.start();
    await vi.waitFor(() => expect(began).toBe(true), { timeout: 30_000 });
    await created.database.pool.query("alter table nodes rename to nodes_away");
    await vi.waitFor(() => expect(letGo).toBe(true), { timeout: 30_000 });
    await created.database.pool.query("alter table nodes_away rename to nodes");
    await work.enqueue(created.database.kysely, "note", "after");
    await vi.waitFor(() => expect(ran).toEqual(["after"]), { timeout: 30_000 });
  });

  test("jobs go on after every connection was cut, as a restart of the server does", async () => {
    const created = await create(server);
    const work = join(created, "n");
    const ran: unknown[] = [];
    work.define("note", async (payload) => void ran.push(payload));
    await work.start();
    for (let n = 0; n < 3; n += 1) {
      await created.database.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
      );
      await vi.waitFor(async () => work.enqueue(created.database.kysely, "note", n), { timeout: 30_000 });
    }
    await vi.waitFor(() => expect(new Set(ran)).toEqual(new Set([0, 1, 2])), { timeout: 30_000 });
  });
});

async function readBeat({ database }: TestDatabase, id: string): Promise<number> {
  const row = await database.kysely
    .selectFrom("nodes")
    .select("last_beat_at")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return row.last_beat_at.getTime();
}
