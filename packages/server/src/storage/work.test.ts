import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, silentLogger, systemClock } from "../kernel/index.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";
import { createDurableWork } from "./work.ts";

let test1: TestDatabase;
beforeEach(async () => {
  test1 = await createTestDatabase();
});
afterEach(async () => test1.close());

const create = (clock = systemClock, nodeId = "node-1") =>
  createDurableWork({
    database: test1.database,
    clock,
    logger: silentLogger,
    nodeId,
    home: `/home/${nodeId}`,
    timing: { beatEveryMs: 200, deadAfterMs: 1000 },
  });

describe("durable work", () => {
  test("a job exists if and only if its transaction commits", async () => {
    const work = create();
    const seen: unknown[] = [];
    work.define("note", async (payload) => void seen.push(payload));
    const { kysely } = test1.database;
    await kysely.transaction().execute((trx) => work.enqueue(trx, "note", { n: 1 }));
    await expect(
      kysely.transaction().execute(async (trx) => {
        await work.enqueue(trx, "note", { n: 2 });
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await work.drain();
    expect(seen).toEqual([{ n: 1 }]);
  });

  test("drain follows the injected clock: delays and the wait after a failure", async () => {
    const clock = createManualClock(Date.UTC(2031, 0, 1));
    const work = create(clock);
    const seen: string[] = [];
    work.define("note", async (payload) => void seen.push(String(payload)));
    work.define("flaky", async (_payload, { attempt }) => {
      seen.push(`try ${attempt}`);
      if (attempt < 3) throw new Error("not yet");
    });
    const { kysely } = test1.database;
    await work.enqueue(kysely, "note", "later", { runAt: clock.now() + 60_000 });
    await work.enqueue(kysely, "flaky", null);
    await work.drain();
    expect(seen).toEqual(["try 1"]);
    clock.advance(2_600);
    await work.drain();
    expect(seen).toEqual(["try 1"]);
    clock.advance(200);
    await work.drain();
    expect(seen).toEqual(["try 1", "try 2"]);
    clock.advance(60_000);
    await work.drain();
    expect(seen.toSorted()).toEqual(["later", "try 1", "try 2", "try 3"]);
  });

  test("started, it runs a job at once", async () => {
    const work = create();
    let resolve: (payload: unknown) => void = () => {};
    const promise = new Promise<unknown>((done) => {
      resolve = done;
    });
    work.define("note", async (payload) => resolve(payload));
    await work.start();
    await work.enqueue(test1.database.kysely, "note", "x");
    expect(await promise).toBe("x");
    await work.stop();
    expect(await test1.database.kysely.selectFrom("nodes").selectAll().execute()).toEqual([]);
  });
});
