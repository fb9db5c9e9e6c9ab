import { readFile, stat } from "node:fs/promises";
import type { Engine, Match, Ruleset, SigmaEvent } from "@firebreak/sigma";
import { parse } from "yaml";
import { z } from "zod";
import { codeOf, messageOf } from "../kernel/index.ts";
import { presentRecord } from "./present-record.ts";

/** The format of `x.cases.yml`, described in rules/README.md. */
const fields = z.record(z.string(), z.unknown());
const step = z.strictObject({
  times: z.int().min(1).max(100_000).default(1),
  everyMs: z.number().min(0).max(86_400_000).default(0),
  fields: fields.optional(),
  event: fields.optional(),
});
/** Time goes on without an event, and what is missing by then is missing. */
const pause = z.strictObject({
  waitMs: z
    .number()
    .min(1)
    .max(31 * 86_400_000),
});
const cases = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        commands: z.array(z.string()).optional(),
        prompts: z.array(z.string()).optional(),
        events: z.array(fields).optional(),
        stream: z.array(z.union([pause, step])).optional(),
        logsource: z.record(z.string(), z.string()).optional(),
        expect: z.record(z.string(), z.int().min(1)),
      }),
    )
    .min(1),
});

type RuleCase = z.infer<typeof cases>["cases"][number];

/**
 * How a case went. `got` and `expected` are reports by rule id; of several commands, prompts or events those of the
 * first that differs, which is `command`.
 */
export interface CaseResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly command?: string;
  readonly expected: Readonly<Record<string, number>>;
  readonly got: Readonly<Record<string, number>>;
}

export interface CaseFileResults {
  readonly results: readonly CaseResult[];
  /** why a file of cases cannot be read; a rule file without one is no problem */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

const FILE_BYTES_MAX = 1024 * 1024;
const AGENT_EVENTS = { product: "ai_agent", category: "agent_events" };

/** Runs the cases beside the files of the rules, or beside these files, each on a fresh engine with all rules, and compares reports of the file's rules. */
export async function runRuleCases(
  ruleset: Ruleset,
  ruleFiles: Iterable<string> = new Set(ruleset.rules.map((rule) => rule.file)),
): Promise<CaseFileResults> {
  const results: CaseResult[] = [];
  const problems: { file: string; message: string }[] = [];
  for (const ruleFile of ruleFiles) {
    const file = ruleFile.replace(/\.ya?ml$/, ".cases.yml");
    const own = new Set(ruleset.rules.filter((rule) => rule.file === ruleFile).map(({ id }) => id));
    try {
      for (const one of await readCases(file)) results.push(runCase(ruleset, own, file, one));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") problems.push({ file, message: messageOf(error) });
    }
  }
  return { results, problems };
}

async function readCases(file: string): Promise<readonly RuleCase[]> {
  const { size } = await stat(file);
  if (size > FILE_BYTES_MAX) throw new Error(`the file has ${size} bytes; the limit is ${FILE_BYTES_MAX}`);
  const parsed = cases.safeParse(parse(await readFile(file, "utf8")));
  if (parsed.success) return parsed.data.cases;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join("/") ?? ""}: ${issue?.message ?? "not a file of cases"}`);
}

function runCase(ruleset: Ruleset, own: ReadonlySet<string>, file: string, one: RuleCase): CaseResult {
  const { name, expect: expected, logsource = AGENT_EVENTS, commands = [], prompts = [], events = [], stream } = one;
  const runs = [
    ...(stream === undefined ? [] : [{ steps: stream }]),
    ...commands.map((command) => ({ command, steps: [stepOf({ kind: "command", data: { command } })] })),
    ...prompts.map((content) => ({ command: content, steps: [stepOf({ kind: "prompt", data: { content } })] })),
    ...events.map((event) => ({ command: JSON.stringify(event), steps: [stepOf(event)] })),
  ];
  const engine = ruleset.createEngine();
  for (const [index, { steps, ...which }] of runs.entries()) {
    const got = countReports(
      engine,
      own,
      { logsource, startMs: FIRST_MS + index * APART_MS, agentId: `a-${index + 1}` },
      steps,
    );
    if (!isSame(got, expected)) return { file, name, passed: false, ...which, expected, got };
  }
  return { file, name, passed: true, expected, got: expected };
}

const FIRST_MS = Date.UTC(2026, 0, 1);
/** The commands, prompts and events of a case share an engine, and are longer apart than any window. */
const APART_MS = 60 * 86_400_000;

interface Run {
  readonly logsource: Readonly<Record<string, string>>;
  readonly startMs: number;
  /** of events that name no agent */
  readonly agentId: string;
}

const stepOf = (event: Readonly<Record<string, unknown>>) => ({ times: 1, everyMs: 0, event });

/** `event` is presented as the server would; `fields` are what rules see, as they stand. */
function presentStep({ fields: given, event }: z.infer<typeof step>, { logsource, agentId }: Run): SigmaEvent {
  if (event === undefined) return { presentations: [{ logsource, fields: given ?? {} }] };
  return presentRecord({ agent: { id: agentId }, ...event }, { routing: false });
}

function countReports(
  engine: Engine,
  own: ReadonlySet<string>,
  run: Run,
  steps: readonly (z.infer<typeof step> | z.infer<typeof pause>)[],
): Record<string, number> {
  const reports: Record<string, number> = {};
  let time = run.startMs;
  let number = 0;
  const count = (matches: readonly Match[]): void => {
    for (const { ruleId } of matches) if (own.has(ruleId)) reports[ruleId] = (reports[ruleId] ?? 0) + 1;
  };
  // what an earlier run left open is reported here, and is not this one's
  engine.advance(time - 1);
  for (const one of steps) {
    if ("waitMs" in one) {
      count(engine.advance((time += one.waitMs)));
      continue;
    }
    const { times, everyMs } = one;
    for (let index = 0; index < times; index++) {
      count(engine.evaluate(presentStep(one, run), { time, id: `e${number++}` }));
      time += everyMs;
    }
  }
  return reports;
}

function isSame(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}
