import { expect, onTestFinished, test } from "vitest";
import { createDueQuestion } from "../storage/index.ts";
import type { DueCondition } from "../storage/index.ts";
import { daemonsOf } from "./house-daemons.ts";
import { openTestHouse } from "./killswitch/testing.ts";

test("what the daemons of a house ask of the database can be asked at once, and nothing is due when nothing happens", async () => {
  const opened = await openTestHouse();
  onTestFinished(() => opened.close());
  const { house } = opened;
  const conditions = new Map<string, DueCondition>();
  for (const daemon of daemonsOf(house)) if (daemon.due !== undefined) conditions.set(daemon.name, daemon.due);
  expect(conditions.size).toBeGreaterThan(20);
  await house.auditLog.grow();
  await house.indicators.reloadIfChanged();
  const ask = createDueQuestion(house.database, house.clock, conditions);
  expect(await ask(new Set(conditions.keys()))).toEqual(new Set());
});
