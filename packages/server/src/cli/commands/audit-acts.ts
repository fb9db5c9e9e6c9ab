import { auditView, pageOf } from "@firebreak/protocol";
import type { AuditView } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration, readTime } from "../read-time.ts";

const FILTERS = ["actor", "action", "target", "text"] as const;
const LIMIT = { min: 1, max: 500 };

const acts: Command = {
  name: "audit acts",
  summary: "what persons, tokens, rules and daemons did, newest first",
  description: [
    "Filters hold all at once. What agents did are events: `firebreak events search`.",
    "Each act is an entry of the log, with all fields in --json. That it is in there proves: `firebreak audit prove --act N`.",
  ],
  options: {
    actor: { type: "string", value: "WHO", summary: "id or name of who did it" },
    action: { type: "string", value: "ACT", summary: "an act, or all of a room with a dot: legal_hold." },
    target: { type: "string", value: "WHAT", summary: "what it was done to, such as the id of an incident" },
    text: { type: "string", value: "TEXT", summary: "stands somewhere in what was recorded" },
    since: { type: "string", value: "WHEN", summary: "from then on: 2h, 7d, or a time with its zone" },
    until: { type: "string", value: "WHEN", summary: "before then" },
    oldest: { type: "boolean", summary: "oldest first" },
    limit: { type: "string", value: "N", summary: "how many (50, at most 500)" },
    after: { type: "string", value: "NEXT", summary: "go on behind the page before" },
  },
  examples: [
    "firebreak audit acts --actor ada --since 24h",
    "firebreak audit acts --action legal_hold. --json",
    "firebreak audit acts --target INC-2026-0001 --oldest",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output } = context;
    const page = await client.get(pageOf(auditView), `/audit?${readQuery(context).toString()}`);
    output.result(page);
    const rows = page.items.map(describe);
    if (rows.length > 0) output.table(["time", "who", "act", "of", "number"], rows);
    else output.note("No such act.");
    if (page.next !== null) output.note(`There are more: --after ${page.next}`);
    return EXIT.ok;
  },
};

function readQuery({ args, clock }: CommandContext): URLSearchParams {
  const query = new URLSearchParams({ order: args.flag("oldest") ? "oldest" : "newest" });
  query.set("limit", String(args.count("limit", LIMIT) ?? 50));
  for (const name of [...FILTERS, "after"] as const) {
    const text = args.text(name);
    if (text !== undefined) query.set(name, text);
  }
  for (const name of ["since", "until"] as const) {
    const spanMs = readDuration(args.text(name) ?? "");
    const timeMs = spanMs === undefined ? readTime(acts, args, name) : clock.now() - spanMs;
    if (timeMs !== undefined) query.set(name, toIso(timeMs));
  }
  return query;
}

const describe = ({ at, actor, action, target, seq }: AuditView): string[] => [
  timeText(at),
  `${actor.kind} ${printable(actor.name)}`,
  action,
  target === null ? "" : printable(target),
  String(seq),
];

export const auditActCommands: readonly Command[] = [acts];
