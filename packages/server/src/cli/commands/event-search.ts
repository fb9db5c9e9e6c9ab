import { eventHistogram, eventPage } from "@firebreak/protocol";
import type { EventPage } from "@firebreak/protocol";
import type { Command, CommandContext, Option } from "../command.ts";
import { describeEvent, EVENT_HEADINGS } from "../event-line.ts";
import { EVENT_QUERY_OPTIONS, readEventQuery } from "../event-query.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";

const SEARCH_HELP =
  "Filters hold all at once. docs/search.md explains words, phrases and conditions. A search that would take long " +
  "ends after three seconds and says how far back it came.";
const LIMIT = { min: 1, max: 500 };

const PAGE_OPTIONS: Readonly<Record<string, Option>> = {
  ...EVENT_QUERY_OPTIONS,
  oldest: { type: "boolean", summary: "oldest first" },
  limit: { type: "string", value: "N", summary: "how many (50, at most 500)" },
  after: { type: "string", value: "NEXT", summary: "go on behind the page before" },
};

async function readPageQuery(command: Pick<Command, "name">, context: CommandContext): Promise<URLSearchParams> {
  const { args } = context;
  const query = await readEventQuery(command, context);
  const after = args.text("after");
  query.set("limit", String(args.count("limit", LIMIT) ?? 50));
  if (args.flag("oldest")) query.set("order", "oldest");
  if (after !== undefined) query.set("after", after);
  return query;
}

async function printPage(context: CommandContext, query: URLSearchParams): Promise<number> {
  const { client, output } = context;
  const page = await client.get(eventPage, `/events?${query.toString()}`);
  output.result(page);
  const rows = page.items.map((event) => describeEvent(event, output.style));
  if (rows.length > 0) output.table(EVENT_HEADINGS, rows);
  tellEnd(context, page);
  return EXIT.ok;
}

function tellEnd({ output }: CommandContext, { items, next, searchedBackTo }: EventPage): void {
  if (searchedBackTo !== null) output.note(`Searched back to ${searchedBackTo} only; go on with --after ${next ?? ""}`);
  else if (items.length === 0) output.note("No such event.");
  else if (next !== null) output.note(`There are more: --after ${next}`);
}

const list: Command = {
  name: "events list",
  summary: "stored events by time, newest first, with filters",
  description: [SEARCH_HELP, "What comes from now on: events follow."],
  options: PAGE_OPTIONS,
  examples: [
    "firebreak events list --agent scout --outcome denied --since 2h",
    "firebreak events list --kind network --path data.url~example.org --json",
    "firebreak events list --view denied-calls --since 24h",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => printPage(context, await readPageQuery(list, context)),
};

const { text: _text, ...SEARCH_OPTIONS } = PAGE_OPTIONS;

const search: Command = {
  name: "events search",
  summary: "stored events that hold all of the words",
  description: [
    SEARCH_HELP,
    `Words are whole; curl* finds curling too. A phrase stands in quotes of its own: '"rm -rf"'.`,
  ],
  positionals: [{ name: "WORDS", summary: "what must stand in the record", many: true }],
  options: SEARCH_OPTIONS,
  examples: [
    "firebreak events search evil.example.org --since 7d",
    `firebreak events search '"drop table"' --agent scout`,
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const query = await readPageQuery(search, context);
    query.set("text", context.args.positionals.join(" "));
    return printPage(context, query);
  },
};

const BARS = "▁▂▃▄▅▆▇█";

const histogram: Command = {
  name: "events histogram",
  summary: "how many events there are over time, as a line of bars",
  description: [SEARCH_HELP, "Without --since: the last 24 hours."],
  options: {
    ...EVENT_QUERY_OPTIONS,
    by: { type: "string", value: "WHAT", summary: "outcome, risk or kind; for --json" },
    buckets: { type: "string", value: "N", summary: "how many bars at most (60)" },
  },
  examples: ["firebreak events histogram --outcome denied --since 24h", "firebreak events histogram --by kind --json"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { args, client, output } = context;
    const query = await readEventQuery(histogram, context);
    const by = args.text("by");
    query.set("buckets", String(args.count("buckets", { min: 1, max: 200 }) ?? 60));
    if (by !== undefined) query.set("by", by);
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

export const eventSearchCommands: readonly Command[] = [list, search, histogram];
