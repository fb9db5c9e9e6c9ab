import path from "node:path";
import { policyView } from "@firebreak/protocol";
import type { PolicyView } from "@firebreak/protocol";
import { loadProfile } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { dataDir } from "../installation.ts";
import { printable } from "../printable.ts";

const check: Command = {
  name: "policy check",
  summary: "read the policy files; name and mend what is wrong with them",
  description: [
    "Budgets, circuit breakers and limits are in *.yaml, Sigma rules that deny acts in rules below. Each fault is named with " +
      "file, line and column and how to mend it. Ends with 1 when there is one. No server is needed.",
    "A running server reads changed files by itself and gates follow within seconds; of a broken file what it said before " +
      "stays in force.",
  ],
  positionals: [
    {
      name: "DIR",
      summary: "a directory of policies (those of the home and of the profile)",
      optional: true,
      many: true,
    },
  ],
  examples: ["firebreak policy check", "firebreak policy check ./policies --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { config, args, output, workingDirectory } = context;
    const { loadPolicies, viewOfLoaded } = await import("../../policies/index.ts");
    const profilesDir = path.join(dataDir(), "profiles");
    const { profile } = await loadProfile({ home: config.home, profilesDir, name: config.profileName });
    const inForce = [path.join(config.home, "policies"), path.join(profilesDir, config.profileName, "policies")];
    const named = args.positionals.map((dir) => path.resolve(workingDirectory, dir));
    const dirs = named.length > 0 ? named : inForce;
    const loaded = await loadPolicies({ dirs, placeholders: profile?.placeholders ?? {} });
    const view = viewOfLoaded(loaded);
    output.result(view);
    showProblems(context, view.problems);
    output.line(countsText(view));
    return view.problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

const show: Command = {
  name: "policy show",
  summary: "what gates enforce beside stops",
  description: ["The policy that the server published, and what of its files does not load."],
  examples: ["firebreak policy show", "firebreak policy show --json"],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output } = context;
    const view = await client.get(policyView, "/policy");
    output.result(view);
    const rows = [
      ...view.rules.map(({ id, mode, title }) => ["rule", id, mode, "each act", title]),
      ...view.budgets.map(({ name, mode, per, window, limits }) => [
        "budget",
        name,
        mode,
        per,
        `${limits} per ${window}`,
      ]),
      ...view.breakers.map(({ name, mode, per, opensOn, openForMs }) => [
        "breaker",
        name,
        mode,
        per,
        `opens on ${opensOn}, for ${openForMs / 1000} s`,
      ]),
      ...view.concurrency.map(({ name, mode, per, max }) => [
        "concurrency",
        name,
        mode,
        per,
        `${max} at once in a gate`,
      ]),
    ];
    if (rows.length > 0)
      output.table(
        ["WHAT", "NAME", "MODE", "PER", "SAYS"],
        rows.map((row) => row.map(printable)),
      );
    else output.line("Gates enforce stops only. docs/policies.md tells how to write a policy.");
    if (view.throttle !== null) {
      const { level, reason, until, maxConcurrent, delayMs } = view.throttle;
      const atOnce = maxConcurrent === null ? "" : `, ${maxConcurrent} acts at once in a gate`;
      output.line(
        `Throttled until ${timeText(until)} (${printable(level)}: ${printable(reason)}): each act waits ${delayMs} ms${atOnce}.`,
      );
    }
    showProblems(context, view.problems);
    return EXIT.ok;
  },
};

function showProblems({ output, workingDirectory }: CommandContext, problems: PolicyView["problems"]): void {
  for (const { file, line, column, message, remedy } of problems) {
    const place = `${printable(path.relative(workingDirectory, file))}:${line}:${column}`;
    output.line(output.style.red(`${place} ${printable(message)}`));
    output.line(`  ${printable(remedy)}`);
  }
}

function countsText({
  rules,
  budgets,
  breakers,
  concurrency,
  problems,
}: Omit<PolicyView, "epoch" | "hash" | "throttle">) {
  const counts = `${rules.length} rule(s), ${budgets.length} budget(s), ${breakers.length} circuit breaker(s)`;
  return `${counts}, ${concurrency.length} limit(s) load; ${problems.length} fault(s).`;
}

export const policyCommands: readonly Command[] = [check, show];
