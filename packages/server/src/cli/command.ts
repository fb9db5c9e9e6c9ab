import type { Clock, Config, Logger, NewId } from "../kernel/index.ts";
import type { ApiClient } from "./client.ts";
import type { ExitName } from "./exit-codes.ts";
import type { Output } from "./output.ts";

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly value?: string;
  /** may be given several times */
  readonly repeatable?: boolean;
  readonly summary: string;
}

export interface Positional {
  readonly name: string;
  readonly summary: string;
  readonly optional?: boolean;
  /** the last one may take any number of words */
  readonly many?: boolean;
}

export interface ParsedArguments {
  /** @returns the option's text, or undefined when it was not given */
  readonly text: (name: string) => string | undefined;
  /** @throws OperatorError with the exit code for usage when it was not given or is too short */
  readonly requiredText: (name: string, charactersMin?: number) => string;
  /** @throws OperatorError with the exit code for usage when it is no whole number from `min` to `max` */
  readonly count: (name: string, range: { readonly min: number; readonly max: number }) => number | undefined;
  readonly flag: (name: string) => boolean;
  readonly positional: (index: number) => string | undefined;
  readonly positionals: readonly string[];
  /** the texts of a repeatable option, in the order given */
  readonly texts: (name: string) => readonly string[];
  /** everything after `--` */
  readonly rest: readonly string[];
}

/** What a command gets to work with. */
export interface CommandContext {
  readonly config: Config;
  readonly output: Output;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly args: ParsedArguments;
  readonly client: ApiClient;
  /** the operating-system user at the keyboard */
  readonly userName: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/** A command as data: what `--help` prints and what the parser accepts come from here. */
export interface Command {
  /** words as typed: `incident show` */
  readonly name: string;
  readonly summary: string;
  /** paragraphs, without line breaks inside; help wraps them */
  readonly description?: readonly string[];
  readonly positionals?: readonly Positional[];
  /** what may follow `--`, for `run` */
  readonly rest?: Positional;
  readonly options?: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  /** every exit code it can end with */
  readonly exits: readonly ExitName[];
  /** goes on when whoever reads its output goes away: a server, a supervisor */
  readonly outlivesItsReader?: boolean;
  readonly run: (context: CommandContext) => Promise<number>;
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Option>> = {
  json: { type: "boolean", summary: "print JSON for machines instead of text" },
  home: { type: "string", value: "DIR", summary: "where the state lies (else FIREBREAK_HOME)" },
  help: { type: "boolean", short: "h", summary: "explain this command" },
};
