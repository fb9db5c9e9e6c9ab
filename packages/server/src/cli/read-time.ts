import { usageError } from "./arguments.ts";
import type { Command, ParsedArguments } from "./command.ts";
import { printable } from "./printable.ts";

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @returns milliseconds of a duration such as 30m, 2h or 7d; undefined when the text is none */
export function readDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})(m|h|d)$/.exec(text);
  const unit = match?.[2];
  return unit === "m" || unit === "h" || unit === "d" ? Number(match?.[1]) * UNIT_MS[unit] : undefined;
}

/** @returns the time of an option such as --until, milliseconds since 1970; undefined when it was not given */
export function readTime(command: Pick<Command, "name">, args: ParsedArguments, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = isIso ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw usageError(
    command,
    `--${name} takes a time with its zone such as 2026-03-01T22:00:00Z, not "${printable(text)}".`,
  );
}
