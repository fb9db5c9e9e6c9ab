import { APPROVAL_STATES, approvalView, pageOf } from "@firebreak/protocol";
import type { ApprovalAnswer, ApprovalView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { durationText, timeText } from "../format.ts";
import { printable } from "../printable.ts";

const ID = { name: "ID", summary: "its id, apr_…" } as const;
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const LIMIT = { min: 1, max: 500 };
const EXAMPLE_ID = "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZB";

const pathOf = ({ args }: CommandContext) => `/approvals/${encodeURIComponent(args.positional(0) ?? "")}`;

const listCommand: Command = {
  name: "approvals list",
  summary: "what waits for a person to approve or deny",
  options: {
    state: { type: "string", value: "STATE", summary: `${APPROVAL_STATES.join(", ")} or all (pending)` },
    unreviewed: { type: "boolean", summary: "only broken glass that nobody has reviewed" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: ["firebreak approvals list", "firebreak approvals list --state all --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, clock }) => {
    const unreviewed = args.flag("unreviewed");
    const state = args.text("state") ?? (unreviewed ? "all" : "pending");
    const known = APPROVAL_STATES.find((candidate) => candidate === state);
    if (known === undefined && state !== "all") {
      throw usageError(listCommand, `--state is one of ${APPROVAL_STATES.join(", ")} or all.`);
    }
    const filter = `${known === undefined ? "" : `state=${known}&`}${unreviewed ? "unreviewed=true&" : ""}`;
    const limit = args.count("limit", LIMIT) ?? 50;
    const page = await client.get(pageOf(approvalView), `/approvals?${filter}limit=${limit}`);
    output.result(page);
    if (page.items.length === 0) output.line("Nothing waits for an answer.");
    else {
      output.table(
        ["ID", "STATE", "ANSWERS", "EXPIRES", "ASKED BY", "QUESTION"],
        page.items.map((one) => [
          one.id,
          one.state,
          `${approvedCount(one)} of ${one.answersNeeded}`,
          expiryText(one, clock.now()),
          printable(one.requestedBy.name),
          printable(one.title),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const approvedCount = ({ answers }: ApprovalView) => answers.filter((one) => one.answer === "approved").length;

function expiryText({ state, expiresAt }: ApprovalView, now: number): string {
  if (state !== "pending" && state !== "approved") return "-";
  return `in ${durationText(Math.max(0, Date.parse(expiresAt) - now))}`;
}

const showCommand: Command = {
  name: "approvals show",
  summary: "one question, with exactly what would be done",
  positionals: [ID],
  examples: [`firebreak approvals show ${EXAMPLE_ID}`],
  exits: EXITS,
  run: async (context) => {
    const approval = await context.client.get(approvalView, pathOf(context));
    context.output.result(approval);
    printApproval(context, approval);
    return EXIT.ok;
  },
};

function printApproval({ output, clock }: CommandContext, approval: ApprovalView): void {
  const { style } = output;
  output.line(style.bold(printable(approval.title)));
  output.line(`${approval.id}, ${approval.state}, asked by ${printable(approval.requestedBy.name)}`);
  output.line(`Why: ${printable(approval.reason)}`);
  for (const line of approval.preview) output.line(`  - ${printable(line)}`);
  output.line(`Would do ${approval.kind} with exactly: ${printable(JSON.stringify(approval.arguments))}`);
  for (const line of approval.checklist) output.line(`To check: ${printable(line)}`);
  for (const one of approval.answers) {
    output.line(`${printable(one.by.name)} ${one.answer} at ${timeText(one.at)} UTC: ${printable(one.reason)}`);
  }
  printBrokenGlass(output, approval);
  if (approval.outcome !== null) output.line(`Outcome: ${printable(approval.outcome)}`);
  if (approval.state !== "pending") return;
  const left = approval.answersNeeded - approvedCount(approval);
  output.line(
    `Needs ${left} more person(s) with the role ${approval.role}; expires ${expiryText(approval, clock.now())}.`,
  );
  if (approval.refusal !== null) output.line(style.yellow(printable(approval.refusal)));
}

function printBrokenGlass({ line, style }: CommandContext["output"], { id, breakGlass, reviewed }: ApprovalView): void {
  if (breakGlass === null) return;
  line(style.red(`BREAK-GLASS by ${printable(breakGlass.by.name)}: ${printable(breakGlass.reason)}`));
  if (reviewed === null)
    line(style.red(`Not reviewed yet: firebreak approvals review ${id} --verdict justified --note TEXT`));
  else {
    const verdict = reviewed.verdict.replaceAll("_", " ");
    line(`Reviewed by ${printable(reviewed.by.name)}: ${verdict} — ${printable(reviewed.note)}`);
  }
}

const REASON: Option = { type: "string", value: "TEXT", summary: "why, for the record (needed)" };
const CHECKED: Option = { type: "boolean", summary: "everything on its checklist was checked" };

/** @throws OperatorError (usage) when the question has a check-list and nobody says that it was checked */
function refuseUnchecked(command: Command, context: CommandContext, { checklist }: ApprovalView): void {
  if (checklist.length === 0 || context.args.flag("checked")) return;
  const list = checklist.map((line) => `\n  - ${printable(line)}`).join("");
  throw usageError(command, `Check first, then say --checked:${list}`);
}

const breakGlassCommand: Command = {
  name: "approvals break-glass",
  summary: "approve a playbook's step alone; reviewed afterwards",
  description: [
    "Only in an incident of severity 1, and only with the role commander, when who should answer cannot be reached. It stands in " +
      "the incident as broken glass and stays open until another person has reviewed it.",
  ],
  positionals: [ID],
  options: { reason: REASON, checked: CHECKED },
  examples: [`firebreak approvals break-glass ${EXAMPLE_ID} --reason "nobody answers the phone" --checked`],
  exits: EXITS,
  run: async (context) => {
    const reason = context.args.requiredText("reason", 3);
    const asked = await context.client.get(approvalView, pathOf(context));
    refuseUnchecked(breakGlassCommand, context, asked);
    const body = { reason, digest: asked.digest, checked: asked.checklist };
    const answered = await context.client.post(approvalView, `${pathOf(context)}/break-glass`, body);
    context.output.result(answered);
    printApproval(context, answered);
    return EXIT.ok;
  },
};

const VERDICTS = ["justified", "not_justified"] as const;

const reviewCommand: Command = {
  name: "approvals review",
  summary: "say whether breaking the glass was justified",
  description: ["Who broke it cannot review it. The first review counts."],
  positionals: [ID],
  options: {
    verdict: { type: "string", value: "VERDICT", summary: `${VERDICTS.join(" or ")} (needed)` },
    note: { type: "string", value: "TEXT", summary: "what you found, for the record (needed)" },
  },
  examples: [`firebreak approvals review ${EXAMPLE_ID} --verdict justified --note "nobody else was awake"`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const verdict = VERDICTS.find((one) => one === args.text("verdict"));
    if (verdict === undefined) throw usageError(reviewCommand, `--verdict is ${VERDICTS.join(" or ")}.`);
    const body = { verdict, note: args.requiredText("note", 3) };
    const reviewed = await client.post(approvalView, `${pathOf(context)}/review`, body);
    output.result(reviewed);
    printApproval(context, reviewed);
    return EXIT.ok;
  },
};

interface Words {
  readonly name: string;
  readonly answer: ApprovalAnswer;
  readonly summary: string;
}

function answerCommand({ name, answer, summary }: Words): Command {
  const checks = answer === "approved";
  const command: Command = {
    name,
    summary,
    description: [
      "The answer is bound to exactly what the question says now; it allows that once, until the question expires. " +
        "Who asked cannot approve. This command line answers as the owner, whatever the user's name.",
    ],
    positionals: [ID],
    options: {
      reason: REASON,
      ...(checks ? { checked: CHECKED } : {}),
    },
    examples: [`firebreak ${name} ${EXAMPLE_ID} --reason "looked at it with Ada"${checks ? " --checked" : ""}`],
    exits: EXITS,
    run: async (context) => {
      const reason = context.args.requiredText("reason", 3);
      const asked = await context.client.get(approvalView, pathOf(context));
      if (checks) refuseUnchecked(command, context, asked);
      const body = { answer, reason, digest: asked.digest, checked: checks ? asked.checklist : [] };
      const answered = await context.client.post(approvalView, `${pathOf(context)}/answer`, body);
      context.output.result(answered);
      printApproval(context, answered);
      return EXIT.ok;
    },
  };
  return command;
}

export const approvalCommands: readonly Command[] = [
  listCommand,
  showCommand,
  answerCommand({ name: "approvals approve", answer: "approved", summary: "let it be done, once" }),
  answerCommand({ name: "approvals deny", answer: "denied", summary: "say no, or withdraw what you asked" }),
  breakGlassCommand,
  reviewCommand,
];
