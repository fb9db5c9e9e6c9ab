import type { Actor, DrillRecord } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { renderDrillReport } from "../report.ts";
import { getDrill, listDrills } from "./list-drills.ts";
import { readProofs } from "./proofs.ts";
import { recordDrill } from "./record-drill.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const HASH = "a".repeat(64);
const ada: Actor = { kind: "person", id: "usr_1", name: "ada" };

function drill(digit: string, changes: Partial<DrillRecord> = {}): DrillRecord {
  const at = (seconds: number) => new Date(START - 3_600_000 + Number(digit) * 60_000 + seconds * 1000).toISOString();
  return {
    format: 1,
    id: `drl_${digit.repeat(26)}`,
    title: "An agent runs amok",
    profile: "ai-empire",
    playbook: { id: "rogue-agent", title: "Rogue agent", version: 2, hash: HASH },
    drillHash: "b".repeat(64),
    firebreakVersion: "0.1.0",
    sandbox: { isolation: "namespaces", system: "Linux", node: "v20" },
    startedAt: at(0),
    endedAt: at(20),
    seconds: 20,
    result: "passed",
    findings: [],
    fault: { kind: "rogue-agent", what: "an agent ran amok", at: at(5) },
    severity: 1,
    incidentId: "INC-2026-0001",
    run: { id: "run_1", state: "completed", reason: null },
    spans: [{ name: "contained", ms: 5000, targetMs: 900_000, met: true }],
    steps: [
      {
        id: "freeze",
        phase: "contain",
        title: "Freeze",
        state: "succeeded",
        reason: null,
        message: null,
        ms: 10,
        expected: true,
      },
    ],
    checks: [{ title: "nothing runs", held: true, found: "nothing" }],
    notExercised: [],
    answers: [],
    messages: 2,
    ...changes,
  };
}

const failed = (digit: string) => drill(digit, { result: "failed", findings: ["nothing was noticed"] });

let bench: TestDatabase;
const context = () => ({ database: bench.database, clock: createManualClock(START), actor: ada });
beforeAll(async () => {
  bench = await createTestDatabase();
});
afterAll(() => bench.close());
beforeEach(() => bench.database.pool.query("truncate drills, audit_log"));

describe("L-4: the record of a drill", () => {
  test("is kept as given, with who gave it, once, and leaves an act in the audit log", async () => {
    await recordDrill(context(), drill("1"));
    await expect(recordDrill(context(), drill("1"))).rejects.toMatchObject({ code: "conflict" });
    expect(await getDrill(bench.database, drill("1").id)).toEqual({
      record: drill("1"),
      recordedAt: new Date(START).toISOString(),
      recordedBy: ada,
    });
    const acts = await bench.database.kysely.selectFrom("audit_log").select(["action", "target"]).execute();
    expect(acts).toEqual([{ action: "drill.record", target: drill("1").id }]);
    await expect(getDrill(bench.database, drill("9").id)).rejects.toMatchObject({ code: "not_found" });
  });

  test.each<[string, Partial<DrillRecord>]>([
    ["passed with findings", { findings: ["it is not so"] }],
    ["passed without a check", { checks: [] }],
    ["passed with a check that did not hold", { checks: [{ title: "x", held: false, found: "y" }] }],
    ["passed and missed a target", { spans: [{ name: "x", ms: 2, targetMs: 1, met: false }] }],
    ["passed without a step", { steps: [] }],
    ["passed whole, with a step that was not exercised", { notExercised: [{ step: "x", effector: "y", why: "z" }] }],
    ["passed in part, with nothing left out", { result: "passed_in_part" }],
    ["failed for no reason", { result: "failed" }],
    ["ended before it began", { endedAt: "2020-01-01T00:00:00.000Z" }],
    ["ended in the future", { endedAt: "2027-01-01T00:00:00.000Z" }],
  ])("that says it %s is refused", async (_what, changes) => {
    await expect(recordDrill(context(), drill("1", changes))).rejects.toMatchObject({ code: "bad_request" });
    expect(await listDrills(bench.database)).toEqual([]);
  });

  test("of one playbook or of all, newest first", async () => {
    const other = { ...drill("2").playbook, id: "disk-critical" };
    for (const record of [drill("1"), drill("2", { playbook: other }), failed("3")])
      await recordDrill(context(), record);
    const ids = async (filter: Parameters<typeof listDrills>[1]) =>
      (await listDrills(bench.database, filter)).map(({ id }) => id[4]);
    expect(await ids({})).toEqual(["3", "2", "1"]);
    expect(await ids({ playbook: "rogue-agent" })).toEqual(["3", "1"]);
    expect(await ids({ limit: 1 })).toEqual(["3"]);
  });
});

describe("L-4: a playbook shows when it was last proven", () => {
  const proofs = (hash: string) => readProofs(bench.database, new Map([["rogue-agent", hash]]));

  test("by the newest drill that passed, beside the newest of all", async () => {
    for (const record of [drill("1"), drill("2"), failed("3")]) await recordDrill(context(), record);
    const { endedAt, id } = drill("2");
    expect((await proofs(HASH)).get("rogue-agent")).toEqual({
      lastProven: { drillId: id, at: endedAt, hash: HASH, version: 2, seconds: 20, result: "passed", stale: false },
      lastDrill: { drillId: failed("3").id, at: failed("3").endedAt, result: "failed" },
    });
  });

  test("stale once its text has changed; never by a drill that failed", async () => {
    await recordDrill(context(), drill("1"));
    expect((await proofs("c".repeat(64))).get("rogue-agent")?.lastProven).toMatchObject({ stale: true });
    await bench.database.pool.query("truncate drills");
    await recordDrill(context(), failed("1"));
    expect((await proofs(HASH)).get("rogue-agent")?.lastProven).toBeNull();
    expect((await readProofs(bench.database, new Map())).size).toBe(0);
  });
});

describe("L-4: the report for auditors", () => {
  test("names playbook, hash, version, times and Firebreak, and lets nothing become markup", () => {
    const record = failed("1");
    const findings = ["<script>alert(1)</script> | a [link](https://x.example.org)"];
    const report = renderDrillReport({ ...record, findings }, { recordedAt: record.endedAt, recordedBy: ada });
    for (const part of [HASH, "version 2", "0.1.0", "Failed.", "| contained | 5 s | 15 min | met |", "by ada"]) {
      expect(report).toContain(part);
    }
    expect(report).not.toContain("<script>");
    expect(report).not.toContain("[link](");
  });

  test("says what was not exercised", () => {
    const notExercised = [{ step: "block", effector: "firewall.block", why: "no network of its own" }];
    const report = renderDrillReport(drill("1", { result: "passed_in_part", notExercised }));
    expect(report).toContain("Passed in part.");
    expect(report).toMatch(/## Not exercised\n\n- `block` \(firewall\.block\): no network of its own/);
  });
});
