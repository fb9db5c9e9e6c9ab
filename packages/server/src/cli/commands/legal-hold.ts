import { LEGAL_HOLD_SCOPES, legalHoldRelease, legalHoldView, pageOf } from "@firebreak/protocol";
import type { LegalHoldView } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, ParsedArguments } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readTime } from "../read-time.ts";

const EXITS = [...ASKS_SERVER, "notFound"] as const;

const whatOf = ({ scope, target }: LegalHoldView): string =>
  target === null ? "everything" : `${scope} ${printable(target)}`;

const rangeOf = ({ from, to }: LegalHoldView): string =>
  from === null && to === null
    ? "always"
    : `${from === null ? "…" : timeText(from)} to ${to === null ? "…" : timeText(to)}`;

const list: Command = {
  name: "legal-hold list",
  summary: "what is kept for a case, whatever the policy says",
  options: { released: { type: "boolean", summary: "those that were released too" } },
  examples: ["firebreak legal-hold list", "firebreak legal-hold list --released --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const page = await client.get(pageOf(legalHoldView), `/legal-holds?released=${args.flag("released")}`);
    output.result(page);
    if (page.items.length === 0) output.line("No legal hold is in force.");
    else {
      output.table(
        ["ID", "CASE", "HOLDS", "TIME (UTC)", "SINCE (UTC)", "BY", "STATE", "REASON"],
        page.items.map((hold) => [
          hold.id,
          printable(hold.caseId),
          whatOf(hold),
          rangeOf(hold),
          timeText(hold.appliedAt),
          printable(hold.appliedBy.name),
          stateOf(hold),
          printable(hold.reason),
        ]),
      );
    }
    return EXIT.ok;
  },
};

function stateOf({ releasedAt, approvalId }: LegalHoldView): string {
  if (releasedAt !== null) return `released ${timeText(releasedAt)}`;
  return approvalId === null ? "in force" : `in force, release asked: ${approvalId}`;
}

const apply: Command = {
  name: "legal-hold apply",
  summary: "keep everything in a scope until two persons release it",
  description: [
    "Nothing in the scope is deleted, archived out of the database, or taken from the archive while the hold is in force. " +
      "A hold of an incident is of its records, its evidence, and what its agents did from a day before it began to its " +
      "end. Rows that do not say whose they are are held when they mention the name.",
  ],
  options: {
    case: { type: "string", value: "ID", summary: "of the case (needed)" },
    scope: { type: "string", value: "SCOPE", summary: `${LEGAL_HOLD_SCOPES.join(", ")} (needed)` },
    target: { type: "string", value: "NAME", summary: "the incident, agent, pack, session or evidence archive" },
    from: { type: "string", value: "WHEN", summary: "only what happened from then: 2026-03-01T00:00:00Z" },
    to: { type: "string", value: "WHEN", summary: "only what happened until then" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
  },
  examples: [
    'firebreak legal-hold apply --case 2026-17 --scope incident --target INC-2026-0007 --reason "claim of Example Ltd"',
    'firebreak legal-hold apply --case 2026-18 --scope all --from 2026-03-01T00:00:00Z --reason "inquiry"',
  ],
  exits: EXITS,
  run: async ({ client, output, args }) => {
    const scope = LEGAL_HOLD_SCOPES.find((one) => one === args.text("scope"));
    if (scope === undefined) throw usageError(apply, `--scope is one of ${LEGAL_HOLD_SCOPES.join(", ")}.`);
    const target = args.text("target") ?? null;
    if ((scope === "all") !== (target === null)) {
      throw usageError(apply, "--target names what is held, for every scope but all.");
    }
    const hold = await client.post(legalHoldView, "/legal-holds", {
      caseId: args.requiredText("case"),
      scope,
      target,
      from: whenOf(args, "from"),
      to: whenOf(args, "to"),
      reason: args.requiredText("reason", 3),
    });
    output.result(hold);
    output.line(`${hold.id} is in force: case ${printable(hold.caseId)}, ${whatOf(hold)}, ${rangeOf(hold)}.`);
    return EXIT.ok;
  },
};

function whenOf(args: ParsedArguments, name: "from" | "to"): string | null {
  const time = readTime(apply, args, name);
  return time === undefined ? null : toIso(time);
}

const release: Command = {
  name: "legal-hold release",
  summary: "ask a second person to release a legal hold",
  description: [
    "It ends when another person approves (firebreak approvals approve). Where nobody else could approve, --alone ends it " +
      "at once, and the record says that one person was alone.",
  ],
  positionals: [{ name: "ID", summary: "its id, lgh_…" }],
  options: {
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    alone: { type: "boolean", summary: "where no second person could approve" },
  },
  examples: ['firebreak legal-hold release lgh_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "case 2026-17 is settled"'],
  exits: EXITS,
  run: async ({ client, output, args }) => {
    const id = encodeURIComponent(args.positional(0) ?? "");
    const body = { reason: args.requiredText("reason", 3), alone: args.flag("alone") };
    const answer = await client.post(legalHoldRelease, `/legal-holds/${id}/release`, body);
    output.result(answer);
    const { hold, released } = answer;
    if (released) output.line(`${hold.id} is released.`);
    else output.line(`${hold.id} stays in force until another person approves ${hold.approvalId ?? "the release"}.`);
    return EXIT.ok;
  },
};

export const legalHoldCommands: readonly Command[] = [list, apply, release];
