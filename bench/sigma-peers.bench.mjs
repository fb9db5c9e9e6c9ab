import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compile } from "../packages/sigma/dist/index.js";
import { requireAsServer } from "./lib/firebreak.mjs";
import { loadRules, ratesOf, readLane, requireData } from "./lib/sigma-data.mjs";

/** So many lists of texts, each taken from one public rule, looked for in every line of a log. */
const LISTS = 100;
const ROUNDS = 3;
const AGENT_RULES = "agent-threat-rules@4.0.0";

/**
 * What else looks for many rules in logs, on the same machine: Debian's `sec` and `fail2ban`, and the largest set of
 * rules for agents on npm. What is not installed says so; `apt-get install sec fail2ban` brings the first two.
 */
export async function run() {
  requireData();
  const scratch = mkdtempSync(path.join(tmpdir(), "firebreak-peers-"));
  const lists = readLists();
  const lines = readLane("structured_windows");
  const rows = [measureOurs(lists, lines), measureSec(lists, lines, scratch), measureFail2ban(lists, lines, scratch)];
  return [...rows.filter((row) => row !== undefined), ...(await measureAgentRules(scratch))];
}

/** The texts that the first public rules look for in command lines. */
function readLists() {
  const { parse } = requireAsServer("yaml");
  const lists = [];
  for (const { text } of loadRules("sigmahq/rules")) {
    const { detection } = parse(text);
    const selections = Object.values(detection).flat();
    const list = selections.map((one) => one?.["CommandLine|contains"]).find((value) => Array.isArray(value));
    if (list?.every((value) => typeof value === "string" && value !== "" && !/[*?]/.test(value))) lists.push(list);
    if (lists.length === LISTS) break;
  }
  return lists;
}

function measureOurs(lists, lines) {
  const rule = (list, number) =>
    JSON.stringify({
      title: `list ${number}`,
      id: `list-${number}`,
      logsource: { product: "any" },
      detection: { keywords: list, condition: "keywords" },
    });
  const ruleset = compile(lists.map((list, number) => ({ name: `${number}.yml`, text: rule(list, number) })));
  return {
    what: `lines of structured_windows against ${LISTS} lists of texts, this engine`,
    unit: "lines/s",
    values: ratesOf(ruleset, lines, ROUNDS),
    note: "by processor time; JSON read, each list looked for in every value",
  };
}

function measureSec(lists, lines, scratch) {
  const rule = (list, number) =>
    `type=Single\nptype=RegExp\ncontinue=TakeNext\npattern=(?i)(?:${list.map(escapeRegex).join("|")})\ndesc=${number}\naction=none\n`;
  const rules = path.join(scratch, "sec.conf");
  writeFileSync(rules, lists.map(rule).join("\n"));
  const args = (input) => [`--conf=${rules}`, `--input=${input}`, "--notail", "--log=/dev/null"];
  return measureProgram("sec", args, lines.slice(0, 1000), scratch);
}

function measureFail2ban(lists, lines, scratch) {
  const pattern = (list) => `^\\s*<HOST> .*(?i:${list.map(escapeRegex).join("|").replaceAll("%", "%%")})`;
  const filter = path.join(scratch, "filter.conf");
  writeFileSync(filter, `[Definition]\nfailregex = ${lists.map(pattern).join("\n            ")}\n`);
  const dated = lines.slice(0, 500).map((line, number) => `2026-01-01 00:00:00 10.0.0.${number % 250} ${line}`);
  return measureProgram("fail2ban-regex", (input) => [input, filter], dated, scratch);
}

/** Lines per second of a program that reads a file and ends; what it takes for one line is not counted. */
function measureProgram(program, argsFor, lines, scratch) {
  const input = (name, content) => {
    const file = path.join(scratch, `${program}-${name}`);
    writeFileSync(file, `${content.join("\n")}\n`);
    return file;
  };
  const [one, all] = [input("one", lines.slice(0, 1)), input("all", lines)];
  const what = `the same, Debian's ${program} (peer)`;
  const values = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [shortMs, longMs] = [one, all].map((file) => timeOf(program, argsFor(file)));
    if (shortMs === undefined || longMs === undefined) return undefined;
    values.push(((lines.length - 1) / (longMs - shortMs)) * 1000);
  }
  return { what, unit: "lines/s", values, note: `${lines.length} lines, one regular expression for each list` };
}

/** @returns its processor time, ms, or undefined when the program is not installed */
function timeOf(program, args) {
  const startedMs = childrenMs();
  const { error, status } = spawnSync(program, args, { stdio: "ignore" });
  if (error?.code === "ENOENT") {
    process.stderr.write(`${program} is not installed: apt-get install sec fail2ban\n`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${program} ended with ${status}`, { cause: error });
  return childrenMs() - startedMs;
}

/** Processor time of this process's ended children, which the kernel counts in hundredths of a second. */
function childrenMs() {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

const escapeRegex = (text) =>
  text.replaceAll(/[.*+?^${}()|[\]\\/<>#\s]/g, (char) => (char === " " ? "\\ " : `\\${char}`));

/** One prompt of 1 KB against the 785 rules of the npm package and against those shipped here with the public ones. */
async function measureAgentRules(scratch) {
  const evaluate = await loadAgentRules(scratch);
  const prompts = Array.from({ length: 40 }, (_, number) => promptOf(number));
  const rows = [
    { what: "one prompt of 1 KB, shipped and public agent rules", unit: "ms", values: measureShipped(prompts) },
  ];
  if (evaluate === undefined) return rows;
  const values = prompts.map((content) => {
    const startedMs = performance.now();
    evaluate({ type: "llm_input", timestamp: new Date(0).toISOString(), content });
    return performance.now() - startedMs;
  });
  const note = `its ${evaluate.rules} rules are others than ours, so the figures tell what each costs, not which is better`;
  return [...rows, { what: `the same, npm ${AGENT_RULES} (peer)`, unit: "ms", values: values.slice(5), note }];
}

async function loadAgentRules(scratch) {
  const folder = path.join(scratch, "agent-threat-rules");
  try {
    execFileSync("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", AGENT_RULES], {
      stdio: "ignore",
    });
  } catch (error) {
    process.stderr.write(`${AGENT_RULES} could not be had from npm: ${error.message}\n`);
    return undefined;
  }
  const root = path.join(folder, "node_modules/agent-threat-rules");
  const { ATREngine } = await import(path.join(root, "dist/index.js"));
  const engine = new ATREngine({ rulesDir: path.join(root, "rules") });
  const rules = await engine.loadRules();
  return Object.assign((event) => engine.evaluate(event), { rules });
}

function promptOf(number) {
  const words = Array.from({ length: 150 }, (_, at) => `word${(number * 7 + at * at) % 5000}`).join(" ");
  return `Please read ${words}`.slice(0, 1024).padEnd(1024, ".");
}

function measureShipped(prompts) {
  const directory = path.resolve(import.meta.dirname, "../rules/agent");
  const shipped = readdirSync(directory)
    .filter((name) => /^[^.]+\.yml$/.test(name))
    .map((name) => ({ name, text: readFileSync(path.join(directory, name), "utf8") }));
  const engine = compile([...shipped, ...loadRules("agent-rules")]).createEngine();
  const logsource = { product: "ai_agent", category: "agent_events" };
  return prompts.flatMap((content, number) => {
    const fields = { event_type: "prompt", "agent.id": "a", content };
    const startedMs = performance.now();
    engine.evaluate({ presentations: [{ logsource, fields }] }, { time: number, id: "event" });
    return number < 5 ? [] : [performance.now() - startedMs];
  });
}
