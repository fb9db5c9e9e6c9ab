import { afterAll, beforeAll, expect, it } from "vitest";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createDetector } from "./index.ts";
import type { DetectedMatch } from "./index.ts";
import { openRulesHere } from "./testing.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

it("E-6: an indicator that the intake met becomes a match, once, also where the address itself is taken out", async () => {
  const found: DetectedMatch[] = [];
  const newId = createNewId(() => systemClock.now());
  const shared = { database: test.database, clock: systemClock, logger: silentLogger };
  const detector = createDetector({
    ...shared,
    liveRules: openRulesHere({ rulesDirs: [] }),
    onMatches: async (_trx, matches) => void found.push(...matches),
  });
  const hit = {
    id: "ind_1",
    type: "email",
    value: "boss@bad.example",
    source: "feed",
    severity: 1,
    path: "data.to",
  } as const;
  const intake = createIntake({
    ...shared,
    newId,
    redactor: createRedactor(DEFAULT_REDACTION),
    matchIndicators: ({ data }) => (data?.["to"] === hit.value ? [hit] : []),
    onStored: (events) => detector.wake(events),
  });
  await detector.start();
  const send = async (to: string) => {
    const time = new Date(systemClock.now()).toISOString();
    const event = { id: `e-${to}`, time, agent: { id: "scout-1" }, kind: "message", data: { to } };
    const batch = await parseEventBatch(Buffer.from(JSON.stringify(event)), "application/json", systemClock.now());
    await intake.accept(batch, { name: "test" });
  };
  await send(hit.value);
  await send("ada@example.org");
  await detector.drain();
  expect(found).toMatchObject([
    {
      match: {
        ruleId: "indicator/ind_1",
        level: "critical",
        title: expect.stringContaining("boss@bad.example"),
        sentence: expect.stringContaining("listed by feed"),
        custom: { severity: 1 },
      },
      event: { data: { to: "[REDACTED: EMAIL]" }, indicators: [hit] },
    },
  ]);
  await intake.close();
  await detector.stop();
});
