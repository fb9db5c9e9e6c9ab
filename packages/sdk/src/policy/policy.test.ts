import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BreakerPolicy, BudgetPolicy, ConcurrencyPolicy, PublishedPolicy } from "@firebreak/protocol/policy";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import type { Gate, GateOptions } from "../index.ts";
import { createGate, GateDeniedError } from "../index.ts";
import { BudgetCounter } from "./budget-counter.ts";
import { BreakerFold, breakerPath, BudgetFold, budgetPath, SharedLog } from "../ledger/index.ts";

let home = "";
let dir = "";
let now = 0;
let epoch = 0;
const gates: Gate[] = [];
const clock = { now: () => now, monotonicMs: () => now };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-policy-"));
  dir = join(home, "killswitch");
  mkdirSync(dir);
  const value = { epoch: 1, holds: [], damage: null };
  writeFileSync(join(dir, "state.json"), JSON.stringify({ value }));
  now = Date.UTC(2026, 10, 27, 10, 0);
  epoch = 0;
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close(0);
  rmSync(home, { recursive: true, force: true });
});

function publish(policy: Partial<PublishedPolicy>): void {
  epoch += 1;
  const none = { rules: [], placeholders: {}, budgets: [], breakers: [], concurrency: [], throttle: null };
  const whole = { v: 1, epoch, hash: JSON.stringify(policy), timeZone: "UTC", ...none, ...policy };
  writeFileSync(join(dir, "policy.json"), JSON.stringify(whole));
}

function open(options: Partial<GateOptions> = {}): Gate {
  const gate = createGate({ killswitchDir: dir, agent: "scout", pack: "research", clock, ...options });
  gates.push(gate);
  return gate;
}

const budget = (more: Partial<BudgetPolicy> = {}): BudgetPolicy => ({
  name: "daily",
  mode: "enforce",
  per: "agent",
  window: "day",
  limits: { calls: 3 },
  warnAt: 80,
  for: {},
  ...more,
});
const breaker = (more: Partial<BreakerPolicy> = {}): BreakerPolicy => ({
  name: "flaky",
  mode: "enforce",
  per: "tool",
  failures: 3,
  errorPercent: null,
  minimum: 10,
  windowMs: 60_000,
  openMs: 180_000,
  for: {},
  ...more,
});

function rule(title: string, detection: string, more = ""): { name: string; text: string } {
  const text = `title: ${title}\nid: ${title}\nlogsource: { product: ai_agent }\ndetection:\n  s: ${detection}\n  condition: s\n${more}`;
  return { name: `${title}.yml`, text };
}

describe("blocking rules", () => {
  test.each([
    ["a command as it is given", { tool: "shell", command: "sudo rm -rf /" }, false],
    ["a command among the arguments", { tool: "shell", arguments: { command: "rm -rf /srv" } }, false],
    ["a command as words", { tool: "shell", arguments: { argv: ["rm", "-rf", "/srv"] } }, false],
    ["another command", { tool: "shell", command: "ls -la" }, true],
    ["no command", { tool: "shell" }, true],
  ])("C-3: a rule on the command line, %s", (_, action, allowed) => {
    publish({ rules: [rule("rm", "{ command|contains: 'rm -rf' }")] });
    const gate = open();
    expect(gate.check(action).allowed).toBe(allowed);
    const begun = gate.begin(action);
    expect(begun.allowed).toBe(allowed);
  });

  test("C-3: the denial names the rule; the address, the path, an argument and the agent are fields", () => {
    publish({
      rules: [
        rule("host", "{ remote_host|endswith: '.evil.example' }"),
        rule("path", "{ file_path|startswith: /etc/ }"),
        rule("amount", "{ tool_name: pay, arguments.amount|gt: 100 }"),
        rule("pack", "{ agent.pack: finance, tool_name: browse }"),
        rule("known", "{ tool_name: mail, arguments.to|expand: '%banned%' }"),
      ],
      placeholders: { banned: ["eve@evil.example"] },
    });
    const gate = open();
    const nameOf = (action: Parameters<Gate["check"]>[0], of = gate) => {
      const decision = of.check(action);
      return decision.allowed ? null : [decision.denial, decision.policy?.name];
    };
    expect(nameOf({ tool: "get", url: "https://a.evil.example/x" })).toEqual(["policy", "host"]);
    expect(nameOf({ tool: "write", arguments: { path: "/etc/passwd" } })).toEqual(["policy", "path"]);
    expect(nameOf({ tool: "pay", arguments: { amount: 101 } })).toEqual(["policy", "amount"]);
    expect(nameOf({ tool: "pay", arguments: { amount: 99 } })).toBeNull();
    expect(nameOf({ tool: "mail", arguments: { to: "Eve@evil.example" } })).toEqual(["policy", "known"]);
    expect(nameOf({ tool: "browse" })).toBeNull();
    expect(nameOf({ tool: "browse" }, open({ pack: "finance" }))).toEqual(["policy", "pack"]);
  });

  test("C-3: a rule that warns lets through and says so; one that monitors lets through silently", () => {
    publish({
      rules: [
        rule("w", "{ tool_name: a }", "firebreak: { mode: warn }"),
        rule("m", "{ tool_name: b }", "firebreak: { mode: monitor }"),
      ],
    });
    const gate = open();
    expect(gate.check({ tool: "a" })).toMatchObject({ allowed: true, warnings: [{ part: "rule", name: "w" }] });
    expect(gate.check({ tool: "b" })).toEqual({ allowed: true });
  });

  test("C-3: an act whose text is too long to be looked at whole is denied, so nothing hides behind its end", () => {
    publish({ rules: [rule("rm", "{ command|contains: 'rm -rf' }")] });
    const command = `echo ${"a".repeat(300_000)}; rm -rf /`;
    expect(open().check({ command })).toMatchObject({ denial: "policy", policy: { name: "too_large" } });
    expect(open().check({ tool: "write", content: "a".repeat(300_000) }).allowed).toBe(true);
  });
});

describe("budgets", () => {
  test("C-8: a budget lets through what it holds and then denies until the window ends", () => {
    publish({ budgets: [budget()] });
    const gate = open();
    for (let i = 0; i < 3; i++) expect(gate.begin().allowed).toBe(true);
    expect(gate.begin()).toMatchObject({
      denial: "policy",
      reason: "the budget daily of agent scout is used up: 3 calls per day",
      policy: { part: "budget", name: "daily", retryAfterMs: 14 * 3_600_000 },
    });
    expect(gate.check().allowed).toBe(false);
    now += 14 * 3_600_000;
    expect(gate.begin().allowed).toBe(true);
  });

  test("C-8: asking takes nothing", () => {
    publish({ budgets: [budget({ limits: { calls: 1 } })] });
    const gate = open();
    for (let i = 0; i < 5; i++) expect(gate.check().allowed).toBe(true);
    expect(gate.begin().allowed).toBe(true);
    expect(gate.check().allowed).toBe(false);
  });

  test("C-8: what was taken outlives the process, and a killed one loses at most what it had spent", async () => {
    publish({ budgets: [budget({ limits: { calls: 200 } })] });
    const program = bundleEntry(
      join(import.meta.dirname, "../../../../test/agents/spend-budget.ts"),
      join(home, "s.mjs"),
    );
    const spend = async (...more: string[]) => {
      const child = promisify(execFile)(process.execPath, [program, dir, "scout", ...more]);
      const { stdout } = await child.catch((fault: { stdout: string }) => fault);
      return Number(stdout);
    };
    const killed = await spend("KILL");
    const together = await Promise.all([spend(), spend(), spend()]);
    const all = killed + together.reduce((sum, one) => sum + one, 0);
    expect(killed).toBe(40);
    expect(all).toBeLessThanOrEqual(200);
    expect(all).toBeGreaterThanOrEqual(200 - 40 - 10);
    expect(await spend()).toBeLessThanOrEqual(200 - all);
  }, 20_000);

  test("C-8: every process of a pack spends from one budget, agents from their own; others have none of it", () => {
    publish({ budgets: [budget({ per: "pack", for: { packs: ["res*"] } })] });
    const [one, two, other] = [open(), open({ agent: "b" }), open({ agent: "c", pack: "sales" })];
    expect([one, two, one, two, one].map((gate) => gate.begin().allowed)).toEqual([true, true, true, false, false]);
    expect(other.begin().allowed).toBe(true);
  });

  test("C-8: money is counted exactly; an act that does not fit is denied and spends nothing of any budget", () => {
    publish({ budgets: [budget({ limits: { money: 0.3, calls: 10 } })] });
    const gate = open();
    expect(gate.begin({ cost: { money: 0.1 } }).allowed).toBe(true);
    expect(gate.begin({ cost: { money: 0.25 } }).allowed).toBe(false);
    expect(gate.begin({ cost: { money: 0.2 } }).allowed).toBe(true);
    expect(gate.begin({ cost: { money: 0.000_001 } }).allowed).toBe(false);
    // one that costs nothing may still act, one whose cost is not known may not
    expect(gate.begin({ cost: { money: 0 } }).allowed).toBe(true);
    expect(gate.begin().allowed).toBe(false);
  });

  test("C-8: what an act did cost is settled: less comes back, more is charged also beyond the limit", () => {
    publish({ budgets: [budget({ limits: { tokens: 100 } })] });
    const gate = open();
    const less = gate.begin({ cost: { tokens: 90 } });
    if (less.allowed) less.end({ cost: { tokens: 10 } });
    const more = gate.begin({ cost: { tokens: 80 } });
    if (more.allowed) more.end({ cost: { tokens: 150 } });
    expect(gate.begin({ cost: { tokens: 1 } }).allowed).toBe(false);
    const place = { budget: "daily", metric: "tokens", subject: "scout", window: "2026-11-27" } as const;
    const log = new SharedLog(budgetPath(join(home, "ledger"), place), () => new BudgetFold());
    expect(log.look().taken).toBe(160);
  });

  test.each([
    ["not a number", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
    ["negative", -1],
    ["absurdly large", 1e300],
    ["no number at all", "1"],
  ])("C-8: a cost that is %s is refused, with and without a budget", (_, money) => {
    const gate = open();
    // Guarantee: agents in JavaScript may give anything
    const cost = { money: money as number };
    expect(gate.begin({ cost })).toMatchObject({ denial: "policy", policy: { part: "cost" } });
    publish({ budgets: [budget({ limits: { money: 1 } })] });
    now += 100;
    expect(gate.begin({ cost })).toMatchObject({ denial: "policy", policy: { part: "cost" } });
    const begun = gate.begin({ cost: { money: 0.5 } });
    if (begun.allowed) begun.end({ cost });
    expect(gate.begin({ cost: { money: 0.5 } }).allowed).toBe(true);
    expect(gate.begin({ cost: { money: 0.1 } }).allowed).toBe(false);
  });

  test("C-8: a log that was removed or cut off gives nothing anew; one that cannot be kept denies", () => {
    publish({ budgets: [budget()] });
    const gate = open();
    gate.begin();
    gate.begin();
    rmSync(join(home, "ledger"), { recursive: true });
    now += 100;
    expect([gate.begin().allowed, gate.begin().allowed]).toEqual([true, false]);
    rmSync(join(home, "ledger"), { recursive: true });
    writeFileSync(join(home, "ledger"), "not a directory");
    now += 100;
    expect(gate.begin()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("cannot be kept") });
  });

  test("C-8: a budget that only warns lets through beyond its limit and says so", () => {
    publish({ budgets: [budget({ mode: "warn", limits: { calls: 1 } })] });
    const gate = open();
    gate.begin();
    expect(gate.begin()).toMatchObject({ allowed: true, warnings: [{ part: "budget", name: "daily" }] });
  });
});

describe("circuit breakers", () => {
  const attempt = (gate: Gate, failed: boolean, tool = "search") => {
    const begun = gate.begin({ tool });
    if (begun.allowed) begun.end({ failed });
    return begun.allowed;
  };

  test("C-8: it opens after so many failures, lets one act probe, and closes when that went well", () => {
    publish({ breakers: [breaker()] });
    const gate = open();
    expect([1, 2, 3].map(() => attempt(gate, true))).toEqual([true, true, true]);
    expect(gate.begin({ tool: "search" })).toMatchObject({
      denial: "policy",
      reason: "the circuit breaker flaky keeps tool search off: it is open: 3 failures in 60 s",
      policy: { part: "breaker", retryAfterMs: 180_000 },
    });
    expect(attempt(gate, false, "other")).toBe(true);
    now += 180_000;
    const probe = gate.begin({ tool: "search" });
    expect(probe.allowed).toBe(true);
    expect(attempt(gate, false)).toBe(false);
    if (probe.allowed) probe.end({ failed: true });
    expect(attempt(gate, false)).toBe(false);
    now += 180_000;
    expect(attempt(gate, false)).toBe(true);
    expect(attempt(gate, false)).toBe(true);
  });

  test("C-8: failures of several processes count together, one of them probes, and a new process knows", () => {
    publish({ breakers: [breaker()] });
    const [one, two] = [open(), open({ agent: "b" })];
    attempt(one, true);
    attempt(two, true);
    attempt(one, true);
    now += 100;
    expect([attempt(two, false), attempt(open({ agent: "c" }), false)]).toEqual([false, false]);
    now += 180_000;
    const begun = [one, two, open({ agent: "d" })].map((gate) => gate.begin({ tool: "search" }));
    expect(begun.filter(({ allowed }) => allowed)).toHaveLength(1);
  });

  test("C-8: a prober that died is given up; failures spread over more than the window do not open it", () => {
    publish({ breakers: [breaker()] });
    const gate = open();
    for (let i = 0; i < 6; i++) {
      expect(attempt(gate, true)).toBe(true);
      now += 31_000;
    }
    for (let i = 0; i < 3; i++) attempt(gate, true);
    now += 180_000;
    expect(gate.begin({ tool: "search" }).allowed).toBe(true);
    now += 100_000;
    expect(attempt(open(), false)).toBe(false);
    now += 100_000;
    expect(attempt(open(), false)).toBe(true);
  });

  test("C-8: a share of failures opens it once there are enough outcomes", () => {
    publish({ breakers: [breaker({ per: "agent", failures: null, errorPercent: 50, minimum: 10 })] });
    const gate = open();
    const outcomes = [true, true, true, true, false, false, false, false, true, true, true];
    expect(outcomes.map((failed) => attempt(gate, failed))).toEqual([...Array(10).fill(true), false]);
  });

  test("C-8: what a person isolated stays off until a person lets it go", () => {
    publish({ breakers: [breaker()] });
    const gate = open();
    attempt(gate, true);
    const log = new SharedLog(
      breakerPath(join(home, "ledger"), { breaker: "flaky", subject: "search" }),
      () => new BreakerFold(),
    );
    log.append({ t: "isolate", by: "Ada", reason: "it leaks", at: now });
    now += 1_000_000;
    expect(gate.begin({ tool: "search" })).toMatchObject({
      reason: "the circuit breaker flaky keeps tool search off: Ada isolated it: it leaks",
      policy: { retryAfterMs: null },
    });
    log.append({ t: "close", by: "Ada", at: now });
    now += 100;
    expect(attempt(gate, false)).toBe(true);
  });

  test("C-8: a guarded function reports how it ended; a denial within it is no failure", async () => {
    publish({ breakers: [breaker({ failures: 1 })] });
    const gate = open();
    const inner = gate.guard(() => 1, { tool: "inner" });
    await expect(gate.run(() => Promise.reject(new Error("down")), { tool: "inner" })).rejects.toThrow("down");
    expect(() => inner()).toThrow(GateDeniedError);
    const outer = gate.guard(() => inner(), { tool: "outer" });
    expect(() => outer()).toThrow(GateDeniedError);
    expect(gate.check({ tool: "outer" }).allowed).toBe(true);
    const broken = gate.guard(() => Promise.reject(new Error("no")), { tool: "broken" });
    await expect(broken()).rejects.toThrow("no");
    expect(gate.check({ tool: "broken" }).allowed).toBe(false);
  });
});

describe("limits", () => {
  const entry: ConcurrencyPolicy = { name: "two", mode: "enforce", per: "agent", max: 2, for: {} };

  test("C-8: so many acts at once and no more, also when an act is ended twice", () => {
    publish({ concurrency: [entry] });
    const gate = open();
    const first = gate.begin();
    expect([gate.begin().allowed, gate.begin().allowed]).toEqual([true, false]);
    if (first.allowed) first.end();
    if (first.allowed) first.end();
    expect([gate.begin().allowed, gate.begin().allowed]).toEqual([true, false]);
  });

  test("C-8: a throttle slows acts down or lets none begin, and ends by itself", async () => {
    const throttle = { level: "warn", maxConcurrent: null, delayMs: 20, reason: "CPU 72 %" };
    const until = new Date(now + 60_000).toISOString();
    publish({ throttle: { ...throttle, until } });
    const gate = open();
    expect(gate.check()).toEqual({ allowed: true, delayMs: 20 });
    const startedMs = performance.now();
    await gate.run(() => 1);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(19);
    publish({ throttle: { ...throttle, level: "emergency", maxConcurrent: 0, until } });
    now += 100;
    expect(gate.check()).toMatchObject({ denial: "policy", policy: { part: "throttle", name: "emergency" } });
    now += 60_000;
    expect(gate.check()).toEqual({ allowed: true });
  });
});

describe("the published file", () => {
  test("C-8: a change holds within the gate's age bound; a broken, older or removed file keeps the last good one", () => {
    publish({ rules: [rule("a", "{ tool_name: a }")] });
    const gate = open();
    expect(gate.check({ tool: "a" }).allowed).toBe(false);
    publish({ rules: [rule("b", "{ tool_name: b }")] });
    now += 51;
    expect([gate.check({ tool: "a" }).allowed, gate.check({ tool: "b" }).allowed]).toEqual([true, false]);
    const good = readFileSync(join(dir, "policy.json"), "utf8");
    for (const text of ["{", "[]", '{"v":2}', good.replace('"epoch":2', '"epoch":1')]) {
      writeFileSync(join(dir, "policy.json"), text);
      now += 51;
      expect(gate.check({ tool: "b" }).allowed).toBe(false);
      expect(gate.status()).toMatchObject({ policyEpoch: 2, policyProblem: expect.any(String) });
    }
    rmSync(join(dir, "policy.json"));
    now += 51;
    expect(gate.check({ tool: "b" }).allowed).toBe(false);
    publish({});
    now += 51;
    expect(gate.check({ tool: "b" }).allowed).toBe(true);
    expect(gate.status()).toMatchObject({ policyEpoch: 3, policyProblem: null });
  });

  test("C-8: a gate that finds a broken policy and knows none denies as broken", () => {
    writeFileSync(join(dir, "policy.json"), "{");
    expect(open().check()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("policy.json") });
  });

  test("C-8: names that agents choose leave no directory", () => {
    publish({ breakers: [breaker({ failures: 1 })] });
    const gate = open();
    for (const tool of ["../../x", "a/b", ".", "x".repeat(5000), "\0", "\uD800"]) {
      const begun = gate.begin({ tool });
      if (begun.allowed) begun.end({ failed: true });
      expect(gate.check({ tool }).allowed).toBe(false);
    }
    expect(readdirSync(home).toSorted()).toEqual(["killswitch", "ledger"]);
    expect(readdirSync(join(home, "ledger", "breakers"))).toHaveLength(6);
  });
});

test("C-8: however processes interleave, die and settle, they never take more than the limit together", () => {
  const step = fc.record({ gate: fc.nat(3), units: fc.nat(40), kill: fc.boolean(), settle: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 500 }), (steps, limit) => {
      const ledgerDir = mkdtempSync(join(home, "ledger-"));
      const policy = budget({ limits: { tokens: limit } });
      const newCounter = () =>
        new BudgetCounter({ policy, metric: "tokens", limit, subject: "scout", timeZone: "UTC", ledgerDir });
      const counters = [newCounter(), newCounter(), newCounter(), newCounter()];
      let spent = 0;
      for (const { gate, units, kill, settle } of steps) {
        now += 60;
        const counter = counters[gate] ?? newCounter();
        if (!counter.ensure(units, now)) continue;
        const window = counter.spend(units);
        const actual = Math.min(units, settle);
        counter.giveBack(units - actual, window);
        spent += actual;
        if (kill) counters[gate] = newCounter();
        expect(spent).toBeLessThanOrEqual(limit);
      }
    }),
    { numRuns: 30 },
  );
});

test("C-8: whatever stands in a log, what it comes to stays a number, and its own records still count", () => {
  const value = fc.oneof(
    fc.constantFrom("take", "over", "back", "reset", "floor", "about"),
    fc.double(),
    fc.anything(),
  );
  const line = fc.oneof(fc.string(), fc.dictionary(fc.constantFrom("t", "n", "cap", "g", "id"), value).map(safeJson));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const path = join(mkdtempSync(join(home, "log-")), "x.log");
      writeFileSync(path, lines.map((one) => `${one}\n`).join(""));
      const log = new SharedLog(path, () => new BudgetFold());
      const before = log.look().taken;
      expect(before).toBeGreaterThanOrEqual(0);
      expect(Number.isSafeInteger(before)).toBe(true);
      if (before === Number.MAX_SAFE_INTEGER) return;
      expect(log.append({ t: "take", n: 1, cap: before + 1 })).toBe(true);
      expect(log.append({ t: "take", n: 1, cap: before + 1 })).toBe(false);
    }),
    { numRuns: 200 },
  );
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}
