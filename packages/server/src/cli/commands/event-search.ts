import { setTimeout as wait } from "node:timers/promises";
import { EVENT_KINDS, EVENT_MARKS, EVENT_OUTCOMES, EVENT_RISKS, eventHistogram, eventPage } from "@firebreak/protocol";
import type { EventPage, EventView } from "@firebreak/protocol";
import { OperatorError, toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration, readTime } from "../read-time.ts";

const text = (value: string, summary: string): Option => ({ type: "string", value, summary });

/** Filters as the API takes them, by the same names. */
const FILTERS = {
  agent: text("ID", "of one agent"),
  pack: text("PACK", "of one pack"),
  session: text("ID", "of one session"),
  run: text("ID", "of one run"),
  kind: text("KIND", `one, or several with commas: ${EVENT_KINDS.slice(0, 3).join(", ")}, …`),
  outcome: text("OUTCOME", EVENT_OUTCOMES.join(", ")),
  risk: text("RISK", EVENT_RISKS.join(", ")),
  source: text("NAME", "reported by this source"),
  resource: text("TEXT", "about this resource; * at its end: all that begin so"),
  rule: text("ID", "that alerts of this rule name"),
  has: text("MARK", EVENT_MARKS.join(", ")),
} satisfies Record<string, Option>;

const SEARCH_OPTIONS: Readonly<Record<string, Option>> = {
  ...FILTERS,
  path: { type: "string", value: "CONDITION", repeatable: true, summary: "on the record, for example data.tool=exec" },
  since: text("TIME", "of this time and later: 2h, 7d, or 2026-03-01T22:00:00Z"),
  until: text("TIME", "before this time"),
};

const SEARCH_HELP =
  "Filters hold all at once. docs/search.md explains words, phrases and conditions. A search that would take long " +
  "ends after three seconds and says how far back it came.";
const LIMIT = { min: 1, max: 500 };
const TEXT_CHARACTERS_MAX = 200;

/** @returns the filters as the query of the API */
function toQuery(command: Pick<Command, "name">, context: CommandContext): URLSearchParams {
  const { args, clock } = context;
  const query = new URLSearchParams();
  for (const name of Object.keys(FILTERS)) {
    const value = args.text(name);
    if (value !== undefined) query.set(name, value);
  }
  for (const path of args.texts("path")) query.append("path", path);
  for (const name of ["since", "until"]) {
    const ago = readDuration(args.text(name) ?? "");
    const timeMs = ago === undefined ? readTime(command, args, name) : clock.now() - ago;
    if (timeMs !== undefined) query.set(name, toIso(timeMs));
  }
  return query;
}

async function printPage(context: CommandContext, query: URLSearchParams): Promise<number> {
  const { client, output } = context;
  const page = await client.get(eventPage, `/events?${query.toString()}`);
  output.result(page);
  for (const event of page.items) output.line(describeEvent(event));
  tellEnd(context, page);
  return EXIT.ok;
}

function tellEnd({ output }: CommandContext, { items, next, searchedBackTo }: EventPage): void {
  if (searchedBackTo !== null) output.note(`Searched back to ${searchedBackTo} only; go on with --after ${next ?? ""}`);
  else if (items.length === 0) output.note("No such event.");
  else if (next !== null) output.note(`There are more: --after ${next}`);
}

/** @returns one line; nothing in it can steer a terminal */
function describeEvent(event: EventView): string {
  const what = event.data["command"] ?? event.data["content"] ?? event.data["message"] ?? event.resource ?? "";
  const shown = printable(typeof what === "string" ? what : JSON.stringify(what)).slice(0, TEXT_CHARACTERS_MAX);
  return `${timeText(event.time)}  ${event.agent.id}  ${event.kind}  ${event.outcome}  ${shown}`;
}

const PAGE_OPTIONS: Readonly<Record<string, Option>> = {
  ...SEARCH_OPTIONS,
  oldest: { type: "boolean", summary: "oldest first" },
  limit: text("N", "how many (50, at most 500)"),
  after: text("NEXT", "go on behind the page before"),
};

function toPageQuery(command: Pick<Command, "name">, context: CommandContext): URLSearchParams {
  const { args } = context;
  const query = toQuery(command, context);
  const after = args.text("after");
  query.set("limit", String(args.count("limit", LIMIT) ?? 50));
  if (args.flag("oldest")) query.set("order", "oldest");
  if (after !== undefined) query.set("after", after);
  return query;
}

const list: Command = {
  name: "events list",
  summary: "stored events by time, newest first, with filters",
  description: [SEARCH_HELP],
  options: PAGE_OPTIONS,
  examples: [
    "firebreak events list --agent scout --outcome denied --since 2h",
    "firebreak events list --kind network --path data.url~example.org --json",
  ],
  exits: ASKS_SERVER,
  run: (context) => printPage(context, toPageQuery(list, context)),
};

const search: Command = {
  name: "events search",
  summary: "stored events that hold all of the words",
  description: [
    SEARCH_HELP,
    `Words are whole; curl* finds curling too. A phrase stands in quotes of its own: '"rm -rf"'.`,
  ],
  positionals: [{ name: "WORDS", summary: "what must stand in the record", many: true }],
  options: PAGE_OPTIONS,
  examples: [
    "firebreak events search evil.example.org --since 7d",
    `firebreak events search '"drop table"' --agent scout`,
  ],
  exits: ASKS_SERVER,
  run: (context) => {
    const query = toPageQuery(search, context);
    query.set("text", context.args.positionals.join(" "));
    return printPage(context, query);
  },
};

const show: Command = {
  name: "events show",
  summary: "one event, whole",
  positionals: [{ name: "ID", summary: "the event's id" }],
  examples: ["firebreak events show evt_01J00000000000000000000000"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const id = args.positional(0) ?? "";
    const query = new URLSearchParams({ path: `id=${id}` });
    const { items } = await client.get(eventPage, `/events?${query.toString()}`);
    const [event] = items;
    if (event === undefined) {
      throw new OperatorError(
        `There is no event ${printable(id)}.`,
        "See `firebreak events list`; old events may be deleted.",
      );
    }
    output.result(event);
    for (const line of JSON.stringify(event, null, 2).split("\n")) output.line(printable(line));
    return EXIT.ok;
  },
};

const BARS = "▁▂▃▄▅▆▇█";

const histogram: Command = {
  name: "events histogram",
  summary: "how many events there are over time, as a line of bars",
  description: [SEARCH_HELP, "Without --since: the last 24 hours."],
  options: {
    ...SEARCH_OPTIONS,
    text: text("WORDS", "that hold all of these words"),
    by: text("WHAT", "outcome, risk or kind; for --json"),
    buckets: text("N", "how many bars at most (60)"),
  },
  examples: ["firebreak events histogram --outcome denied --since 24h", "firebreak events histogram --by kind --json"],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, client, output } = context;
    const query = toQuery(histogram, context);
    query.set("buckets", String(args.count("buckets", { min: 1, max: 200 }) ?? 60));
    for (const name of ["by", "text"]) {
      const value = args.text(name);
      if (value !== undefined) query.set(name, value);
    }
    const counted = await client.get(eventHistogram, `/events/histogram?${query.toString()}`);
    output.result(counted);
    const most = Math.max(1, ...counted.buckets.map(({ count }) => count));
    output.line(counted.buckets.map(({ count }) => barOf(count, most)).join(""));
    output.line(
      `${timeText(counted.since)} to ${timeText(counted.until)}: ${counted.total} events, at most ${most} in ${counted.bucketMs / 1000} s`,
    );
    if (counted.countedBackTo !== null) output.note(`Counted back to ${counted.countedBackTo} only.`);
    return EXIT.ok;
  },
};

function barOf(count: number, most: number): string {
  return count === 0 ? " " : (BARS[Math.ceil((count / most) * BARS.length) - 1] ?? " ");
}

const POLL_MS = 500;
/** Events whose source clock is up to this late are still shown. */
const LATENESS_MS = 60_000;

const follow: Command = {
  name: "events follow",
  summary: "events as they arrive, with filters, until Ctrl-C",
  description: ["In the order of arrival. --json prints one event a line."],
  options: {
    ...FILTERS,
    path: SEARCH_OPTIONS["path"] ?? text("", ""),
    text: text("WORDS", "that hold all of these words"),
  },
  examples: ["firebreak events follow --outcome denied", "firebreak events follow --text curl --json"],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, client, clock, output } = context;
    const words = args.text("text");
    if (words?.trim() === "") throw usageError(follow, "--text takes at least one word.");
    const fetchLatest = async () => {
      const query = toQuery(follow, context);
      query.set("since", toIso(clock.now() - LATENESS_MS));
      query.set("limit", "500");
      if (words !== undefined) query.set("text", words);
      const { items } = await client.get(eventPage, `/events?${query.toString()}`);
      return items.toSorted((a, b) => a.seq - b.seq);
    };
    let last = (await fetchLatest()).at(-1)?.seq ?? 0;
    for (;;) {
      await wait(POLL_MS);
      const fresh = (await fetchLatest()).filter(({ seq }) => seq > last);
      for (const event of fresh) {
        if (output.json) output.raw(`${JSON.stringify(event)}\n`);
        output.line(describeEvent(event));
      }
      last = fresh.at(-1)?.seq ?? last;
    }
  },
};

export const eventSearchCommands: readonly Command[] = [list, search, show, histogram, follow];
