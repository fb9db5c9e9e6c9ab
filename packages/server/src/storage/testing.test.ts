import { describe, expect, test } from "vitest";
import { createTestDatabase } from "./testing.ts";

describe("test databases", () => {
  test("each is fresh, migrated and apart from the others", async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await first.database.kysely.insertInto("incident_counters").values({ scope: "x", last: 1 }).execute();
    expect(await second.database.kysely.selectFrom("incident_counters").selectAll().execute()).toEqual([]);
    await first.close();
    await second.close();
  });
});
