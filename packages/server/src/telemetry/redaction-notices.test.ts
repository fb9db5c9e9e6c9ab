import { afterAll, beforeAll, expect, it } from "vitest";
import type { AgentEvent } from "@firebreak/protocol";
import { createManualClock, createNewId, DEFAULT_REDACTION, silentLogger } from "../kernel/index.ts";
import type { RedactionPolicy } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "./index.ts";
import type { StoredEvents } from "./index.ts";
import { eventsOf } from "./testing.ts";

const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const newId = createNewId(() => clock.now());
let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

function openIntake(policy: Partial<RedactionPolicy> = {}) {
  const stored: AgentEvent[] = [];
  const redactor = createRedactor({ ...DEFAULT_REDACTION, ...policy });
  const onStored = (events: StoredEvents) => void stored.push(...eventsOf(events));
  const intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, redactor, onStored });
  const send = async (events: readonly Record<string, unknown>[]) => {
    const body = Buffer.from(JSON.stringify(events.map((event) => ({ kind: "message", ...event }))));
    await intake.accept(await parseEventBatch(body, "application/json", clock.now()), { name: "test" });
  };
  const notices = () => stored.filter(({ data }) => data["event_type"] === "pii.redacted");
  return { intake, send, notices };
}

it("E-8: what was taken out is told as pii.redacted, once for each agent and run however many events there were", async () => {
  const { intake, send, notices } = openIntake();
  const agent = { id: "scout", pack: "research", run: "run-7" };
  await send(Array.from({ length: 100 }, () => ({ agent, data: { text: "ada@example.org bob@example.org" } })));
  await send([
    { agent, data: { ssn: "123-45-6789" } },
    { agent: { id: "quiet" }, data: { text: "nothing" } },
    { agent: { id: "other" }, data: { password: "tiger7" } },
  ]);
  await intake.tellRedactions();
  const told = { event_type: "pii.redacted", timestamp: "2026-03-01T12:00:00.000Z" };
  expect(notices()).toMatchObject([
    {
      source: "firebreak",
      agent,
      kind: "log",
      data: {
        ...told,
        pack: "research",
        agent: "scout",
        run_id: "run-7",
        redacted_count: 201,
        categories: ["EMAIL", "SSN"],
        events: 101,
      },
    },
    { agent: { id: "other" }, data: { ...told, pack: null, run_id: null, redacted_count: 1, categories: ["PWD"] } },
  ]);
  await intake.tellRedactions();
  expect(notices()).toHaveLength(2);
  await intake.close();
});

it("E-8: a notice is never told of itself, also when it holds what is redacted, and the last are told at the end", async () => {
  const { intake, send, notices } = openIntake();
  await send([{ agent: { id: "ada@example.org" }, data: { text: "ada@example.org" } }]);
  await intake.close();
  expect(notices()).toMatchObject([
    { agent: { id: "ada@example.org" }, data: { agent: "[REDACTED: EMAIL]", redacted_count: 1 } },
  ]);
  await intake.tellRedactions();
  expect(notices()).toHaveLength(1);
});

it("E-8: repeats are not counted, nor what the policy only looks for", async () => {
  const { intake, send, notices } = openIntake({ pii: "detect" });
  const repeat = { id: "same-1", time: "2026-03-01T11:00:00.000Z", agent: { id: "scout" } };
  for (const _ of [1, 2]) await send([{ ...repeat, data: { password: "tiger7", text: "ada@example.org" } }]);
  await intake.close();
  expect(notices()).toMatchObject([{ data: { redacted_count: 1, categories: ["PWD"], events: 1 } }]);
});

it("E-8: a flood of runs is told of by agent", async () => {
  const { intake, send, notices } = openIntake();
  await send(
    Array.from({ length: 600 }, (_, run) => ({
      agent: { id: "flood", run: `run-${run}` },
      data: { text: "a@example.org" },
    })),
  );
  await intake.close();
  expect(notices()).toMatchObject([
    { agent: { id: "flood" }, data: { run_id: null, redacted_count: 600, events: 600 } },
  ]);
});
