import type { Clock, Logger, NewId } from "../kernel/index.ts";
import type { Config } from "../kernel/index.ts";
import type { ApiClient } from "./client.ts";
import type { Output } from "./output.ts";

/** Exit codes, the same for every command; `firebreak help` prints them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  serverDown: 3,
  denied: 4,
  notFound: 5,
  stopUnverified: 6,
  heldBack: 75,
} as const;

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.ok]: "done",
  [EXIT.failed]: "failed; the message says what and how to mend it",
  [EXIT.usage]: "the command line is not right",
  [EXIT.serverDown]: "the server is not running and this command needs it",
  [EXIT.denied]: "not signed in, or the role does not allow it",
  [EXIT.notFound]: "there is no such thing",
  [EXIT.stopUnverified]: "a stop was made but not every target is verified as stopped",
  [EXIT.heldBack]: "the agent was not started because a hold covers it",
};

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly value?: string;
  readonly summary: string;
}

export interface Positional {
  readonly name: string;
  readonly summary: string;
  readonly optional?: boolean;
}

export interface ParsedArguments {
  /** @returns the option's text, or undefined when it was not given */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  positional(index: number): string | undefined;
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
  readonly description?: string;
  readonly positionals?: readonly Positional[];
  /** what may follow `--`, for `run` */
  readonly rest?: Positional;
  readonly options?: Readonly<Record<string, Option>>;
  readonly examples?: readonly string[];
  run(context: CommandContext): Promise<number>;
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Option>> = {
  json: { type: "boolean", summary: "print one JSON document for machines instead of text" },
  home: { type: "string", value: "DIR", summary: "where the state lies (else FIREBREAK_HOME)" },
  help: { type: "boolean", short: "h", summary: "explain this command" },
};
