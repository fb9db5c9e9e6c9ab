import type { CommandNode, CompoundList } from "unbash";
import type { Budget } from "./budget.ts";
import type { Output } from "./known-output.ts";
import { programOf } from "./unwrap.ts";

/** What can be read from a pipe or a file: the text, when it is known, and the commands it comes from. */
export interface Stream {
  readonly output: Output | undefined;
  readonly from: readonly string[];
}

export type FunctionBody = CommandNode | CompoundList;

const FILES_MAX = 32;
const VARIABLES_MAX = 256;
const ALIASES_MAX = 16;
const POSITIONALS_MAX = 9;

/** What every shell has, as far as a line may use it for a name: `echo x | $0`. */
const SHELL_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["0", "bash"],
  ["SHELL", "/bin/bash"],
  ["BASH", "/bin/bash"],
]);

/** What one command of a line leaves behind for the next: variables, aliases, functions, files. */
export class ShellState {
  readonly #budget: Budget;
  readonly #variables = new Map<string, string>();
  readonly #aliases = new Map<string, string>();
  readonly #files = new Map<string, Stream>();
  readonly functions = new Map<string, FunctionBody>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  getVariable(name: string): string | undefined {
    return this.#variables.get(name) ?? SHELL_VARIABLES.get(name);
  }

  setVariable(name: string, value: string): void {
    if (this.#variables.size >= VARIABLES_MAX && !this.#variables.has(name)) return;
    this.#variables.set(name, this.#budget.clipText(value));
  }

  setPositionals(values: readonly string[]): void {
    values.slice(0, POSITIONALS_MAX).forEach((value, index) => this.setVariable(String(index + 1), value));
    this.setVariable("@", values.join(" "));
    this.setVariable("*", values.join(" "));
  }

  setArray(name: string, words: readonly string[]): void {
    words.slice(0, ALIASES_MAX).forEach((word, index) => this.setVariable(`${name}[${index}]`, word));
    this.setVariable(`${name}[@]`, words.join(" "));
    this.setVariable(name, words[0] ?? "");
  }

  /** @param argv of the builtin `alias` */
  defineAliases(argv: readonly string[]): void {
    for (const word of argv.slice(1, ALIASES_MAX)) {
      const at = word.indexOf("=");
      if (at > 0) this.#aliases.set(word.slice(0, at), word.slice(at + 1));
    }
  }

  replaceAlias(argv: readonly string[]): readonly string[] {
    const value = this.#aliases.get(argv[0] ?? "");
    return value === undefined ? argv : [...value.split(/\s+/), ...argv.slice(1)];
  }

  writeFile(path: string, stream: Stream): void {
    if (this.#files.size < FILES_MAX || this.#files.has(path)) this.#files.set(path, stream);
  }

  readFile(path: string): Stream | undefined {
    return this.#files.get(path) ?? this.#files.get(path.replace(/^\.\//, ""));
  }

  removeFile(path: string): void {
    this.#files.delete(path);
  }

  /** A file that a download wrote may be run later in the line. */
  noteDownload(argv: readonly string[]): void {
    const program = programOf(argv[0] ?? "");
    if (program !== "curl" && program !== "wget") return;
    const stream = { output: undefined, from: [argv.join(" ")] };
    argv.forEach((word, index) => {
      if (/^(?:-\w*[oO]|--output|--output-document)$/.test(word)) this.writeFile(argv[index + 1] ?? "", stream);
      const file = /^https?:\/\/.*\/([\w.-]+)$/.exec(word)?.[1];
      if (file !== undefined) this.writeFile(file, stream);
    });
  }
}
