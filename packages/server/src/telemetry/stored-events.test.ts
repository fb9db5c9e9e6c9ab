import { expect, it } from "vitest";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { BatchMaker } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";
import { StoredEvents } from "./stored-events.ts";
import { eventsOnPage } from "./testing.ts";

const redactor = createRedactor(DEFAULT_REDACTION);

function batchOf(...ids: readonly string[]): PreparedBatch {
  const maker = new BatchMaker(
    {
      sender: { name: "test" },
      receivedTime: "2026-03-01T12:00:00.000Z",
      makeId: () => "evt_made",
      redactor,
      matchIndicators: () => [],
    },
    0,
  );
  const time = "2026-03-01T11:00:00.000Z";
  for (const id of ids) maker.add({ id, time, agent: { id: "scout" }, kind: "log", data: { text: `é ${id}` } });
  return maker.finish();
}

const BYTES = 1_000_000;
const idsOf = (events: StoredEvents, after: number, limit: number, bytes = BYTES) =>
  eventsOnPage(events.pageAfter(after, { events: limit, bytes })).map(({ id, seq }) => `${id}@${seq}`);

it("gives events of several batches in order, from any place on, forwards and back", () => {
  const events = new StoredEvents([batchOf("a", "b"), batchOf("c", "d", "e")], 10);
  expect(events).toMatchObject({ first: 10, last: 14, count: 5 });
  expect(idsOf(events, 0, 2)).toEqual(["a@10", "b@11"]);
  expect(idsOf(events, 10, 2)).toEqual(["b@11", "c@12"]);
  expect(idsOf(events, 11, 2)).toEqual(["c@12", "d@13"]);
  expect(idsOf(events, 10, 3)).toEqual(["b@11", "c@12", "d@13"]);
  expect(idsOf(events, 13, 9)).toEqual(["e@14"]);
  expect(idsOf(events, 14, 9)).toEqual([]);
  expect(idsOf(events, 0, 9)).toEqual(["a@10", "b@11", "c@12", "d@13", "e@14"]);
});

it("gives out no more bytes than wanted, and always one event", () => {
  const events = new StoredEvents([batchOf("a", "b"), batchOf("c", "d")], 10);
  expect(idsOf(events, 0, 9, 1)).toEqual(["a@10"]);
  expect(idsOf(events, 10, 9, 300)).toEqual(["b@11", "c@12"]);
  expect(idsOf(events, 12, 9, 1)).toEqual(["d@13"]);
});

it("leaves out what was not stored, also at both ends", () => {
  const events = new StoredEvents([batchOf("a", "b", "c"), batchOf("d", "e")], [null, 4, null, 9, null]);
  expect(events).toMatchObject({ first: 4, last: 9, count: 2 });
  expect(idsOf(events, 0, 9)).toEqual(["b@4", "d@9"]);
  expect(idsOf(events, 4, 1)).toEqual(["d@9"]);
  expect(idsOf(events, 0, 1)).toEqual(["b@4"]);
  const none = new StoredEvents([batchOf("a")], [null]);
  expect(none).toMatchObject({ count: 0 });
  expect(idsOf(none, 0, 9)).toEqual([]);
});

it("gives an event whole", () => {
  const [event] = eventsOnPage(new StoredEvents([batchOf("a")], 1).pageAfter(0, { events: 1, bytes: BYTES }));
  expect(event).toEqual({
    seq: 1,
    id: "a",
    time: "2026-03-01T11:00:00.000Z",
    receivedTime: "2026-03-01T12:00:00.000Z",
    source: "test",
    agent: { id: "scout" },
    kind: "log",
    outcome: "unknown",
    data: { text: "é a" },
  });
});
