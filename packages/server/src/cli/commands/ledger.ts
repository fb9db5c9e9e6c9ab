import { breakerView, budgetView, METRICS, pageOf } from "@firebreak/protocol";
import type { BreakerView, BudgetView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option, Positional } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

/** What gates keep in the ledger of a host: budgets and circuit breakers. */

const AGENT: Readonly<Record<string, Option>> = {
  agent: { type: "string", value: "ID", summary: "only what concerns this agent: its own, its pack's, the host's" },
};
const REASON: Readonly<Record<string, Option>> = {
  reason: { type: "string", value: "TEXT", summary: "why; it is in the audit log" },
};
const SUBJECT: Positional = { name: "SUBJECT", summary: "the agent, tool or integration" };
const BREAKER: Positional = { name: "BREAKER", summary: "its name in the policy" };

const listBudgets: Command = {
  name: "budget list",
  summary: "what was taken of each budget, the fullest first",
  description: ["Of the windows that run now on this host. A budget of which nothing was taken yet is not listed."],
  options: AGENT,
  examples: ["firebreak budget list", "firebreak budget list --agent scout --json"],
  exits: ASKS_SERVER,
  run: (context) => showBudgets(context, context.args.text("agent"), () => true),
};

const showBudget: Command = {
  name: "budget show",
  summary: "one budget and all who take of it",
  positionals: [{ name: "BUDGET", summary: "its name in the policy" }],
  examples: ["firebreak budget show spend-a-day"],
  exits: ASKS_SERVER,
  run: (context) => {
    const name = context.args.positional(0);
    return showBudgets(context, undefined, ({ budget }) => budget === name);
  },
};

async function showBudgets(
  { client, output }: CommandContext,
  agent: string | undefined,
  isWanted: (view: BudgetView) => boolean,
): Promise<number> {
  const page = await client.get(pageOf(budgetView), `/budgets${queryOf(agent)}`);
  const items = page.items.filter(isWanted);
  output.result({ ...page, items });
  if (items.length === 0) output.line("Nothing was taken of a budget in its present window.");
  else output.table(["BUDGET", "PER", "SUBJECT", "TAKEN", "LIMIT", "ENDS (UTC)"], items.map(budgetRow));
  return EXIT.ok;
}

function budgetRow({ budget, per, subject, metric, taken, limit, windowEnd, exhausted }: BudgetView): string[] {
  const amount = `${taken} ${metric}${exhausted ? " (used up)" : ""}`;
  return [budget, per, printable(subject), amount, String(limit), timeText(windowEnd)];
}

const resetBudget: Command = {
  name: "budget reset",
  summary: "give a budget anew for the rest of its window",
  description: [
    "Needs the role commander. What was taken before is in the audit log. Processes keep the small part that they took ahead.",
  ],
  positionals: [
    { name: "BUDGET", summary: "its name in the policy" },
    { name: "SUBJECT", summary: "the agent or pack; host for one of the host" },
  ],
  options: { metric: { type: "string", value: "METRIC", summary: `only one of ${METRICS.join(", ")}` }, ...REASON },
  examples: ['firebreak budget reset spend-a-day scout --reason "the import ran twice"'],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output, args } = context;
    const metric = args.text("metric");
    const request = { budget: args.positional(0), subject: args.positional(1), reason: reasonOf(resetBudget, context) };
    const body = metric === undefined ? request : { ...request, metric };
    const page = await client.post(pageOf(budgetView), "/budgets/reset", body);
    output.result(page);
    output.line(`The budget ${printable(request.budget ?? "")} of ${printable(request.subject ?? "")} begins anew.`);
    return EXIT.ok;
  },
};

const listBreakers: Command = {
  name: "breaker list",
  summary: "circuit breakers and their states, what is off first",
  description: ["Those of this host to which something happened; all others are closed."],
  options: AGENT,
  examples: ["firebreak breaker list", "firebreak breaker list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const page = await client.get(pageOf(breakerView), `/breakers${queryOf(args.text("agent"))}`);
    output.result(page);
    if (page.items.length === 0) output.line("No circuit breaker has seen a failure.");
    else output.table(["BREAKER", "PER", "SUBJECT", "STATE", "SINCE (UTC)", "WHY"], page.items.map(breakerRow));
    return EXIT.ok;
  },
};

function breakerRow({ breaker, per, subject, state, since, reason, by }: BreakerView): string[] {
  const why = by === null ? (reason ?? "") : `${by}: ${reason ?? ""}`;
  return [breaker, per, printable(subject), state, since === null ? "" : timeText(since), printable(why)];
}

const isolate: Command = {
  name: "breaker isolate",
  summary: "keep a tool, integration or agent off until it is closed",
  description: ["No time and no good probe ends it; a commander does, with firebreak breaker close."],
  positionals: [BREAKER, SUBJECT],
  options: REASON,
  examples: ['firebreak breaker isolate tools send_mail --reason "sends to the wrong people"'],
  exits: [...ASKS_SERVER, "notFound"],
  run: (context) => changeBreaker(isolate, context, "isolate"),
};

const close: Command = {
  name: "breaker close",
  summary: "let acts pass again that failures or a person cut off",
  description: ["Needs the role commander."],
  positionals: [BREAKER, SUBJECT],
  options: REASON,
  examples: ['firebreak breaker close tools send_mail --reason "the list is mended"'],
  exits: [...ASKS_SERVER, "notFound"],
  run: (context) => changeBreaker(close, context, "close"),
};

async function changeBreaker(command: Command, context: CommandContext, verb: "isolate" | "close"): Promise<number> {
  const { client, output, args } = context;
  const request = { breaker: args.positional(0), subject: args.positional(1), reason: reasonOf(command, context) };
  const view = await client.post(breakerView, `/breakers/${verb}`, request);
  output.result(view);
  output.line(`The circuit breaker ${printable(view.breaker)} of ${printable(view.subject)} is ${view.state}.`);
  return EXIT.ok;
}

function reasonOf(command: Command, { args }: CommandContext): string {
  const reason = args.text("reason");
  if (reason === undefined) throw usageError(command, 'Say why with --reason "…".');
  return reason;
}

function queryOf(agent: string | undefined): string {
  return agent === undefined ? "" : `?${new URLSearchParams({ agent }).toString()}`;
}

export const ledgerCommands: readonly Command[] = [listBudgets, showBudget, resetBudget, listBreakers, isolate, close];
