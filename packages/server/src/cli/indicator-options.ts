import { severity, tlpLevel } from "@firebreak/protocol";
import type { IndicatorReceipt } from "@firebreak/protocol";
import type { z } from "zod";
import { toIso } from "../kernel/index.ts";
import { usageError } from "./arguments.ts";
import type { Command, CommandContext, Option } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { printable } from "./printable.ts";

const DAY_MS = 86_400_000;
const DAYS = { min: 1, max: 3650 };
const REJECTED_SHOWN_MAX = 20;

/** What goes with every indicator that is added. */
export const INDICATOR_OPTIONS: Readonly<Record<string, Option>> = {
  source: { type: "string", value: "NAME", summary: "the list or person they come from" },
  severity: { type: "string", value: "1-4", summary: "how grave an alert is, 1 is critical (2)" },
  days: { type: "string", value: "N", summary: "expires after N days, unless the list says when; without it never" },
  confidence: { type: "string", value: "0-100", summary: "how sure the source is, unless the list says" },
  tlp: { type: "string", value: "LEVEL", summary: `with whom it may be shared: ${tlpLevel.options.join(", ")}` },
  note: { type: "string", value: "TEXT", summary: "what is known about them" },
  allow: { type: "boolean", summary: "never report these: own addresses, whatever lists say" },
};

export function readIndicatorOptions(command: Command, { args, clock, userName }: CommandContext) {
  const days = args.count("days", DAYS);
  const grade = args.count("severity", { min: 1, max: 4 });
  const confidence = args.count("confidence", { min: 0, max: 100 });
  const tlp = readChoice(command, "tlp", tlpLevel, args.text("tlp"));
  const note = args.text("note");
  return {
    source: args.text("source") ?? userName,
    effect: args.flag("allow") ? ("allow" as const) : ("match" as const),
    ...(grade === undefined ? {} : { severity: severity.parse(grade) }),
    ...(days === undefined ? {} : { expiresAt: toIso(clock.now() + days * DAY_MS) }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(tlp === undefined ? {} : { tlp }),
    ...(note === undefined ? {} : { description: note }),
  };
}

export function readChoice<T extends string>(
  command: Command,
  name: string,
  choices: z.ZodType<T> & { readonly options: readonly T[] },
  text: string | undefined,
): T | undefined {
  if (text === undefined) return undefined;
  const parsed = choices.safeParse(text);
  if (parsed.success) return parsed.data;
  throw usageError(command, `--${name} is one of ${choices.options.join(", ")}.`);
}

/** @returns the exit code: a list of which nothing could be taken failed */
export function tellReceipt({ output }: CommandContext, receipt: IndicatorReceipt): number {
  output.result(receipt);
  output.line(`${receipt.added} added, ${receipt.renewed} renewed, ${receipt.rejectedTotal} refused.`);
  for (const { place, message } of receipt.rejected.slice(0, REJECTED_SHOWN_MAX)) {
    output.note(`${printable(place)}: ${printable(message)}`);
  }
  const hidden = receipt.rejectedTotal - Math.min(receipt.rejected.length, REJECTED_SHOWN_MAX);
  if (hidden > 0) output.note(`and ${hidden} more.`);
  return receipt.added + receipt.renewed === 0 && receipt.rejectedTotal > 0 ? EXIT.failed : EXIT.ok;
}
