import type { Actor } from "@firebreak/protocol";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { listAudit, recordAudit } from "./index.ts";
import type { AuditRequest } from "./list-audit.ts";
import { ADA } from "./testing.ts";

const BEGIN_MS = Date.parse("2026-03-01T12:00:00Z");
const RULE: Actor = { kind: "rule", id: "rule_1", name: "too many commands" };
/** minutes, who, act, target, detail */
const ACTS: readonly (readonly [number, Actor, string, string | null, Record<string, unknown>])[] = [
  [0, ADA, "legal_hold.apply", "hld_1", { reason: "claim of Example Ltd" }],
  [1, RULE, "alert.open", "alr_1", {}],
  [2, ADA, "legal_hold.release", "hld_1", { reason: 'she said "settled" – 100 %' }],
  [3, ADA, "legal_holder.change", "x", {}],
  [4, RULE, "incident.open", "INC-2026-0001", { alert: "alr_1" }],
  [5, { kind: "person", id: "usr_bob", name: "ada's brother" }, "incident.resolve", "INC-2026-0001", {}],
];

let room: TestDatabase;
beforeAll(async () => {
  room = await createTestDatabase();
  for (const [minutes, actor, action, target, detail] of ACTS) {
    const at = BEGIN_MS + minutes * 60_000;
    await room.database.kysely.transaction().execute((trx) => recordAudit(trx, { at, actor, action, target, detail }));
  }
});
afterAll(() => room.close());

const minutesOf = async (request: AuditRequest) =>
  (await listAudit(room.database.kysely, request)).map(({ at }) => (Date.parse(at) - BEGIN_MS) / 60_000);

describe("E-5: acts of people, rules and daemons are found", () => {
  test.each<[string, AuditRequest, number[]]>([
    ["all", {}, [0, 1, 2, 3, 4, 5]],
    ["newest first", { order: "newest" }, [5, 4, 3, 2, 1, 0]],
    ["by the id of who did it", { actor: "usr_ada" }, [0, 2, 3]],
    ["by the name of who did it", { actor: "too many commands" }, [1, 4]],
    ["by the act", { action: "legal_hold.apply" }, [0]],
    ["by the room of the act, and none that only begins alike", { action: "legal_hold." }, [0, 2]],
    ["by what it was done to", { target: "INC-2026-0001" }, [4, 5]],
    ["by a text, whatever its case", { text: "example ltd" }, [0]],
    ["by a text that JSON spells otherwise", { text: 'said "settled" – 100 %' }, [2]],
    ["by no pattern", { text: "100 %d" }, []],
    ["since a time, and before another", { since: minute(1), until: minute(4) }, [1, 2, 3]],
    ["by all of it at once", { actor: "ada", action: "legal_hold.", since: minute(1), order: "newest" }, [2]],
    ["by what nobody did", { actor: "nobody" }, []],
  ])("%s", async (_what, request, minutes) => {
    expect(await minutesOf(request)).toEqual(minutes);
  });

  test.each(["oldest", "newest"] as const)("page by page, %s first", async (order) => {
    const seen: number[] = [];
    for (let after: number | undefined; ;) {
      const page = await listAudit(room.database.kysely, { actor: "ada", order, limit: 2, after });
      seen.push(...page.map(({ seq }) => seq));
      if (page.length < 2) break;
      after = page.at(-1)?.seq;
    }
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(seen.toSorted((left, right) => (order === "oldest" ? left - right : right - left)));
  });

  test("few among many by an index", async () => {
    await sql`insert into audit_log (at, actor, action, target, leaf, leaf_hash)
      select ${new Date(BEGIN_MS)}, '{"kind":"daemon","id":"firebreak","name":"firebreak"}', 'delivery.send', n::text, '{}', ''
      from generate_series(1, 20000) n`.execute(room.database.kysely);
    await sql`analyze audit_log`.execute(room.database.kysely);
    for (const condition of [
      "action collate \"C\" = 'incident.open'",
      "actor ->> 'id' = 'usr_bob'",
      "at > '2026-03-01T12:04:30Z'",
    ]) {
      const { rows } = await sql<Record<string, string>>`explain select * from audit_log where ${sql.raw(condition)}
        order by seq limit 50`.execute(room.database.kysely);
      expect(JSON.stringify(rows)).toMatch(/audit_log_(?:action|actor|at)_index/);
    }
  });
});

function minute(minutes: number): string {
  return new Date(BEGIN_MS + minutes * 60_000).toISOString();
}
