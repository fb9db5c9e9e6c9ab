import { parse } from "unbash";
import type {
  Command,
  CommandExpansionPart,
  CommandNode,
  CompoundList,
  ProcessSubstitutionPart,
  Redirection,
  Script,
  Statement,
} from "unbash";
import type { Budget } from "./budget.ts";
import { WordExpander, isDisguised } from "./expand-word.ts";
import { findFile, findPrograms, hasGlob } from "./globs.ts";
import { knowOutput } from "./known-output.ts";
import type { Output } from "./known-output.ts";
import { splitScript } from "./powershell.ts";
import { ShellState } from "./shell-state.ts";
import type { FunctionBody, Stream } from "./shell-state.ts";
import { programOf, unwrap } from "./unwrap.ts";
import { placeWords, wordsFromInput } from "./xargs.ts";
import type { Inner } from "./unwrap.ts";

/** A simple command as the shell would start it. */
export interface ShellCommand {
  /** words without quotes, with what is known of variables put in; then its redirections */
  readonly text: string;
  /** the program's name without its path */
  readonly program: string;
  /** the program as it is called */
  readonly name: string;
  /** the words after quotes and variables, without redirections */
  readonly argv: readonly string[];
  /** the commands whose output it reads, or that wrote the file it runs, the nearest last */
  readonly pipedFrom: readonly string[];
  /** The line holds it only encoded: base64, hexadecimal, reversed, `-EncodedCommand`. */
  readonly isDecoded: boolean;
  /** Written so that the text does not show it: a name in pieces, escapes, `${IFS}`, patterns. */
  readonly isDisguised: boolean;
}

const NOTHING: Stream = { output: undefined, from: [] };
const FOR_WORDS_MAX = 8;
const COMPOUNDS_DEEP_MAX = 64;

/** An imaginary shell: it runs through a script without running anything, and notes each command that would start. */
export class ShellReader {
  readonly #budget: Budget;
  readonly #words: WordExpander;
  readonly #commands = new Map<string, ShellCommand>();
  readonly #state: ShellState;
  #substitutions: Map<object, Output | undefined> | undefined;
  #depth = 0;
  #nesting = 0;
  #isDecoding = false;
  #isBroken = false;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#state = new ShellState(budget);
    this.#words = new WordExpander({
      budget,
      get: (name) => this.#state.getVariable(name),
      substitute: (part) => this.#substitute(part),
    });
  }

  get commands(): readonly ShellCommand[] {
    return [...this.#commands.values()];
  }

  /** True when something could not be parsed. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** @returns what the script prints, when that can be known */
  run(source: string, stdin: Stream = NOTHING): Output | undefined {
    if (!this.#budget.allowsDepth(this.#depth + 1)) return undefined;
    this.#depth++;
    try {
      const script = parse(this.#budget.clipScript(source));
      if (script.errors !== undefined && script.errors.length > 0) this.#isBroken = true;
      return this.#runScript(script, stdin);
    } finally {
      this.#depth--;
    }
  }

  #runScript(script: Pick<Script, "commands">, stdin: Stream): Output | undefined {
    return this.#runStatements(script.commands, stdin, "");
  }

  /** What statements print in all; unknown as soon as one is. */
  #runStatements(statements: readonly Statement[], stdin: Stream, suffix: string): Output | undefined {
    let text = "";
    let isDecoded = false;
    let isKnown = true;
    for (const { command } of statements) {
      const printed = this.#runNode(command, stdin, suffix);
      isKnown &&= printed !== undefined;
      text += printed?.text ?? "";
      isDecoded ||= printed?.isDecoded === true;
    }
    return isKnown ? { text: this.#budget.clipText(text), isDecoded } : undefined;
  }

  /** @param suffix the redirections around it, as text */
  #runNode(node: Statement["command"] | CompoundList, stdin: Stream, suffix: string): Output | undefined {
    if (!this.#budget.takeStep() || this.#nesting >= COMPOUNDS_DEEP_MAX) return undefined;
    this.#nesting++;
    try {
      return this.#dispatch(node, stdin, suffix);
    } finally {
      this.#nesting--;
    }
  }

  #dispatch(node: Statement["command"] | CompoundList, stdin: Stream, suffix: string): Output | undefined {
    switch (node.type) {
      case "Command":
        return this.#runCommand(node, stdin, suffix);
      case "Pipeline":
        return this.#runPipeline(node.commands, stdin, suffix);
      case "AndOr":
        return this.#runAll(node.commands, stdin, suffix);
      case "Redirected": {
        const own = this.#readRedirects(node.redirects);
        return this.#runNode(node.command, own.stdin ?? stdin, own.text + suffix);
      }
      case "CompoundList":
        return this.#runStatements(node.commands, stdin, suffix);
      case "Subshell":
      case "BraceGroup":
        return this.#runNode(node.body, stdin, suffix);
      case "If":
        return this.#runAll(
          [
            node.clause,
            node.then,
            ...node.elif.flatMap(({ clause, then }) => [clause, then]),
            ...(node.else ? [node.else] : []),
          ],
          stdin,
          suffix,
        );
      case "While":
        return this.#runAll([node.clause, node.body], stdin, suffix);
      case "For":
      case "Select":
        return this.#runFor(
          node.name.value,
          (node.wordlist ?? []).flatMap((word) => this.#words.expand(word)),
          node.body,
          stdin,
          suffix,
        );
      case "ArithmeticFor":
        return this.#runAll([node.body], stdin, suffix);
      case "Case":
        this.#words.expand(node.word);
        return this.#runAll(
          node.items.map(({ body }) => body),
          stdin,
          suffix,
        );
      case "Function":
        this.#state.functions.set(node.name.value, node.body);
        return this.#runNode(node.body, NOTHING, "");
      case "Coproc":
        return this.#runNode(node.body, stdin, suffix);
      case "TestCommand":
      case "ArithmeticCommand":
        return { text: "", isDecoded: false };
      default:
        return node satisfies never;
    }
  }

  #runAll(nodes: readonly (Statement["command"] | CompoundList)[], stdin: Stream, suffix: string): Output | undefined {
    let last: Output | undefined;
    for (const node of nodes) last = this.#runNode(node, stdin, suffix);
    return nodes.length === 1 ? last : undefined;
  }

  #runFor(name: string, words: readonly string[], body: CompoundList, stdin: Stream, suffix: string): undefined {
    const values = words.slice(0, FOR_WORDS_MAX);
    for (const value of values) {
      this.#state.setVariable(name, value);
      this.#runNode(body, stdin, suffix);
    }
    if (values.length === 0) this.#runNode(body, stdin, suffix);
  }

  #runPipeline(commands: readonly CommandNode[], stdin: Stream, suffix: string): Output | undefined {
    let stream = stdin;
    for (const command of commands) {
      const before = this.#lastText;
      const output = this.#runNode(command, stream, suffix);
      const own = this.#lastText === before ? [] : [this.#lastText];
      stream = { output, from: [...stream.from, ...own].slice(-4) };
    }
    return stream.output;
  }

  /** the command noted last, which is what a pipe behind it reads */
  #lastText = "";

  #substitute(part: CommandExpansionPart | ProcessSubstitutionPart): string | undefined {
    if (part.script === undefined) return undefined;
    const substitutions = (this.#substitutions ??= new Map());
    if (!substitutions.has(part)) {
      const before = this.#lastText;
      const output = this.#budget.allowsDepth(this.#depth + 1) ? this.#runInside(part.script) : undefined;
      substitutions.set(part, output);
      if (part.type === "ProcessSubstitution") {
        const from = this.#lastText === before ? [] : [this.#lastText];
        this.#state.writeFile(part.text, { output, from });
      }
      this.#lastText = before;
    }
    const known = substitutions.get(part);
    if (known?.isDecoded === true) this.#isDecoding = true;
    return known?.text;
  }

  #runInside(script: Pick<Script, "commands">): Output | undefined {
    this.#depth++;
    try {
      return this.#runScript(script, NOTHING);
    } finally {
      this.#depth--;
    }
  }

  #runCommand(command: Command, given: Stream, suffix: string): Output | undefined {
    const wasDecoding = this.#isDecoding;
    for (const prefix of command.prefix) {
      if (prefix.type === "Assignment") this.#assign(prefix.name, prefix);
    }
    const words = command.name === undefined ? [] : this.#words.expand(command.name, true);
    for (const arg of command.args) {
      if (arg.type === "Word") words.push(...this.#words.expand(arg));
      else words.push(this.#assign(arg.name, arg));
    }
    const redirects = this.#readRedirects(command.redirects);
    const argv = words.map((word, index) => (index > 0 ? findFile(word) : word));
    const stdin = redirects.stdin ?? given;
    const disguised =
      (command.name !== undefined && isDisguised(command.name, true)) ||
      command.args.some((word) => word.type === "Word" && isDisguised(word, false));
    const text = redirects.text + suffix;
    const output =
      argv.length === 0 && text === "" ? { text: "", isDecoded: false } : this.#start(argv, stdin, text, disguised);
    for (const path of redirects.written)
      this.#state.writeFile(path, { output, from: this.#lastText === "" ? [] : [this.#lastText] });
    this.#isDecoding = wasDecoding;
    return redirects.written.length > 0 ? { text: "", isDecoded: false } : output;
  }

  #assign(name: string, { value, append, text }: Extract<Command["prefix"][number], { type: "Assignment" }>): string {
    if (value.type === "ArrayValue") {
      const words = value.elements.flatMap((word) => this.#words.expand(word));
      this.#state.setArray(name, words);
      return text;
    }
    const expanded = this.#words.expandText(value);
    this.#state.setVariable(name, append === true ? (this.#state.getVariable(name) ?? "") + expanded : expanded);
    return `${name}=${expanded}`;
  }

  #readRedirects(redirects: readonly Redirection[]): { stdin: Stream | undefined; text: string; written: string[] } {
    let stdin: Stream | undefined;
    let text = "";
    const written: string[] = [];
    for (const redirect of redirects) {
      if (redirect.type === "HereDoc") {
        const { body, delimiter } = redirect;
        const content =
          delimiter?.quoted === true || body.parts === undefined ? body.text : this.#words.expandParts(body.parts);
        stdin = { output: { text: content, isDecoded: false }, from: [] };
      } else if (redirect.target !== undefined) {
        const target = this.#words.expandText(redirect.target);
        if (redirect.type === "HereString")
          stdin = { output: { text: `${target}\n`, isDecoded: this.#isDecoding }, from: [] };
        else if (redirect.operator === "<")
          stdin = this.#state.readFile(target) ?? { output: undefined, from: [target] };
        else if (redirect.operator !== "<&" && redirect.operator !== ">&") written.push(target);
        if (redirect.type !== "HereString") text += ` ${redirect.operator} ${target}`;
      }
    }
    return { stdin, text, written };
  }

  /** Notes a command, follows what it runs, and tells what it prints. */
  #start(words: readonly string[], stdin: Stream, redirects: string, disguised: boolean): Output | undefined {
    const argv = this.#state.replaceAlias(words);
    if (!this.#budget.takeStep()) return undefined;
    this.#note(argv, stdin, redirects, disguised);
    const { [0]: name = "" } = argv;
    const body = this.#state.functions.get(name);
    if (body !== undefined) return this.#callFunction(name, body, argv, stdin);
    if (name === "alias") this.#state.defineAliases(argv);
    this.#state.noteDownload(argv);
    for (const inner of unwrap(argv)) this.#follow(inner, argv, stdin);
    const readFile = (path: string) => this.#state.readFile(path)?.output;
    const output = knowOutput({ argv, stdin: stdin.output, readFile }, this.#budget);
    if (programOf(name) === "tee") for (const path of argv.slice(1)) this.#state.writeFile(path, stdin);
    return output;
  }

  #note(argv: readonly string[], stdin: Stream, redirects: string, disguised: boolean): void {
    const { [0]: name = "" } = argv;
    for (const called of hasGlob(name) ? [name, ...findPrograms(name)] : [name]) {
      const words = called === argv[0] ? argv : [called, ...argv.slice(1)];
      const text = (words.join(" ") + redirects).trim();
      this.#lastText = text;
      if (text === "" || !this.#budget.takeCommand()) return;
      const known = this.#commands.get(text);
      this.#commands.set(text, {
        text,
        program: programOf(called),
        name: called,
        argv: words,
        pipedFrom: stdin.from.length > 0 ? stdin.from : (known?.pipedFrom ?? []),
        isDecoded: this.#isDecoding || known?.isDecoded === true,
        isDisguised: disguised || called !== name,
      });
    }
  }

  #callFunction(name: string, body: FunctionBody, argv: readonly string[], stdin: Stream): Output | undefined {
    this.#state.functions.delete(name);
    try {
      this.#state.setPositionals(argv.slice(1));
      return this.#runNode(body, stdin, "");
    } finally {
      this.#state.functions.set(name, body);
    }
  }

  #follow(inner: Inner, argv: readonly string[], stdin: Stream): void {
    const wasDecoding = this.#isDecoding;
    switch (inner.kind) {
      case "argv":
        this.#followArgv(inner.argv, argv, stdin);
        break;
      case "script":
        if (inner.isDecoded === true) this.#isDecoding = true;
        if (inner.positionals !== undefined && inner.positionals.length > 0)
          this.#state.setPositionals(inner.positionals);
        this.run(inner.text, stdin);
        break;
      case "stdin":
        this.#runStream(stdin);
        break;
      case "file":
        this.#runFile(inner, argv);
        break;
      case "windows":
        this.#isDecoding ||= inner.isDecoded;
        for (const text of splitScript(inner.text)) this.#note(text.split(/\s+/), NOTHING, "", false);
        break;
      default:
        inner satisfies never;
    }
    this.#isDecoding = wasDecoding;
  }

  #followArgv(inner: readonly string[], argv: readonly string[], stdin: Stream): void {
    if (!this.#budget.allowsDepth(this.#depth + 1)) return;
    const words = wordsFromInput(programOf(argv[0] ?? ""), stdin.output?.text);
    this.#depth++;
    const placed = placeWords(inner, words);
    if (words.length > 0 && stdin.output?.isDecoded === true) this.#isDecoding = true;
    this.#start(placed, stdin, "", false);
    this.#depth--;
  }

  #runStream({ output }: Stream): void {
    if (output === undefined) return;
    if (output.isDecoded) this.#isDecoding = true;
    this.run(output.text);
  }

  #runFile({ path, positionals = [] }: Extract<Inner, { kind: "file" }>, argv: readonly string[]): void {
    const stream = this.#state.readFile(path);
    if (stream === undefined) return;
    this.#state.removeFile(path);
    this.#note(argv, stream, "", false);
    this.#state.setPositionals(positionals);
    this.#runStream(stream);
    this.#state.writeFile(path, stream);
  }
}
