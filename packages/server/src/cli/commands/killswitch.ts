import path from "node:path";
import { formatFileProblem, loadProfile, OperatorError, readTextFile } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import { loadPolicy, parsePolicy } from "../../killswitch/index.ts";
import type { KillswitchPolicy } from "../../killswitch/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { durationText } from "../format.ts";
import { dataDir } from "../installation.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

const FILE = {
  name: "FILE",
  summary: "a killswitch.policy.v1; left out: the one in force",
  optional: true,
} as const;

const check: Command = {
  name: "killswitch policy check",
  summary: "whether a kill switch policy is right, before it is used",
  description: [
    "Names each fault at its place. What has no effect here is said too. Ends with 1 when the policy would not be used.",
  ],
  positionals: [FILE],
  examples: ["firebreak killswitch policy check killswitch.policy.v1.yaml", "firebreak killswitch policy check"],
  exits: ALWAYS,
  run: async (context) => {
    const { output } = context;
    const { policy, problems } = await readNamed(context);
    output.result({ ok: problems.length === 0, problems, remarks: policy.remarks });
    for (const problem of problems) output.line(output.style.red(printable(formatFileProblem(problem))));
    if (problems.length > 0) return EXIT.failed;
    output.line(
      output.style.green(policy.file === null ? "There is no policy; the defaults are right." : "It is right."),
    );
    for (const remark of policy.remarks) output.line(`  No effect: ${printable(remark)}`);
    return EXIT.ok;
  },
};

const show: Command = {
  name: "killswitch policy show",
  summary: "what a kill switch policy means here, in Firebreak's terms",
  positionals: [FILE],
  examples: ["firebreak killswitch policy show", "firebreak killswitch policy show policy.yaml --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { policy, problems } = await readNamed(context);
    if (problems[0] !== undefined) {
      throw new OperatorError(printable(formatFileProblem(problems[0])), "See all: firebreak killswitch policy check.");
    }
    context.output.result(policy);
    printPolicy(context.output, policy);
    return EXIT.ok;
  },
};

async function readNamed(context: CommandContext): ReturnType<typeof loadPolicy> {
  const { args, config, workingDirectory } = context;
  const profilesDir = path.join(dataDir(), "profiles");
  const { profile } = await loadProfile({ home: config.home, profilesDir, name: config.profileName });
  const roles: Profile["roles"] = profile?.roles ?? {};
  const inForce = await loadPolicy({
    home: config.home,
    profileDir: path.join(profilesDir, profile?.name ?? config.profileName),
    roles,
  });
  const named = args.positional(0);
  if (named === undefined) return inForce;
  const file = path.resolve(workingDirectory, named);
  const read = await readTextFile(file);
  if (read.kind === "missing")
    throw new OperatorError(`There is no file ${printable(file)}.`, "Give the policy's file.");
  if (read.kind === "problem") return { ...inForce, problems: [read.problem] };
  const parsed = parsePolicy(file, read.text, roles);
  return parsed.ok ? { policy: parsed.policy, problems: [] } : { ...inForce, problems: parsed.problems };
}

function printPolicy(output: Output, policy: KillswitchPolicy): void {
  const { runningTasks, gradualRestore } = policy;
  const rows: [string, string][] = [
    ["from", policy.file ?? "the defaults"],
    ["stops everything", policy.globalRole],
    ["stops a pack or less", policy.packRole],
    ["typed to stop everything", policy.confirmation ?? "nothing"],
    ["critical packs", policy.criticalPacks.join(", ") || "none"],
    ["a stop without a level", runningTasks === null ? "freezes" : tasksText(runningTasks)],
    ["two persons resume", policy.twoPersons.join(", ") || "nothing"],
    ["checked before that", policy.checklist.join("; ")],
    ["packs come back", gradualRestore === null ? "all at once" : batchText(gradualRestore, policy.healthCheckMs)],
    ["drill due every", policy.drillEveryDays === null ? "never" : `${policy.drillEveryDays} days`],
    ["alert when all is stopped for", durationText(policy.prolongedGlobalMs)],
    ["alert above stops a day", String(policy.activationsPerDayMax)],
  ];
  output.table(
    ["WHAT", "HERE"],
    rows.map(([what, here]) => [what, printable(here)]),
  );
  for (const remark of policy.remarks) output.line(`No effect: ${printable(remark)}`);
}

function tasksText({ action, graceMs, forceAfterMs }: NonNullable<KillswitchPolicy["runningTasks"]>): string {
  if (action === "wait_completion") return "denies; what runs may finish";
  if (action === "terminate_immediately") return "kills";
  return `denies, asks to end after ${durationText(graceMs)}, kills after ${durationText(forceAfterMs)}`;
}

function batchText(
  { packsPerBatch, intervalMs }: NonNullable<KillswitchPolicy["gradualRestore"]>,
  healthCheckMs: number | null,
): string {
  const checked = healthCheckMs === null ? "unchecked" : `each well within ${durationText(healthCheckMs)}`;
  return `${packsPerBatch} at a time, ${durationText(intervalMs)} apart, ${checked}`;
}

export const killswitchCommands: readonly Command[] = [check, show];
