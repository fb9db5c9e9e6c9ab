import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { createDetector } from "./index.ts";
import type { DetectedMatch } from "./index.ts";
import { openRulesHere } from "./testing.ts";
import { LostState } from "./lost-state.ts";

const FLOOD = 5_020;
const RULE = `title: Sign-in
id: 66666666-6666-4666-8666-666666666660
name: sign_in
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { event_type: auth }
  condition: s
level: low
---
title: Many sign-ins
id: 66666666-6666-4666-8666-666666666661
correlation:
  type: event_count
  rules: [sign_in]
  group-by: [user]
  timespan: 1h
  condition: { gte: 3 }
level: high
`;
const redactor = createRedactor(DEFAULT_REDACTION);
let test: TestDatabase;
let rulesDir: string;

beforeAll(async () => {
  test = await createTestDatabase();
  rulesDir = await mkdtemp(join(tmpdir(), "firebreak-rules-"));
  await writeFile(join(rulesDir, "rule.yml"), RULE);
});
afterAll(async () => {
  await rm(rulesDir, { recursive: true });
  await test.close();
});

describe("detection that has to forget", () => {
  it("says so, names rule and tenant, and keeps what other tenants are watched for", async () => {
    const found: DetectedMatch[] = [];
    const detector = createDetector({
      database: test.database,
      liveRules: openRulesHere({ rulesDirs: [rulesDir] }),
      clock: systemClock,
      logger: silentLogger,
      onMatches: async (_trx, matches) => void found.push(...matches),
    });
    const intake = createIntake({
      database: test.database,
      clock: systemClock,
      newId: createNewId(() => systemClock.now()),
      logger: silentLogger,
      redactor,
      onStored: (events) => detector.wake(events),
    });
    await detector.start();
    const send = async (pack: string, users: readonly string[]) => {
      const lines = users.map((user) => JSON.stringify({ agent: { id: pack, pack }, kind: "auth", data: { user } }));
      const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", systemClock.now());
      expect((await intake.accept(batch, { name: "test" })).accepted).toBe(users.length);
      await detector.drain();
    };
    await send("quiet", ["slow", "slow"]);
    const users = Array.from({ length: FLOOD }, (_, index) => `flood-${index}`);
    await send("noisy", users);
    await send("quiet", ["slow"]);
    await detector.stop();
    await intake.close();
    expect(found.map(({ match }) => match.ruleId)).toEqual([
      "firebreak_state_lost",
      "66666666-6666-4666-8666-666666666661",
    ]);
    expect(found[0]).toMatchObject({
      event: undefined,
      match: {
        groupBy: { rule: "66666666-6666-4666-8666-666666666661", tenant: "noisy" },
        sentence: expect.stringMatching(
          /^Detection lost state .*"Many sign-ins" gave up \d+ open group.*user "flood-0"/,
        ),
      },
    });
  });

  it("says so once a minute for each rule and tenant, with all that was lost meanwhile", () => {
    const lost = new LostState();
    const eviction = { ruleId: "r", title: "R", tenant: "t", groups: 2, groupBy: {}, entries: 1, newestTime: 0 };
    lost.note([eviction]);
    expect(lost.take(0)).toMatchObject([{ count: 2 }]);
    lost.note([eviction]);
    lost.note([eviction, { ...eviction, tenant: "other" }]);
    expect(lost.take(1000)).toMatchObject([{ count: 2, groupBy: { tenant: "other" } }]);
    expect(lost.take(60_000)).toMatchObject([{ count: 4, groupBy: { tenant: "t" } }]);
    expect(lost.take(200_000)).toEqual([]);
  });
});
