import { setTimeout as wait } from "node:timers/promises";
import { sessionReplayPage, sessionReplaySummary } from "@firebreak/protocol";
import type { SessionReplayPage, SessionReplaySummary } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { printMoment } from "../show-moment.ts";

const POLL_MS = 1_000;
const LIMIT = { min: 1, max: 500 };
const SEQ = { min: 1, max: Number.MAX_SAFE_INTEGER };

const replay: Command = {
  name: "session replay",
  summary: "what an agent's session said and did, as a conversation",
  description: [
    "Prompts, what the model said, each call with its arguments and what came of it, commands, files and addresses; what was " +
      "denied with what denied it; and in between times of which nothing is told, stops, resumes and what people did about it.",
    "Begins at the start of the session and prints one page; --all prints the whole, --event the part around one event, --follow " +
      "the end and what comes. Long texts are cut; --full prints what the page has of them, up to 8,192 characters.",
  ],
  positionals: [{ name: "ID", summary: "of the session: ses_…, or as its sender named it" }],
  options: {
    agent: { type: "string", value: "ID", summary: "of one agent, where several gave a session that name" },
    event: { type: "string", value: "SEQ", summary: "around the event of this number" },
    all: { type: "boolean", summary: "every page" },
    follow: { type: "boolean", short: "f", summary: "from the last page on, until Ctrl-C" },
    marks: { type: "boolean", summary: "only the moments worth jumping to: denied, alerted, failed" },
    full: { type: "boolean", summary: "long texts as well" },
    limit: { type: "string", value: "N", summary: "events on a page (200)" },
  },
  examples: [
    "firebreak session replay ses_01…",
    "firebreak session replay ses_01… --marks",
    "firebreak session replay ses_01… --event 5120 --full",
    "firebreak session replay ses_01… --follow",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { output, args, client } = context;
    const modes = ["event", "all", "follow", "marks"].filter(
      (name) => args.flag(name) || args.text(name) !== undefined,
    );
    if (modes.length > 1) throw usageError(replay, `Choose one of ${modes.map((name) => `--${name}`).join(", ")}.`);
    const base = `/sessions/${encodeURIComponent(args.positional(0) ?? "")}/replay`;
    const agent = args.text("agent");
    const own = agent === undefined ? "" : `?agent=${encodeURIComponent(agent)}`;
    const summary = await client.get(sessionReplaySummary, `${base}/summary${own}`);
    if (args.flag("marks")) return showMarks(output, summary);
    printSummary(output, summary);
    if (args.flag("follow")) return follow(context, base);
    const event = args.count("event", SEQ);
    let page = await fetchPage(context, base, event === undefined ? {} : { event: String(event) });
    printPage(context, page);
    while (args.flag("all") && page.next !== null) {
      page = await fetchPage(context, base, { after: page.next });
      printPage(context, page);
    }
    if (!args.flag("all") && page.next !== null) output.note("There is more: --all, --follow, or --event SEQ.");
    return EXIT.ok;
  },
};

async function fetchPage(
  { client, args }: CommandContext,
  base: string,
  place: Readonly<Record<string, string>>,
): Promise<SessionReplayPage> {
  const query = new URLSearchParams({ limit: String(args.count("limit", LIMIT) ?? 200), ...place });
  const agent = args.text("agent");
  if (agent !== undefined) query.set("agent", agent);
  return client.get(sessionReplayPage, `${base}?${query.toString()}`);
}

function printPage({ output, args }: CommandContext, page: SessionReplayPage): void {
  for (const moment of page.items) {
    if (output.json) output.raw(`${JSON.stringify(moment)}\n`);
    printMoment(output, moment, { full: args.flag("full") });
  }
}

/** Asks for the last page again and again, because what comes of a call stands beside the call. */
async function follow(context: CommandContext, base: string): Promise<never> {
  let printed = new Set<string>();
  for (;;) {
    const page = await fetchPage(context, base, { end: "true" });
    printPage(context, { ...page, items: page.items.filter((moment) => !printed.has(JSON.stringify(moment))) });
    printed = new Set(page.items.map((moment) => JSON.stringify(moment)));
    await wait(POLL_MS);
  }
}

function printSummary({ line, style }: Output, summary: SessionReplaySummary): void {
  const agents = summary.agents.map(({ id, pack }) => printable(pack === null ? id : `${id} (pack ${pack})`));
  line(style.bold(`Session ${printable(summary.id)} of ${agents.join(", ")}`));
  line(
    `${timeText(summary.firstAt)} to ${timeText(summary.lastAt)}, ${summary.events} events, ` +
      `${summary.denied} denied, ${summary.failed} failed`,
  );
  for (const { id, title } of summary.incidents) line(`Incident ${printable(id)}: ${printable(title)}`);
  line();
}

function showMarks(output: Output, summary: SessionReplaySummary): number {
  output.result({ items: summary.marks, cut: summary.marksCut });
  if (summary.marks.length === 0) output.line("Nothing of it was denied, failed or raised an alert.");
  else {
    output.table(
      ["EVENT", "WHEN (UTC)", "WHY", "WHAT"],
      summary.marks.map((mark) => [String(mark.seq), timeText(mark.at), mark.cause, printable(mark.text)]),
    );
  }
  if (summary.marksCut) output.note(`Only the first ${summary.marks.length} are named.`);
  return EXIT.ok;
}

export const sessionCommands: readonly Command[] = [replay];
