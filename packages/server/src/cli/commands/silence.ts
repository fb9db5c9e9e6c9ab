import { pageOf, silencePreview, silenceView, WEEKDAYS } from "@firebreak/protocol";
import type { SilenceKind, SilenceView, WeeklyWindow } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, ParsedArguments } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { severityText, timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration, readTime } from "../read-time.ts";

const MATCHERS = {
  name: "MATCHER",
  summary: `conditions on labels that must all hold: team="db", host=~"web-.*"; also != and !~`,
  many: true,
} as const;
const LIMIT = { min: 1, max: 500 };
const EXITS = [...ASKS_SERVER, "notFound"] as const;

/** What differs between a silence and a maintenance window: words, and how long one may be. */
interface Words {
  readonly kind: SilenceKind;
  /** the command's first word */
  readonly noun: "silence" | "maintenance";
  readonly what: string;
}

const matchOf = (args: ParsedArguments) => args.positionals.join(", ");

function preview({ noun }: Words): Command {
  return {
    name: `${noun} preview`,
    summary: "what would be muted if it were on now; changes nothing",
    positionals: [MATCHERS],
    examples: [
      `firebreak ${noun} preview 'team="db"'`,
      `firebreak ${noun} preview agent=scout 'severity=~"medium|low"'`,
    ],
    exits: ASKS_SERVER,
    run: async ({ client, output, args }) => {
      const found = await client.post(silencePreview, "/silences/preview", { match: matchOf(args) });
      output.result(found);
      output.line(`It would mute ${found.matched} of ${found.openAlerts} open alert(s).`);
      if (found.containing > 0) {
        output.line(
          `${found.containing} of them contain an agent by themselves: those are spared, unless you mute containment.`,
        );
      }
      for (const warning of found.warnings) output.line(output.style.red(`Careful: ${printable(warning)}.`));
      if (found.sample.length > 0) {
        output.table(
          ["ID", "SEVERITY", "TITLE"],
          found.sample.map((alert) => [
            alert.id,
            severityText(alert.severityLabel, alert.severity),
            printable(alert.title),
          ]),
        );
      }
      return EXIT.ok;
    },
  };
}

function add({ kind, noun, what }: Words): Command {
  const command: Command = {
    name: `${noun} add`,
    summary: kind === "silence" ? "mute the alerts that match, until a time" : "mute what is under maintenance",
    description: [
      `What ${what} holds opens no incident and tells nobody. It is shown with the reason (firebreak alerts list ` +
        "--held), and goes on when that ends while it is still open. Alerts that contain an agent by themselves are " +
        "spared, unless you say --mutes-containment (needs the role commander).",
      "One that would mute nearly everything is refused without --mute-everything.",
    ],
    positionals: [MATCHERS],
    options: {
      reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
      for: { type: "string", value: "TIME", summary: "how long: 30m, 2h, 7d" },
      until: { type: "string", value: "WHEN", summary: "instead of --for: 2026-03-01T22:00:00Z" },
      from: { type: "string", value: "WHEN", summary: "begins then, not now" },
      weekly: {
        type: "string",
        value: "WINDOW",
        summary: 'only in this stretch of every week: "sat,sun 22:00-06:00 Europe/Berlin"',
      },
      replaces: { type: "string", value: "ID", summary: "ends that one and takes its place: an edit" },
      "mutes-containment": { type: "boolean", summary: "also what contains an agent by itself: the agent runs on" },
      "mute-everything": { type: "boolean", summary: "confirms one that mutes nearly everything" },
    },
    examples: [
      `firebreak ${noun} add 'team="db"' --for 2h --reason "moving the database"`,
      `firebreak ${noun} add agent=scout --until 2026-12-31T00:00:00Z --weekly "sun 02:00-04:00 UTC" --reason backup`,
    ],
    exits: EXITS,
    run: async ({ client, output, args, clock }) => {
      const silence = await client.post(silenceView, "/silences", {
        kind,
        match: matchOf(args),
        reason: args.requiredText("reason", 3),
        ...timesOf(command, args, clock.now()),
        ...weeklyOf(command, args),
        replaces: args.text("replaces") ?? null,
        mutesContainment: args.flag("mutes-containment"),
        muteEverything: args.flag("mute-everything"),
      });
      output.result(silence);
      output.line(`${silence.id} is ${silence.state} and ends at ${timeText(silence.endsAt)} UTC.`);
      return EXIT.ok;
    },
  };
  return command;
}

function timesOf(command: Command, args: ParsedArguments, now: number): { startsAt?: string; endsAt: string } {
  const from = readTime(command, args, "from");
  const until = readTime(command, args, "until");
  const text = args.text("for");
  const lasts = text === undefined ? undefined : readDuration(text);
  if (text !== undefined && lasts === undefined) {
    throw usageError(command, `--for takes a time such as 30m, 2h or 7d, not "${printable(text)}".`);
  }
  if ((lasts === undefined) === (until === undefined)) throw usageError(command, "Give --for or --until: it must end.");
  const endsAt = toIso(until ?? (from ?? now) + (lasts ?? 0));
  return from === undefined ? { endsAt } : { startsAt: toIso(from), endsAt };
}

function weeklyOf(command: Command, args: ParsedArguments): { weekly?: WeeklyWindow } {
  const text = args.text("weekly");
  if (text === undefined) return {};
  const found = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)\s+(\S+)$/.exec(text.trim());
  const names = (found?.[1] ?? "").toLowerCase().split(",");
  const days = WEEKDAYS.filter((day) => names.includes(day));
  if (found === null || days.length !== names.length) {
    throw usageError(command, `--weekly takes days, times and a zone: "sat,sun 22:00-06:00 Europe/Berlin".`);
  }
  return { weekly: { days, from: found[2] ?? "", to: found[3] ?? "", timeZone: found[4] ?? "" } };
}

function list({ kind, noun }: Words): Command {
  return {
    name: `${noun} list`,
    summary: "what is on, planned or between two weekly stretches",
    options: {
      all: { type: "boolean", summary: "those that are over too" },
      limit: { type: "string", value: "N", summary: "no more than N (50)" },
    },
    examples: [`firebreak ${noun} list`, `firebreak ${noun} list --all --json`],
    exits: ASKS_SERVER,
    run: async ({ client, output, args }) => {
      const query = `kind=${kind}&expired=${args.flag("all")}&limit=${args.count("limit", LIMIT) ?? 50}`;
      const page = await client.get(pageOf(silenceView), `/silences?${query}`);
      output.result(page);
      if (page.items.length === 0) output.line("There is none.");
      else {
        output.table(
          ["ID", "STATE", "ENDS (UTC)", "HOLDS", "OWNER", "MATCHES", "REASON"],
          page.items.map((one) => [
            one.id,
            one.state,
            timeText(one.endsAt),
            String(one.holding),
            printable(one.owner),
            printable(one.matchersText),
            printable(one.reason),
          ]),
        );
      }
      return EXIT.ok;
    },
  };
}

const SILENCE = { name: "ID", summary: "its id, sil_…" } as const;
const pathOf = ({ args }: CommandContext, tail = "") =>
  `/silences/${encodeURIComponent(args.positional(0) ?? "")}${tail}`;

function show({ noun }: Words): Command {
  return {
    name: `${noun} show`,
    summary: "one, with who set it, why, and what it holds",
    positionals: [SILENCE],
    examples: [`firebreak ${noun} show sil_01KDY8M3T0XV5C8QJ2N4R6W9ZB`],
    exits: EXITS,
    run: async (context) => {
      const silence = await context.client.get(silenceView, pathOf(context));
      context.output.result(silence);
      printSilence(context, silence);
      return EXIT.ok;
    },
  };
}

function printSilence({ output }: CommandContext, silence: SilenceView): void {
  output.line(output.style.bold(`${silence.id}  ${printable(silence.matchersText)}`));
  output.line(`${silence.kind}, ${silence.state}, of ${printable(silence.owner)}: ${printable(silence.reason)}`);
  output.line(`From ${timeText(silence.startsAt)} to ${timeText(silence.endsAt)} UTC`);
  if (silence.weekly !== null) {
    const { days, from, to, timeZone } = silence.weekly;
    output.line(`Every ${days.join(", ")} from ${from} to ${to} in ${printable(timeZone)}`);
  }
  output.line(`Holds ${silence.holding} open alert(s) now`);
  if (silence.mutesContainment) output.line(output.style.red("Mutes automatic containment: an agent may run on"));
  if (silence.replaces !== null) output.line(`Replaces ${silence.replaces}`);
  if (silence.expireReason !== null) output.line(`Ended early: ${printable(silence.expireReason)}`);
}

function expire({ noun }: Words): Command {
  return {
    name: `${noun} expire`,
    summary: "end it now; what it held and is still open goes on",
    positionals: [SILENCE],
    options: { reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" } },
    examples: [`firebreak ${noun} expire sil_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "done early"`],
    exits: EXITS,
    run: async (context) => {
      const body = { reason: context.args.requiredText("reason", 3) };
      const silence = await context.client.post(silenceView, pathOf(context, "/expire"), body);
      context.output.result(silence);
      context.output.line(`${silence.id} is over.`);
      return EXIT.ok;
    },
  };
}

const commandsOf = (words: Words): Command[] => [preview, add, list, show, expire].map((make) => make(words));

export const silenceCommands: readonly Command[] = [
  ...commandsOf({ kind: "silence", noun: "silence", what: "silences" }),
  ...commandsOf({ kind: "maintenance", noun: "maintenance", what: "maintenance windows" }),
];
