import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, followEvents, parseEventBatch } from "../index.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

async function send(...events: object[]): Promise<void> {
  const newId = createNewId(() => systemClock.now());
  const intake = createIntake({
    database: test.database,
    clock: systemClock,
    newId,
    logger: silentLogger,
    onStored: () => {},
  });
  const lines = events.map((event) => JSON.stringify(event)).join("\n");
  await intake.accept(await parseEventBatch(Buffer.from(lines), "application/x-ndjson", systemClock.now()), {
    name: "test",
  });
  await intake.close();
}
const eventOf = (outcome: string, command: string) => ({
  agent: { id: "scout" },
  kind: "command",
  outcome,
  data: { command },
});

async function open(filters: Parameters<typeof followEvents>[1], isAllowed = true) {
  const stream = new PassThrough();
  let received = "";
  stream.on("data", (piece: Buffer) => (received += piece.toString()));
  const start = await followEvents({ database: test.database, clock: systemClock }, filters);
  start(stream, async () => isAllowed);
  const commands = () => [...received.matchAll(/"command":"([^"]*)"/g)].map(([, command]) => command);
  return { stream, commands, text: () => received };
}

it("E-5: who follows a search gets every new event that fits, in their order, and no old one", async () => {
  await send(eventOf("denied", "before"));
  const { stream, commands, text } = await open({ outcome: ["denied"], text: "rm" });
  await send(
    eventOf("denied", "rm one"),
    eventOf("success", "rm two"),
    eventOf("denied", "ls"),
    eventOf("denied", "rm <\n>"),
  );
  await send(eventOf("denied", "rm three"));
  await vi.waitFor(() => expect(commands()).toHaveLength(3), 30_000);
  expect(commands()).toEqual(["rm one", "rm <\\n>", "rm three"]);
  expect(text()).toMatch(/^retry: 2000\n\nid: 2\nevent: event\ndata: \{"seq":2,/);
  stream.destroy();
});

it("E-5: who does not keep up with a flood is told how much was left out", async () => {
  const { stream, text } = await open({ text: "nothing" });
  await test.database.pool.query("select setval('events_seq', 100000)");
  await send(eventOf("success", "late"));
  await vi.waitFor(() => expect(text()).toContain("event: gap"), 30_000);
  stream.destroy();
});

it("E-5: filters that cannot be read are refused before anything is streamed", async () => {
  await expect(open({ path: ["=x"] })).rejects.toMatchObject({ code: "bad_request" });
});
