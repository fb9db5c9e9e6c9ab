import {
  erasurePreview,
  erasureView,
  keyRotationView,
  originalsView,
  pageOf,
  redactionCategory,
  revealView,
} from "@firebreak/protocol";
import type { ErasurePreview, ErasureView, RedactionCategory } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const EVENT = { name: "EVENT", summary: "the event's id" } as const;
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const EXAMPLE_ID = "evt_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const LIMIT = { min: 1, max: 500 };
const TIME = { type: "string", value: "TIME", summary: "the event's time, where several have this id" } as const;
const REASON = { type: "string", value: "TEXT", summary: "why, for the audit log (needed)" } as const;

const pathOf = ({ args }: CommandContext) => `/events/${encodeURIComponent(args.positional(0) ?? "")}`;

const reveal: Command = {
  name: "reveal",
  summary: "show what redaction took out of an event",
  description: [
    "Only where the profile makes redaction reversible, and only for persons of the role that it names. Who asked and why is in " +
      "the audit log before anything is shown. The values are shown once: what prints them keeps them, so beware of scrollback and logs.",
  ],
  positionals: [EVENT],
  options: {
    reason: REASON,
    path: { type: "string", value: "PATH", summary: "only what stood there, such as data.output" },
    category: { type: "string", value: "KIND", summary: "only of one category, such as EMAIL" },
    time: TIME,
  },
  examples: [
    `firebreak reveal ${EXAMPLE_ID} --reason "whom did it write to, INC-2026-0007"`,
    `firebreak reveal ${EXAMPLE_ID} --path data.output --reason "GDPR request 12" --json`,
  ],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const reason = args.requiredText("reason", 3);
    const [category] = readCategories(reveal, args.text("category"));
    const [path, time] = [args.text("path"), args.text("time")];
    const body = {
      reason,
      ...(path !== undefined && { path }),
      ...(time !== undefined && { time }),
      ...(category !== undefined && { category }),
    };
    const view = await client.post(revealView, `${pathOf(context)}/reveal`, body);
    output.result(view);
    output.table(
      ["CATEGORY", "TYPE", "PATH", "VALUE"],
      view.values.map((one) => [one.category, one.type, printable(one.path), printable(one.text)]),
    );
    for (const { category: other, problem } of view.unreadable) output.note(`${other}: ${printable(problem)}`);
    output.note(`This is on record. You may reveal ${view.left} more times within the hour.`);
    return EXIT.ok;
  },
};

const show: Command = {
  name: "originals show",
  summary: "what was kept of a redacted event, and who has seen it",
  positionals: [EVENT],
  options: { time: TIME },
  examples: [`firebreak originals show ${EXAMPLE_ID}`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const time = args.text("time");
    const query = time === undefined ? "" : `?time=${encodeURIComponent(time)}`;
    const view = await client.get(originalsView, `${pathOf(context)}/originals${query}`);
    output.result(view);
    if (view.items.length === 0) output.line("Nothing of this event was kept.");
    for (const { category, state, erasure } of view.items) {
      const how = erasure === null ? "" : ` on ${timeText(erasure.at)} UTC by ${printable(erasure.by.name)}`;
      output.line(`${category}: ${state}${how}`);
    }
    for (const { at, by, reason, categories } of view.reveals) {
      output.line(`${printable(by.name)} saw ${categories.join(", ")} at ${timeText(at)} UTC: ${printable(reason)}`);
    }
    if (view.refusal !== null) output.note(printable(view.refusal));
    return EXIT.ok;
  },
};

const erase: Command = {
  name: "erase",
  summary: "destroy the keys of redacted originals, for good",
  description: [
    "Without --yes it shows what would be erased and changes nothing. What was erased can be revealed by nobody any more, also not " +
      "from the database; events, their tokens and the audit log stay as they are. Copies of the database that were made before open " +
      "until the key is changed: firebreak originals rotate-key.",
  ],
  options: {
    agent: { type: "string", value: "ID", summary: "of one agent's events" },
    category: { type: "string", value: "KINDS", summary: "of these categories: EMAIL,PHONE; secrets; pii" },
    since: { type: "string", value: "DAY", summary: "of events of this day (UTC) and later: 2026-03-01" },
    before: { type: "string", value: "DAY", summary: "of events before this day (UTC): 2026-03-01" },
    everything: { type: "boolean", summary: "all that was ever kept" },
    reason: { ...REASON, summary: "why, for the audit log (needed with --yes)" },
    yes: { type: "boolean", summary: "erase it" },
  },
  examples: [
    "firebreak erase --agent scout --category pii",
    'firebreak erase --before 2026-02-01 --reason "kept for 30 days" --yes',
  ],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const scope = readScope(context);
    const preview = await client.post(erasurePreview, "/erasures/preview", scope);
    if (!args.flag("yes")) {
      output.result(preview);
      printPreview(context, preview);
      return EXIT.ok;
    }
    const reason = args.requiredText("reason", 3);
    const view = await client.post(erasureView, "/erasures", { ...scope, reason });
    output.result(view);
    output.line(`Erased: ${view.keys} keys of ${preview.originals} originals (${view.id}).`);
    output.note("Copies of the database from before still open: firebreak originals rotate-key");
    return EXIT.ok;
  },
};

function readScope({ args }: CommandContext) {
  const categories = readCategories(erase, args.text("category"));
  const [agent, since, before] = [args.text("agent"), readDay(args.text("since")), readDay(args.text("before"))];
  const scope = {
    ...(agent !== undefined && { agent }),
    ...(categories.length > 0 && { categories }),
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
  };
  const everything = args.flag("everything");
  if (everything !== (Object.keys(scope).length === 0)) {
    throw usageError(erase, "Say what to erase: --agent, --category, --since, --before; or --everything alone.");
  }
  return { ...scope, everything };
}

function readDay(text: string | undefined): string | undefined {
  if (text === undefined || (/^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(text)))) return text;
  throw usageError(erase, `"${printable(text)}" is no day; write it as 2026-03-01.`);
}

const SECRETS: readonly RedactionCategory[] = ["KEY", "PWD"];
const CLASSES: ReadonlyMap<string, readonly RedactionCategory[]> = new Map([
  ["secrets", SECRETS],
  ["pii", redactionCategory.options.filter((category) => !SECRETS.includes(category))],
]);

function readCategories(command: Command, text: string | undefined): RedactionCategory[] {
  if (text === undefined) return [];
  return text.split(",").flatMap((word) => {
    const members = CLASSES.get(word.toLowerCase());
    if (members !== undefined) return members;
    const category = redactionCategory.safeParse(word.toUpperCase());
    if (category.success) return [category.data];
    throw usageError(command, `--category takes ${redactionCategory.options.join(", ")}; secrets and pii for erase.`);
  });
}

function printPreview({ output }: CommandContext, preview: ErasurePreview): void {
  const { keys, originals, agents, categories, firstDay, lastDay, heldBy } = preview;
  if (keys === 0) {
    output.line("There is nothing to erase: no original of these is kept.");
    return;
  }
  output.line(`Would destroy ${keys} keys of ${originals} originals of ${agents} agents: ${categories.join(", ")}.`);
  output.line(`Events of ${firstDay ?? ""} to ${lastDay ?? ""}. Nothing was erased; add --yes and --reason to do it.`);
  for (const hold of heldBy) output.note(`Held: ${printable(hold)}`);
}

const erasures: Command = {
  name: "originals erasures",
  summary: "what was erased for good, by whom and why",
  options: { limit: { type: "string", value: "N", summary: "no more than N (50)" } },
  examples: ["firebreak originals erasures"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const page = await client.get(pageOf(erasureView), `/erasures?limit=${args.count("limit", LIMIT) ?? 50}`);
    output.result(page);
    if (page.items.length === 0) output.line("Nothing was erased.");
    else output.table(["ID", "AT (UTC)", "BY", "KEYS", "WHAT", "WHY"], page.items.map(rowOf));
    return EXIT.ok;
  },
};

function rowOf({ id, at, by, keys, scope, reason }: ErasureView): string[] {
  const { agent, categories, since, before } = scope;
  const what = [
    agent,
    categories?.join(","),
    since === undefined ? undefined : `since ${since}`,
    before === undefined ? undefined : `before ${before}`,
  ].filter((part) => part !== undefined);
  const whole = what.length === 0 ? "everything" : what.join(" ");
  return [id, timeText(at), printable(by.name), String(keys), printable(whole), printable(reason)];
}

const rotateKey: Command = {
  name: "originals rotate-key",
  summary: "encrypt the keys of originals with a new key",
  description: [
    "The key before is forgotten, so that copies of the database from before open nothing any more. When the profile says from where " +
      "the key comes (redaction.key), put a new one in front of it there, restart the server, and then run this.",
  ],
  examples: ["firebreak originals rotate-key"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.post(keyRotationView, "/originals/rotate-key", {});
    output.result(view);
    output.line(`The key is ${view.keyId} now; ${view.rewrapped} keys are encrypted with it.`);
    for (const id of view.retired) output.note(`Nothing needs the key ${id} any more.`);
    return EXIT.ok;
  },
};

export const originalCommands: readonly Command[] = [reveal, show, erase, erasures, rotateKey];
