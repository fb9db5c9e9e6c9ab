import type { Actor } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger, toIso } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  addIndicators,
  importIndicators,
  listIndicators,
  previewRemoval,
  removeIndicator,
  watchIndicators,
} from "./index.ts";
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

describe("E-6: what a removal would touch", () => {
  it("of an exception is every listed indicator that it keeps silent, and no other", async () => {
    await addIndicators(ctx, {
      source: "us",
      effect: "allow",
      values: ["good.example", "198.51.100.0/24", "203.0.113.7"],
    });
    const silenced = [
      "a.good.example",
      "x@good.example",
      "https://b.good.example/pay",
      "198.51.100.9",
      "http://203.0.113.7/x",
    ];
    await addIndicators(ctx, {
      source: "feed",
      values: [...silenced, "notgood.example", "203.0.113.8", "x@bad.example", "https://bad.example/good.example"],
    });
    const again = async (value: string) => {
      const [found] = (await listIndicators(ctx, { effect: "allow", value, limit: 1 })).items;
      const preview = await previewRemoval(ctx, found?.id ?? "");
      return preview.reportedAgain.map((one) => one.value).toSorted();
    };
    expect(await again("good.example")).toEqual(["a.good.example", "https://b.good.example/pay", "x@good.example"]);
    expect(await again("198.51.100.0/24")).toEqual(["198.51.100.9"]);
    expect(await again("203.0.113.7")).toEqual(["http://203.0.113.7/x"]);
    expect(await audited()).toEqual(["indicator.add", "indicator.add"]);
    await expect(previewRemoval(ctx, "ind_nowhere")).rejects.toMatchObject({ code: "not_found" });
  });

  it("of a listed one are the alerts that it made, which stay", async () => {
    await addIndicators(ctx, { source: "feed", values: ["evil.example"] });
    const [evil] = await list();
    const id = evil?.id ?? "";
    expect(await previewRemoval(ctx, id)).toMatchObject({
      alerts: 0,
      openAlerts: 0,
      lastMetAt: null,
      reportedAgainTotal: 0,
    });
    const alert = (name: string, status: string, at: string) =>
      test.database.pool.query(
        `insert into alerts (id, fingerprint, rule_id, title, level, severity, incident_type, status, source, kind, key, labels, sentence, detail,
           first_event_at, last_event_at, occurrences, event_ids, created_at, updated_at)
         values ($1, $1, $2, 't', 'high', 2, 'security_exfiltration', $3, 'detection', 'rule', $1, '{}', 's', '{}', $4, $4, 1, '[]', $4, $4)`,
        [name, `indicator/${id}`, status, at],
      );
    await alert("alr_1", "open", "2026-03-01T10:00:00.000Z");
    await alert("alr_2", "resolved", "2026-03-01T11:00:00.000Z");
    const preview = await previewRemoval(ctx, id);
    expect(preview).toMatchObject({ alerts: 2, openAlerts: 1, lastMetAt: "2026-03-01T11:00:00.000Z" });
  });
});
