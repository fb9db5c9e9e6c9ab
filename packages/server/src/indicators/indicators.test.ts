import type { Actor } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger, toIso } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { addIndicators, importIndicators, listIndicators, removeIndicator, watchIndicators } from "./index.ts";
import type { IndicatorContext } from "./index.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const actor: Actor = { kind: "person", id: "usr_ada", name: "ada" };
let clock = createManualClock(NOW);
let test: TestDatabase;
let ctx: IndicatorContext;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query("truncate indicators; truncate audit_log");
  clock = createManualClock(NOW);
  ctx = { database: test.database, clock, newId: createNewId(() => clock.now()), actor };
});

const list = async () =>
  (await listIndicators(ctx, { limit: 50 })).items.toSorted((a, b) => (a.value < b.value ? -1 : 1));
const audited = async () =>
  (await test.database.pool.query<{ action: string }>("select action from audit_log order by seq")).rows.map(
    ({ action }) => action,
  );

describe("E-6: the list of indicators", () => {
  it("takes what is good, names what is not, renews what is known, and says who did it", async () => {
    const first = await addIndicators(ctx, {
      source: "desk",
      values: ["evil[.]example", "203.0.113.7", "nonsense", "203.0.113.7"],
    });
    expect(first).toEqual({
      added: 2,
      renewed: 0,
      rejected: [{ place: "value 3", message: expect.stringContaining("nonsense") }],
      rejectedTotal: 1,
    });
    clock.advance(1_000);
    const expiresAt = toIso(NOW + 86_400_000);
    expect(
      await addIndicators(ctx, { source: "feed", severity: 1, values: ["EVIL.example"], expiresAt }),
    ).toMatchObject({ added: 0, renewed: 1 });
    expect(await list()).toMatchObject([
      { type: "ip", value: "203.0.113.7", source: "desk", severity: 2, createdBy: "ada", expiresAt: null },
      {
        type: "domain",
        value: "evil.example",
        source: "feed",
        severity: 1,
        createdAt: "2026-03-01T12:00:00.000Z",
        updatedAt: "2026-03-01T12:00:01.000Z",
        expiresAt,
      },
    ]);
    expect(await audited()).toEqual(["indicator.add", "indicator.add"]);
  });

  it("takes lists of any size it allows, in one act", async () => {
    const content = Array.from({ length: 2_500 }, (_, at) => `10.1.${at >> 8}.${at & 255}`).join("\n");
    expect(await importIndicators(ctx, { source: "feed", format: "text", content })).toMatchObject({ added: 2_500 });
    expect(await audited()).toEqual(["indicator.import"]);
    const page = await listIndicators(ctx, { limit: 50, type: "ip" });
    expect(page.items).toHaveLength(50);
    expect((await listIndicators(ctx, { limit: 50, after: page.next ?? "" })).items[0]?.id).not.toBe(page.items[0]?.id);
  });

  it("refuses what has expired already, and a request that is not valid", async () => {
    const csv = "value,expires\nevil.example,2020-01-01T00:00:00Z\nworse.example,soon\n";
    expect(await importIndicators(ctx, { source: "feed", format: "csv", content: csv })).toMatchObject({
      added: 0,
      rejectedTotal: 2,
    });
    await expect(addIndicators(ctx, { source: "", values: [] })).rejects.toMatchObject({ code: "invalid_body" });
    await expect(removeIndicator(ctx, { id: "ind_00000000000000000000000000" })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await audited()).toEqual([]);
  });

  it("reaches every node with the next look, and is forgotten the same way", async () => {
    const nodes = [1, 2].map(() => watchIndicators({ database: test.database, clock, logger: silentLogger }));
    const look = async () => {
      for (const node of nodes) await node.reloadIfChanged();
      return nodes.map((node) => node.match({ data: "evil.example" }).length);
    };
    expect(await look()).toEqual([0, 0]);
    await addIndicators(ctx, { source: "desk", values: ["evil.example"], expiresAt: toIso(NOW + 60_000) });
    expect(nodes.map((node) => node.match({ data: "evil.example" }).length)).toEqual([0, 0]);
    expect(await look()).toEqual([1, 1]);
    await addIndicators(ctx, { source: "desk", effect: "allow", values: ["evil.example"] });
    expect(await look()).toEqual([0, 0]);
    const [allowed] = (await listIndicators(ctx, { limit: 1, effect: "allow" })).items;
    await removeIndicator(ctx, { id: allowed?.id ?? "" });
    expect(await look()).toEqual([1, 1]);
    clock.advance(60_000);
    expect(await look()).toEqual([0, 0]);
  });
});
