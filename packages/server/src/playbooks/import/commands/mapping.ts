import type { PlainCommand } from "../plain-command.ts";

/** What a command could become. The first whose effector is known and takes the parameters is taken. */
export interface Mapping {
  readonly effector: string;
  readonly with: Readonly<Record<string, unknown>>;
  /** for the report: what is different from the command, or must be set up */
  readonly note?: string;
}

/** A command in its surroundings. */
export interface CommandUse {
  readonly command: PlainCommand;
  readonly filters: readonly PlainCommand[];
  /** it goes on in the background: it starts something */
  readonly runsOn: boolean;
  /** the text around it is about keeping evidence */
  readonly isEvidence: boolean;
  /** for parameters that want a reason */
  readonly reason: string;
}

export type MapCommand = (use: CommandUse) => readonly Mapping[];

export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/**
 * Options of a program, read loosely. @param valued those that take the next word, such as `-h` and `--host`
 */
export function readOptions(args: readonly string[], valued: readonly string[] = []): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const [name = arg, inline] = arg.startsWith("--") ? splitOnce(arg, "=") : [arg];
    if (valued.includes(name)) {
      values.set(name, inline ?? args[index + 1] ?? "");
      if (inline === undefined) index++;
    } else if (valued.includes(arg.slice(0, 2)) && arg.length > 2 && !arg.startsWith("--")) {
      values.set(arg.slice(0, 2), arg.slice(2));
    } else if (arg.startsWith("-") && arg !== "-") flags.add(arg);
    else rest.push(arg);
  }
  return { flags, values, rest };
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)];
}

/** A number when the word is one; a placeholder stays a reference. */
export const numberOr = (word: string): number | string => (/^\d{1,9}$/.test(word) ? Number(word) : word);

/** Only what is there. */
export function given(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== ""));
}
