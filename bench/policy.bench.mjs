import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createGate } from "../packages/sdk/dist/index.js";
import { makeTempDir, removeDir } from "./lib/firebreak.mjs";

const WARM_UP = 200;
const SAMPLES = 3_000;
const ACTS_PER_SAMPLE = 100;
const RULES = 100;
const PEER = "@microsoft/agent-governance-sdk@4.0.0";

const ACT = { tool: "tool3", arguments: { command: "ls -la /srv/data", path: "/srv/data/a.txt" } };
const BUDGET = { name: "day", mode: "enforce", per: "agent", window: "day", warnAt: 80, for: {} };
const BREAKER = { name: "tools", mode: "enforce", per: "tool", failures: 3, errorPercent: 50, minimum: 10 };
const COUNTED = {
  budgets: [{ ...BUDGET, limits: { calls: 1e9, money: 1e6 } }],
  breakers: [{ ...BREAKER, windowMs: 60_000, openMs: 180_000, for: {} }],
};

/** What a gate asks of an act: rules, budgets and circuit breakers, beside the same rules in a peer. */
export async function run() {
  const home = makeTempDir();
  const dir = path.join(home, "killswitch");
  mkdirSync(dir);
  writeFileSync(path.join(dir, "state.json"), JSON.stringify({ value: { epoch: 1, holds: [], damage: null } }));
  const on = (policy, ask) => withGate({ dir, policy }, (gate) => measure(() => ask(gate)));
  const check = (gate) => gate.check(ACT).allowed;
  const act = (gate) => {
    const begun = gate.begin({ ...ACT, cost: { money: 0.001 } });
    if (begun.allowed) begun.end({ cost: { money: 0.000_8 } });
    return begun.allowed;
  };
  try {
    const rows = [
      { what: "check, no policy", values: await on(null, check), budget: { max: 1 } },
      { what: `check, ${RULES} rules on texts`, values: await on({ rules: textRules() }, check), budget: { max: 10 } },
      { what: `check, ${RULES} rules on equal values`, values: await on({ rules: equalRules() }, check) },
      { what: "check, a budget of two limits and a circuit breaker", values: await on(COUNTED, check) },
      { what: "begin and end, the same", values: await on(COUNTED, act) },
      {
        what: `begin and end, the same with ${RULES} rules`,
        values: await on({ ...COUNTED, rules: textRules() }, act),
        budget: { max: 10 },
      },
      ...measurePeer(home),
    ];
    return rows.map((row) => ({ unit: "µs", ...row }));
  } finally {
    removeDir(home);
  }
}

async function withGate({ dir, policy }, use) {
  const none = { rules: [], placeholders: {}, budgets: [], breakers: [], concurrency: [], throttle: null };
  const published = { v: 1, epoch: 1, hash: "bench", timeZone: "UTC", ...none, ...policy };
  if (policy !== null) writeFileSync(path.join(dir, "policy.json"), JSON.stringify(published));
  const gate = createGate({ killswitchDir: dir, agent: "scout", pack: "research" });
  try {
    return use(gate);
  } finally {
    await gate.close();
  }
}

/** @returns microseconds of one act, each the mean of a batch: one alone is shorter than the clock can tell */
function measure(ask) {
  const values = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample++) {
    const startedMs = performance.now();
    for (let i = 0; i < ACTS_PER_SAMPLE; i++) if (!ask()) throw new Error("denied what nothing forbids");
    if (sample >= 0) values.push(((performance.now() - startedMs) * 1000) / ACTS_PER_SAMPLE);
  }
  return values;
}

function ruleOf(number, test) {
  const head = `title: r${number}\nid: r${number}\nlogsource: { product: ai_agent, category: agent_events }\n`;
  const text = `${head}detection:\n  s:\n    tool_name: tool${number % 10}\n    ${test}\n  condition: s\n`;
  return { name: `r${number}.yml`, text };
}

function textRules() {
  const tests = [
    (number) => `command|contains: 'word${number} -rf'`,
    (number) => `arguments.path|startswith: /etc/x${number}`,
    (number) => `url|endswith: .evil${number}.example`,
    (number) => `content|re: 'key-${number}[0-9]{10}'`,
  ];
  return Array.from({ length: RULES }, (_, number) => ruleOf(number, tests[number % tests.length](number)));
}

function equalRules() {
  return Array.from({ length: RULES }, (_, number) => ruleOf(number, `command: 'word${number}'`));
}

/** The same rules on equal values: its language knows no parts of texts. Its answer allows by default, as ours. */
function measurePeer(scratch) {
  const folder = path.join(scratch, "peer");
  try {
    execFileSync("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", PEER], {
      stdio: "ignore",
    });
  } catch (error) {
    process.stderr.write(`${PEER} could not be had from npm: ${error.message}\n`);
    return [];
  }
  const { PolicyEngine } = createRequire(path.join(folder, "package.json"))("@microsoft/agent-governance-sdk");
  const engine = new PolicyEngine();
  const rules = Array.from({ length: RULES }, (_, number) => ({
    name: `r${number}`,
    condition: `tool_name == 'tool${number % 10}' and command == 'word${number}'`,
    ruleAction: "deny",
  }));
  engine.loadPolicy({ name: "bench", rules, default_action: "allow", scope: "global" });
  const context = { tool_name: ACT.tool, command: ACT.arguments.command };
  if (engine.evaluatePolicy("scout", { tool_name: "tool3", command: "word3" }).allowed) {
    throw new Error("the peer allows what its rules deny: it is not asked as it should be");
  }
  const values = measure(() => engine.evaluatePolicy("scout", context).allowed);
  return [{ what: `check, the same ${RULES} rules on equal values, npm ${PEER} (peer)`, values }];
}
