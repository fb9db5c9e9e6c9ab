import type { Clock } from "../kernel/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Command, Option, ParsedArguments } from "./command.ts";
import { readDuration, readTime } from "./read-time.ts";

const TEXTS = [
  "agent",
  "pack",
  "session",
  "run",
  "kind",
  "outcome",
  "risk",
  "rule",
  "source",
  "resource",
  "text",
  "has",
] as const;

/** Filters of events as options of a command; the API takes the same names. */
export const EVENT_FILTER_OPTIONS: Readonly<Record<string, Option>> = {
  agent: { type: "string", value: "ID", summary: "of one agent" },
  pack: { type: "string", value: "PACK", summary: "of the agents of one pack" },
  session: { type: "string", value: "ID", summary: "of one session" },
  run: { type: "string", value: "ID", summary: "of one run" },
  kind: { type: "string", value: "KINDS", summary: "of these kinds: command,file" },
  outcome: { type: "string", value: "OUTCOMES", summary: "success, failure, denied, unknown" },
  risk: { type: "string", value: "RISKS", summary: "low, medium, high, critical" },
  rule: { type: "string", value: "ID", summary: "that alerts of this rule name" },
  source: { type: "string", value: "NAME", summary: "that this sender told" },
  resource: { type: "string", value: "TEXT", summary: "about this; with * at its end, all that begin so" },
  text: { type: "string", value: "WORDS", summary: 'with all these words; "a phrase" together' },
  path: { type: "string", value: "CONDITION", repeatable: true, summary: "such as data.tool=exec; may be repeated" },
  has: { type: "string", value: "MARK", summary: "redacted, indicators" },
  since: { type: "string", value: "WHEN", summary: "from then on: 2h, 7d, or a time with its zone" },
  until: { type: "string", value: "WHEN", summary: "before then: 10m, or a time with its zone" },
};

/** @returns the filters that were given, as the API takes them. @throws OperatorError for a time that is none */
export function readEventFilters(
  command: Pick<Command, "name">,
  args: ParsedArguments,
  clock: Clock,
): Record<string, string | readonly string[]> {
  const filters: Record<string, string | readonly string[]> = {};
  for (const name of TEXTS) {
    const text = args.text(name);
    if (text !== undefined) filters[name] = text;
  }
  const paths = args.texts("path");
  if (paths.length > 0) filters["path"] = paths;
  for (const name of ["since", "until"] as const) {
    const spanMs = readDuration(args.text(name) ?? "");
    const timeMs = spanMs === undefined ? readTime(command, args, name) : clock.now() - spanMs;
    if (timeMs !== undefined) filters[name] = toIso(timeMs);
  }
  return filters;
}
