import { afterAll, beforeAll, expect, it } from "vitest";
import type { AgentEvent } from "@firebreak/protocol";
import { createManualClock, createNewId, DEFAULT_REDACTION, silentLogger } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, searchEvents, parseEventBatch, registerSession } from "./index.ts";
import type { StoredEvents } from "./index.ts";
import { eventsOf } from "./testing.ts";

const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const newId = createNewId(() => clock.now());
const redactor = createRedactor(DEFAULT_REDACTION);
const token = `ghp_${"aB3dE6gH9jK2mN5pQ8sT".repeat(2)}`;
let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

it("E-8: what is redacted stands nowhere in the database, and what was found is told", async () => {
  const stored: AgentEvent[] = [];
  const onStored = (events: StoredEvents) => stored.push(...eventsOf(events));
  const intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, redactor, onStored });
  const event = {
    agent: { id: "scout-1" },
    kind: "tool_call",
    resource: `https://ada:${token}@example.org/`,
    data: {
      arguments: { command: `curl -H "Authorization: Bearer ${token}"` },
      output: "mail ada@example.org",
      [token]: 1,
    },
  };
  const body = Buffer.from(JSON.stringify(event));
  await intake.accept(await parseEventBatch(body, "application/json", clock.now()), { name: "test" });
  await intake.close();
  expect(JSON.stringify(stored)).not.toContain(token);
  const { items } = await searchEvents({ database: test.database, clock }, {});
  expect(items).toMatchObject([
    { source: "firebreak", data: { event_type: "pii.redacted", redacted_count: 4, categories: ["EMAIL", "KEY"] } },
    {
      resource: "https://ada:[REDACTED: KEY]@example.org/",
      data: {
        arguments: { command: 'curl -H "Authorization: Bearer [REDACTED: KEY]"' },
        output: "mail [REDACTED: EMAIL]",
        "[REDACTED: KEY]": 1,
      },
      redacted: [
        { category: "KEY", type: "github_token", path: "resource", count: 1 },
        { category: "KEY", type: "github_token", path: "data.arguments.command", count: 1 },
        { category: "EMAIL", type: "email", path: "data.output", count: 1 },
        { category: "KEY", type: "github_token", path: "data", count: 1 },
      ],
    },
  ]);
  await proveAbsent([token, "ada@example.org"]);
});

it("E-8: the command of a session is kept without its secrets", async () => {
  const actor = { kind: "token", id: "tok_1", name: "supervisor" } as const;
  const ctx = { database: test.database, clock, newId, actor, redactor };
  const command = ["agent", "--password", "tiger", "--url", `https://x/?token=${token}`];
  const session = await registerSession(ctx, { agentId: "scout-1", host: "h", command });
  expect(session.command).toEqual([
    "agent",
    "--password",
    "[REDACTED: PWD]",
    "--url",
    "https://x/?token=[REDACTED: KEY]",
  ]);
  await proveAbsent([token, "tiger"]);
});

/** Reads every row of every table as text. */
async function proveAbsent(secrets: readonly string[]): Promise<void> {
  const { rows: tables } = await test.database.pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    const { rows } = await test.database.pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    for (const secret of secrets) expect(rows.filter(({ text }) => text.includes(secret))).toEqual([]);
  }
}
