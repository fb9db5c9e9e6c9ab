import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Actor } from "@firebreak/protocol";
import { createGate } from "@firebreak/sdk";
import type { Gate } from "@firebreak/sdk";
import { breakerPath, BreakerFold, ledgerDirOf, SharedLog } from "@firebreak/sdk/ledger";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, silentLogger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  closeBreaker,
  isolateBreaker,
  listBreakers,
  listBudgets,
  openPolicyKeeper,
  resetBudget,
  showPolicy,
  tendLedger,
} from "./index.ts";
import type { PolicyKeeper } from "./index.ts";
import { policyJsonSchemaText } from "./json-schema.ts";

const ada: Actor = { kind: "person", id: "usr_1", name: "Ada" };
const RULE = `title: No deletion
id: no-deletion
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|contains: 'rm -rf' }
  condition: s
level: high
`;
const BUDGETS = `policy: 1
budgets:
  - { name: calls-a-day, per: agent, window: day, limits: { calls: 3 } }
breakers:
  - { name: tools, per: tool, failures: 2 }
`;

let home = "";
let killswitchDir = "";
let clock: ReturnType<typeof createManualClock>;
const gates: Gate[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "fb-policies-"));
  killswitchDir = path.join(home, "killswitch");
  mkdirSync(killswitchDir);
  writeFileSync(
    path.join(killswitchDir, "state.json"),
    JSON.stringify({ value: { epoch: 1, holds: [], damage: null } }),
  );
  clock = createManualClock(Date.UTC(2026, 10, 27, 10));
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close(0);
  rmSync(home, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  const whole = path.join(home, file);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

function keep(timeZone = "UTC"): Promise<PolicyKeeper> {
  const dirs = [path.join(home, "policies"), path.join(home, "shipped")];
  const placeholders = { allowed_hosts: ["*.example.org"] };
  return openPolicyKeeper({ dirs, placeholders, timeZone, killswitchDir, clock, logger: silentLogger });
}

function open(agent = "scout"): Gate {
  const gate = createGate({ killswitchDir, agent, clock });
  gates.push(gate);
  return gate;
}

describe("what is published", () => {
  test("C-8: files of the home and the profile reach gates; the home's entry wins; a change follows", async () => {
    write("shipped/limits.yaml", BUDGETS);
    write(
      "policies/own.yaml",
      "policy: 1\nbudgets:\n  - { name: calls-a-day, per: agent, window: day, limits: { calls: 1 } }\n",
    );
    write("policies/rules/deletion.yml", RULE);
    const keeper = await keep();
    expect(showPolicy(keeper)).toMatchObject({
      rules: [{ id: "no-deletion", mode: "enforce" }],
      budgets: [{ name: "calls-a-day", limits: "1 calls" }],
      breakers: [{ name: "tools", opensOn: "2 failures in 60 s" }],
      problems: [],
    });
    const gate = open();
    expect(gate.check({ command: "rm -rf /" })).toMatchObject({ denial: "policy", policy: { name: "no-deletion" } });
    expect([gate.begin().allowed, gate.begin().allowed]).toEqual([true, false]);
    rmSync(path.join(home, "policies"), { recursive: true });
    await keeper.reloadIfChanged();
    clock.advance(100);
    expect([gate.begin().allowed, gate.begin().allowed, gate.begin().allowed]).toEqual([true, true, false]);
    expect(gate.check({ command: "rm -rf /", cost: { calls: 0 } }).allowed).toBe(true);
  });

  test("C-8: without policies nothing is written; a policy that somebody removed or changed is written anew", async () => {
    const keeper = await keep();
    expect(readdirSync(killswitchDir)).toEqual(["state.json"]);
    write("policies/rules/deletion.yml", RULE);
    await keeper.reloadIfChanged();
    const gate = open();
    for (const text of [undefined, '{"v":1}']) {
      if (text === undefined) rmSync(path.join(killswitchDir, "policy.json"));
      else writeFileSync(path.join(killswitchDir, "policy.json"), text);
      clock.advance(2000);
      expect(gate.check({ command: "rm -rf /" }).allowed).toBe(false);
      await keeper.reloadIfChanged();
      clock.advance(2000);
      expect(gate.check({ command: "rm -rf /" }).allowed).toBe(false);
      expect(gate.status().policyProblem).toBeNull();
    }
    expect((await keep()).published?.epoch).toBeGreaterThan(keeper.published?.epoch ?? 0);
  });

  test.each([
    [
      "a wrong value",
      "own.yaml",
      "policy: 1\nbudgets:\n  - { name: b, per: nobody, window: day, limits: { calls: 1 } }\n",
      3,
    ],
    [
      "an amount that is none",
      "own.yaml",
      "policy: 1\nbudgets:\n  - { name: b, per: agent, window: day, limits: { money: .inf } }\n",
      3,
    ],
    [
      "an amount below nothing",
      "own.yaml",
      "policy: 1\nbudgets:\n  - { name: b, per: agent, window: day, limits: { money: -1 } }\n",
      3,
    ],
    ["no limit", "own.yaml", "policy: 1\nbudgets:\n  - { name: b, per: agent, window: day, limits: {} }\n", 3],
    ["a breaker that never opens", "own.yaml", "policy: 1\nbreakers:\n  - { name: b, per: tool }\n", 3],
    ["one name twice", "own.yaml", `${BUDGETS}  - { name: tools, per: agent, failures: 1 }\n`, 6],
    ["YAML that is none", "own.yaml", "policy: 1\nbudgets: [", 2],
    ["a rule that does not compile", "rules/own.yml", RULE.replace("contains", "contians"), 5],
    ["a field that no act has", "rules/own.yml", RULE.replace("command|", "program|"), 5],
    ["a mode that is none", "rules/own.yml", `${RULE}firebreak: { mode: deny }\n`, 1],
    ["a rule on other records", "rules/own.yml", RULE.replace("ai_agent", "windows"), 1],
    [
      "a rule that counts",
      "rules/own.yml",
      `${RULE}---\ntitle: C\nid: c\ncorrelation: { type: event_count, rules: [no-deletion], group-by: [agent.id], timespan: 1m, condition: { gt: 3 } }\n`,
      9,
    ],
  ])(
    "C-8: %s is named with its line and a remedy, and the file before it stays in force",
    async (_, file, text, line) => {
      const isRule = file.startsWith("rules");
      write(`policies/${file}`, isRule ? RULE : BUDGETS);
      const keeper = await keep();
      const hash = keeper.published?.hash;
      write(`policies/${file}`, text);
      await keeper.reloadIfChanged();
      const { problems } = keeper.loaded;
      expect(problems[0]).toMatchObject({ file: path.join(home, "policies", file), line, remedy: expect.any(String) });
      expect(problems.at(-1)?.message).toContain("stays in force");
      expect(keeper.published?.hash).toBe(hash);
      write(`policies/${file}`, isRule ? RULE : BUDGETS);
      await keeper.reloadIfChanged();
      expect(keeper.loaded.problems).toEqual([]);
    },
  );

  test("C-8: two rules of one id in different files are not published, and said", async () => {
    write("policies/rules/a.yml", RULE);
    const keeper = await keep();
    const { published } = keeper;
    write("policies/rules/b.yml", RULE);
    await keeper.reloadIfChanged();
    expect(keeper.loaded.problems).not.toEqual([]);
    expect(keeper.published?.hash).toBe(published?.hash);
    expect(open().check({ command: "rm -rf /" }).allowed).toBe(false);
  });

  test("C-8: a throttle reaches gates, is renewed, ends when it is lifted, and by itself", async () => {
    const keeper = await keep();
    const gate = open();
    const epochs: number[] = [];
    keeper.watch(({ epoch }) => epochs.push(epoch));
    const throttle = { level: "critical", maxConcurrent: 0, delayMs: 0, reason: "CPU 96 %" };
    keeper.setThrottle(throttle);
    keeper.setThrottle(throttle);
    clock.advance(100);
    expect(gate.check()).toMatchObject({ denial: "policy", policy: { part: "throttle", name: "critical" } });
    clock.advance(40_000);
    keeper.setThrottle(throttle);
    clock.advance(40_000);
    expect(gate.check().allowed).toBe(false);
    expect(epochs).toHaveLength(2);
    keeper.setThrottle(null);
    clock.advance(100);
    expect(gate.check()).toEqual({ allowed: true });
    keeper.setThrottle(throttle);
    clock.advance(60_001);
    expect(gate.check()).toEqual({ allowed: true });
  });
});

test("C-8: days begin at midnight where the profile says", async () => {
  write("policies/limits.yaml", BUDGETS);
  await keep("Asia/Tokyo");
  const gate = open();
  for (let i = 0; i < 3; i++) gate.begin();
  // 19:00 in Tokyo
  expect(gate.begin()).toMatchObject({ policy: { retryAfterMs: 5 * 3_600_000 } });
});

test("C-8: the schema for editors is the committed one", async () => {
  await expect(policyJsonSchemaText()).toMatchFileSnapshot("policy.schema.json");
});

describe("what persons do", () => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await createTestDatabase();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await opened.database.pool.query("truncate audit_log");
  });

  async function prepare() {
    write("policies/limits.yaml", BUDGETS);
    const policies = await keep();
    return { database: opened.database, clock, actor: ada, policies, ledgerDir: ledgerDirOf(killswitchDir) };
  }
  const audited = async () =>
    (await opened.database.kysely.selectFrom("audit_log").select(["action", "target"]).orderBy("seq").execute()).map(
      ({ action, target }) => `${action} ${target}`,
    );

  test("C-8: a budget is seen and reset with an audit row; gates that run know at once", async () => {
    const ctx = await prepare();
    const gate = open();
    for (let i = 0; i < 4; i++) gate.begin();
    expect(listBudgets(ctx)).toMatchObject([
      { budget: "calls-a-day", subject: "scout", metric: "calls", window: "day", limit: 3, taken: 3, exhausted: true },
    ]);
    const request = { budget: "calls-a-day", subject: "scout", reason: "a test run" };
    expect(await resetBudget(ctx, request)).toMatchObject([{ taken: 0, exhausted: false, reset: { by: "Ada" } }]);
    clock.advance(100);
    expect([1, 2, 3, 4].map(() => gate.begin().allowed)).toEqual([true, true, true, false]);
    expect(await audited()).toEqual(["budget.reset calls-a-day"]);
    await expect(resetBudget(ctx, { ...request, subject: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });

  test("C-8: a person isolates and closes a breaker, also one that failures opened", async () => {
    const ctx = await prepare();
    const gate = open();
    const attempt = (tool: string, failed: boolean) => {
      const begun = gate.begin({ tool, cost: { calls: 0 } });
      if (begun.allowed) begun.end({ failed });
      return begun.allowed;
    };
    attempt("search", true);
    attempt("search", true);
    const request = { breaker: "tools", subject: "mail", reason: "it sends to the wrong people" };
    expect(await isolateBreaker(ctx, request)).toMatchObject({ state: "isolated", by: "Ada", per: "tool" });
    clock.advance(100);
    expect([attempt("search", false), attempt("mail", false), attempt("read", false)]).toEqual([false, false, true]);
    expect(listBreakers(ctx).map(({ subject, state }) => [subject, state])).toEqual([
      ["mail", "isolated"],
      ["search", "open"],
    ]);
    for (const subject of ["mail", "search"]) await closeBreaker(ctx, { ...request, subject, reason: "mended" });
    clock.advance(100);
    expect([attempt("search", false), attempt("mail", false)]).toEqual([true, true]);
    expect(await audited()).toEqual(["breaker.isolate tools", "breaker.close tools", "breaker.close tools"]);
    await expect(isolateBreaker(ctx, { ...request, breaker: "none" })).rejects.toMatchObject({ code: "not_found" });
  });

  test("C-8: the ledger is tended: windows long over go, a long log of a breaker is shortened to its state", async () => {
    const ctx = await prepare();
    const gate = open();
    gate.begin();
    await isolateBreaker(ctx, { breaker: "tools", subject: "mail", reason: "a test" });
    const log = new SharedLog(
      breakerPath(ctx.ledgerDir, { breaker: "tools", subject: "mail" }),
      () => new BreakerFold(),
    );
    for (let i = 0; i < 1000; i++) log.append({ t: "probe", probe: "x".repeat(60), at: clock.now() });
    tendLedger(ctx);
    expect(readFileSync(log.path).length).toBeLessThan(1000);
    expect(log.look().isolation).toMatchObject({ by: "Ada", reason: "a test" });
    clock.advance(100);
    expect(gate.check({ tool: "mail" }).allowed).toBe(false);
    clock.advance(20 * 86_400_000);
    tendLedger(ctx);
    expect(readdirSync(path.join(ctx.ledgerDir, "budgets"))).toEqual([]);
  });
});

test("C-8: the example in the documents loads", async () => {
  const example = path.resolve(import.meta.dirname, "../../../../docs/examples/agentos-limits.yaml");
  write("policies/limits.yaml", readFileSync(example, "utf8"));
  const { loaded } = await keep();
  expect(loaded.problems).toEqual([]);
  expect(loaded.budgets).toHaveLength(6);
});
