import { afterAll, beforeAll, expect, it } from "vitest";
import { resolveAlert } from "../alerts/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { getIncident, noteAlertChange } from "./index.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "./testing.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

it("D-9: the timeline tells what became of each alert, says once that none is open any more, and resolves nothing", async () => {
  const ctx = await createTestContext(test.database);
  const ids = [await insertAlert(ctx, { title: "Burst" }), await insertAlert(ctx, { title: "Loop" })];
  const [first = "", second = ""] = ids;
  const { incidentId } = await openIncidentForAlert(ctx, first);
  await openIncidentForAlert(ctx, second);
  const texts = async () => (await getIncident(ctx, incidentId)).timeline.map(({ text }) => text);
  await resolveAlert(ctx, { id: first, reason: "over" });
  await noteAlertChange(ctx, first, "resolved");
  expect((await texts()).slice(-1)).toEqual(["The alert is resolved by ada: Burst"]);
  await resolveAlert(ctx, { id: second, reason: "over" });
  for (let again = 0; again < 2; again += 1) await noteAlertChange(ctx, second, "resolved");
  expect((await texts()).slice(-2)).toEqual([
    "The alert is resolved by ada: Loop",
    "No alert of this incident is open any more. It stays detected until somebody resolves it.",
  ]);
  expect((await getIncident(ctx, incidentId)).state).toBe("detected");
});
