import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listAlerts, markFalsePositive, resolveAlert, unmarkFalsePositive } from "../alerts/index.ts";
import { systemClock, toIso } from "../kernel/index.ts";
import {
  cancelReplay,
  getReplay,
  getRule,
  listReplays,
  listRules,
  requestReplay,
  runCasesOf,
  tryRules,
} from "./index.ts";
import { createBench } from "./testing.ts";
import type { Bench } from "./testing.ts";

const SOURCE = "logsource: { product: ai_agent, category: agent_events }";
const EVIL = `title: Evil\nid: evil\nlevel: high\n${SOURCE}\ndetection:\n  s: { command|contains: evil }\n  condition: s\n`;
const MANY = `title: Command\nid: command\n${SOURCE}\ndetection:\n  s: { event_type: command }\n  condition: s\n---\ntitle: Many\nid: many\ncorrelation:\n  type: event_count\n  rules: [command]\n  group-by: [agent.id]\n  timespan: 1m\n  condition: { gte: 5 }\n`;
const command = (text: string, agent = "a-1", more: Record<string, unknown> = {}) => ({
  agent: { id: agent },
  kind: "command",
  data: { command: text },
  ...more,
});

let bench: Bench;
beforeEach(async () => {
  bench = await createBench({ "evil.yml": EVIL, "many.yml": MANY });
});
afterEach(() => bench.close());

const HOUR_MS = 3_600_000;
const lastHour = () => ({ from: toIso(systemClock.now() - HOUR_MS), to: toIso(systemClock.now() + HOUR_MS) });
async function replay(more: Partial<Parameters<typeof requestReplay>[1]> = {}) {
  const { id } = await requestReplay(bench.ctx, { ...lastHour(), ...more });
  await bench.drainWork();
  return getReplay(bench.ctx, id);
}
const countAlerts = async () => (await listAlerts(bench.ctx, {})).items.length;

describe("L-5: a replay", () => {
  it("says what a changed rule would have caught, when, and what it would have lost; and raises nothing", async () => {
    await bench.send([command("ls"), command("evil x"), command("wget y", "a-2"), command("wget z", "a-2")]);
    expect(await countAlerts()).toBe(1);
    const text = EVIL.replace("contains: evil", "contains: wget");
    const { state, result, problem } = await replay({ rules: [{ name: "evil.yml", text }] });
    expect({ state, problem }).toEqual({ state: "done", problem: null });
    expect(result).toMatchObject({ events: 4, matches: 2, truncated: false, errors: [] });
    expect(result?.findings).toMatchObject([
      { status: "new", ruleId: "evil", agentId: "a-2", matches: 2, afterFirstEventMs: 0, alertId: null },
      { status: "lost", ruleId: "evil", agentId: "a-1", alertId: expect.stringMatching(/^alr_/) },
    ]);
    expect(result?.rules).toMatchObject([
      { id: "evil", matches: 2, new: 1, same: 0, lost: 1, agents: [{ value: "a-2", count: 2 }] },
    ]);
    expect(result?.rules[0]?.values).toContainEqual({ value: "command: wget y", count: 1 });
    expect(await countAlerts()).toBe(1);
    expect((await getRule(bench.ctx, "evil")).hits24h).toBe(1);
  });

  it("gives the same answer as live detection, whatever was sent, resolved and sent again", async () => {
    const step = fc.record({
      agent: fc.constantFrom("a-1", "a-2", "a-3"),
      text: fc.constantFrom("ls", "evil one", "evil two"),
      times: fc.integer({ min: 1, max: 4 }),
      ageMs: fc.integer({ min: 0, max: 30_000 }),
      resolve: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await bench.test.database.pool.query("truncate alerts, rule_hits cascade");
        const from = toIso(systemClock.now());
        for (const { agent, text, times, ageMs, resolve } of steps) {
          const time = toIso(systemClock.now() - ageMs);
          await bench.send(Array.from({ length: times }, () => command(text, agent, { time })));
          const { items } = await listAlerts(bench.ctx, { status: "open" });
          if (resolve) for (const { id } of items) await resolveAlert(bench.ctx, { id, reason: "a test" });
        }
        const { result, problem } = await replay({ from });
        expect(problem).toBeNull();
        const { rows } = await bench.test.database.pool.query<{ rule_id: string; hits: string }>(
          "select rule_id, sum(hits) as hits from rule_hits group by rule_id",
        );
        const live = Object.fromEntries(rows.map(({ rule_id, hits }) => [rule_id, Number(hits)]));
        expect(Object.fromEntries((result?.rules ?? []).map(({ id, matches }) => [id, matches]))).toEqual(live);
        const { items } = await listAlerts(bench.ctx, { limit: 500 });
        const findings = result?.findings ?? [];
        expect(findings.filter(({ status }) => status !== "same")).toEqual([]);
        expect(new Set(findings.map(({ alertId }) => alertId))).toEqual(new Set(items.map(({ id }) => id)));
      }),
      { numRuns: 12 },
    );
  });

  it("judges silence too, as live detection with a server that never stopped", async () => {
    const beat = `title: Beat\nid: beat\n${SOURCE}\ndetection:\n  s: { event_type: heartbeat }\n  condition: s\n---\ntitle: Missed\nid: missed\ncorrelation:\n  type: firebreak.absence\n  rules: [beat]\n  group-by: [agent.id]\n  timespan: 1m\n`;
    const now = systemClock.now();
    await bench.send([{ agent: { id: "a-1" }, kind: "heartbeat", data: {} }]);
    // as if it had been received ten minutes ago
    await bench.test.database.pool.query(
      "update events set time = $1, received_at = $1, body = jsonb_set(jsonb_set(body::jsonb, '{time}', to_jsonb($2::text)), '{receivedTime}', to_jsonb($2::text))::text",
      [new Date(now - 600_000), toIso(now - 600_000)],
    );
    const { result } = await replay({ rules: [{ name: "beat.yml", text: beat }] });
    expect(result?.findings).toMatchObject([{ ruleId: "missed", status: "new", agentId: "a-1", matches: 1 }]);
    expect(Date.parse(result?.findings[0]?.at ?? "")).toBeGreaterThanOrEqual(now - 540_000);
  });

  it("begins correlations with what was received before its range", async () => {
    await bench.send(Array.from({ length: 4 }, (_, index) => command(`c${index}`)));
    const from = toIso(systemClock.now() + 1);
    await expect.poll(() => systemClock.now() > Date.parse(from)).toBe(true);
    await bench.send([command("the fifth")]);
    const { result } = await replay({ from });
    expect(result).toMatchObject({ events: 1, matches: 1 });
    expect(result?.findings).toMatchObject([{ ruleId: "many", status: "same" }]);
  });

  it("asks only the rules that were named, and says what does not load", async () => {
    await bench.send([command("evil")]);
    expect((await replay({ ruleIds: ["many"] })).result).toMatchObject({ rulesAsked: 1, matches: 0, findings: [] });
    const broken = await replay({ rules: [{ name: "b.yml", text: EVIL.replace("contains", "containz") }] });
    expect(broken.result).toMatchObject({ rulesAsked: 0, errors: [{ file: "b.yml", line: 6 }] });
  });

  it("can be cancelled before it ends, keeps its result otherwise, and is refused when too many wait", async () => {
    const { id } = await requestReplay(bench.ctx, lastHour());
    expect(await cancelReplay(bench.ctx, { id })).toMatchObject({ state: "cancelled" });
    await bench.drainWork();
    expect(await getReplay(bench.ctx, id)).toMatchObject({ state: "cancelled", result: null });
    await expect(cancelReplay(bench.ctx, { id })).rejects.toMatchObject({ code: "conflict" });
    for (let index = 0; index < 10; index++) await requestReplay(bench.ctx, lastHour());
    await expect(requestReplay(bench.ctx, lastHour())).rejects.toMatchObject({ code: "conflict" });
    await bench.drainWork();
    expect((await listReplays(bench.ctx)).filter(({ state }) => state === "done")).toHaveLength(10);
    const { rows } = await bench.test.database.pool.query("select action from audit_log where action like 'replay.%'");
    expect(rows).toHaveLength(12);
  });
});

describe("what takes long", () => {
  it("a replay under way notices that it was cancelled, and leaves no result", async () => {
    await bench.send(Array.from({ length: 5_000 }, (_, index) => command(`c${index}`, `a-${index % 50}`)));
    const { id } = await requestReplay(bench.ctx, lastHour());
    const working = bench.drainWork();
    await expect
      .poll(async () => (await getReplay(bench.ctx, id)).state, { interval: 5, timeout: 20_000 })
      .toBe("running");
    await cancelReplay(bench.ctx, { id });
    await working;
    expect(await getReplay(bench.ctx, id)).toMatchObject({ state: "cancelled", result: null, problem: null });
  });

  it("runs a few at a time, and is refused beyond", async () => {
    const tries = Array.from({ length: 4 }, () => tryRules(bench.ctx, { events: [command("evil")] }));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "too_many_requests" } });
    expect((await tryRules(bench.ctx, { events: [command("evil")] })).matches).toHaveLength(1);
  });

  it("answers in bounded size, however large the rule and the events are", async () => {
    const values = Array.from({ length: 300 }, (_, index) => `      - ${"v".repeat(20)}${index}`).join("\n");
    const selections = Array.from({ length: 40 }, (_, index) => `  s${index}:\n    command|contains:\n${values}`).join(
      "\n",
    );
    const rule = `title: Big\nid: big\n${SOURCE}\ndetection:\n${selections}\n  condition: 1 of s*\n`.slice(
      0,
      6_000_000,
    );
    const events = Array.from({ length: 50 }, () => command("x".repeat(1_000)));
    const tried = await tryRules(bench.ctx, { events, rule });
    expect(tried.explanations[0]?.events).toHaveLength(50);
    expect(JSON.stringify(tried).length).toBeLessThan(4_000_000);
  });
});

describe("the health of rules", () => {
  it("counts hits and marks of false positives, and hints at what to do", async () => {
    await bench.send([command("evil 1"), command("evil 2", "a-2"), command("evil 3", "a-3")]);
    const { items } = await listAlerts(bench.ctx, {});
    for (const { id } of items) await markFalsePositive(bench.ctx, { id, reason: "the nightly job" });
    const evil = await getRule(bench.ctx, "evil");
    expect(evil).toMatchObject({ hits24h: 3, hits7d: 3, alerts30d: 3, falsePositives: 3, source: EVIL });
    expect(evil.hint).toContain("3 of 3 alerts");
    expect(evil.marks).toHaveLength(3);
    expect(evil.marks[0]).toMatchObject({ falsePositive: { reason: "the nightly job", by: { name: "ada" } } });
    expect(evil.recentAlerts.map(({ agentId }) => agentId)).toEqual(["a-3", "a-2", "a-1"]);
    expect(evil.hours.reduce((sum, { hits }) => sum + hits, 0)).toBe(3);
    const [first] = items;
    expect(await unmarkFalsePositive(bench.ctx, { id: first?.id ?? "" })).toMatchObject({ falsePositive: null });
    await expect(unmarkFalsePositive(bench.ctx, { id: first?.id ?? "" })).rejects.toMatchObject({ code: "conflict" });
    const { rows } = await bench.test.database.pool.query(
      "select action from audit_log where action like 'alert.%false_positive'",
    );
    expect(rows).toHaveLength(4);
    const { rules } = await listRules(bench.ctx);
    expect(rules.map(({ id, falsePositives }) => [id, falsePositives])).toEqual([
      ["evil", 2],
      ["command", 0],
      ["many", 0],
    ]);
    expect(await getRule(bench.ctx, "many")).toMatchObject({ uses: ["command"], usedBy: [] });
    expect(await getRule(bench.ctx, "command")).toMatchObject({ alerts: false, usedBy: ["many"] });
    await expect(getRule(bench.ctx, "gone")).rejects.toMatchObject({ code: "not_found" });
  });

  it("measures costs beside the server, once there are events", async () => {
    expect((await getRule(bench.ctx, "evil")).costMicros).toBeNull();
    await bench.send(Array.from({ length: 60 }, () => command("ls")));
    await bench.ctx.workshop.costs.measureIfDue();
    expect((await getRule(bench.ctx, "evil")).costMicros).toBeGreaterThan(0);
  });

  it("runs the cases beside a rule", async () => {
    bench.writeRule(
      "evil.cases.yml",
      'cases:\n  - { name: right, commands: ["evil"], expect: { evil: 1 } }\n  - { name: wrong, commands: ["good"], expect: { evil: 1 } }\n',
    );
    expect(await runCasesOf(bench.ctx, "evil")).toEqual({
      results: [
        { name: "right", passed: true, command: null, expected: { evil: 1 }, got: { evil: 1 } },
        { name: "wrong", passed: false, command: "good", expected: { evil: 1 }, got: {} },
      ],
      problems: [],
    });
  });
});

describe("trying rules", () => {
  it("runs events through the rules in force, explains what matched, and raises nothing", async () => {
    const tried = await tryRules(bench.ctx, { events: [command("ls"), command("evil")] });
    expect(tried.matches).toMatchObject([{ index: 1, ruleId: "evil", sentence: expect.stringContaining("evil") }]);
    expect(tried.explanations).toMatchObject([{ ruleId: "evil", matched: true, events: [{ index: 0 }, { index: 1 }] }]);
    expect(await countAlerts()).toBe(0);
  });

  it("asks the rules in force as they are: also after they changed, and after a question that took too long", async () => {
    const ask = (text: string) => tryRules(bench.ctx, { events: [command(text)] });
    expect((await ask("evil")).matches).toHaveLength(1);
    expect((await ask("evil")).matches).toHaveLength(1);
    bench.writeRule("evil.yml", EVIL.replace("contains: evil", "contains: wicked"));
    await bench.detector.reload();
    expect((await ask("evil")).matches).toEqual([]);
    expect((await ask("wicked")).matches).toHaveLength(1);
    const rules = { sources: bench.detector.loaded()?.sources ?? [], placeholders: {}, areInForce: true };
    const records = Array.from({ length: 5_000 }, () => command("wicked"));
    const question = { kind: "try", records, ruleId: undefined, explainAll: false } as const;
    await expect(bench.ctx.workshop.workers.ask(rules, question, 0)).rejects.toMatchObject({ code: "invalid_body" });
    expect((await ask("wicked")).matches).toHaveLength(1);
  });

  it("tries a text of one's own, and explains also what does not match", async () => {
    const rule = EVIL.replace("id: evil", "id: mine").replace("contains: evil", "contains: wget");
    const tried = await tryRules(bench.ctx, { events: [command("curl")], rule });
    expect(tried).toMatchObject({ errors: [], matches: [], explanations: [{ ruleId: "mine", matched: false }] });
    const broken = await tryRules(bench.ctx, { events: [command("x")], rule: rule.replace("contains", "containz") });
    expect(broken).toMatchObject({
      errors: [{ line: 6, remedy: expect.stringContaining("contains") }],
      explanations: [],
    });
    await expect(tryRules(bench.ctx, { events: [command("x")], ruleId: "gone" })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
