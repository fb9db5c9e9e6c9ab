import { parse } from "unbash";
import type { Command, PipelineNode, Statement } from "unbash";
import type { Code, CodeLine, Lines } from "./block.ts";
import { Holes } from "./placeholders.ts";
import { plainCommandOf } from "./plain-command.ts";
import type { PlainCommand } from "./plain-command.ts";

/** A command that needs no shell: a program and its words. */
export interface CommandEntry extends Lines {
  readonly kind: "command";
  readonly title: string | null;
  readonly text: string;
  readonly command: PlainCommand;
  /** what narrowed its output after a pipe, as it was written */
  readonly filters: readonly PlainCommand[];
  readonly runsOn: boolean;
  readonly expected: Expected | null;
}
/** What only a shell or a person can do, word for word. */
export interface ScriptEntry extends Lines {
  readonly kind: "script";
  readonly title: string | null;
  readonly text: string;
  readonly why: string;
  readonly expected: Expected | null;
}
/** `sleep 10`, or a comment that says to wait. */
export interface PauseEntry extends Lines {
  readonly kind: "pause";
  readonly text: string;
}
/** A comment that belongs to no command. */
export interface RemarkEntry extends Lines {
  readonly kind: "remark";
  readonly text: string;
}
export interface Expected {
  readonly line: number;
  readonly text: string;
}
export type ShellEntry = CommandEntry | ScriptEntry | PauseEntry | RemarkEntry;

export interface ShellReading {
  readonly entries: readonly ShellEntry[];
  readonly holes: Holes;
}

const EXPECTED =
  /^(?:expected(?:\s+(?:output|result))?|should\s+(?:return|show|print|be|output|say)|output|returns|wait for)\s*[:=]?\s*/i;
const PAUSE = /^(?:wait|sleep|pause)\s+(?:for\s+)?~?\d+\s*(?:s|sec|seconds?|m|min|minutes?)\b/i;

/** Reads a block of shell commands, one statement after the other, with the comments that belong to them. */
export function readShell({ lines: written }: Pick<Code, "lines">): ShellReading {
  const lines = stripPrompts(written);
  const holes = new Holes();
  const text = holes.hide(lines.map((line) => line.text).join("\n"));
  const script = parse(text);
  const broken = (script.errors ?? []).length > 0;
  if (lines.length > 0 && (broken || script.shebang !== undefined || isInteractive(text))) {
    const why = broken ? "it is not plain shell" : "it is a script";
    return { entries: [wholeScript(lines, holes.show(text), why)], holes };
  }
  const reader = new StatementReader(lines, text, holes);
  return { entries: reader.read(script.commands), holes };
}

/** Lines of a session: what follows `$ ` was typed, the rest was answered and is a comment. */
function stripPrompts(lines: readonly CodeLine[]): readonly CodeLine[] {
  const prompt = /^\s*(?:[\w.-]+@[\w.-]+:?[^$#]{0,60})?\$\s+/;
  if (!lines.some(({ text }) => prompt.test(text))) return lines;
  let continues = false;
  return lines.map(({ line, text }) => {
    const typed = continues || prompt.test(text);
    continues = typed && text.endsWith("\\");
    if (typed) return { line, text: text.replace(prompt, "") };
    return { line, text: text.trim() === "" || text.trim().startsWith("#") ? text : `# ${text}` };
  });
}

const isInteractive = (text: string): boolean => /^\s*(vim?|nano|emacs|crontab -e|visudo)\b/m.test(text);

function wholeScript(lines: readonly CodeLine[], text: string, why: string): ScriptEntry {
  const from = lines[0]?.line ?? 1;
  const first = lines.find((line) => line.text.trim() !== "")?.text.trim() ?? "";
  const title = first.startsWith("#") && !first.startsWith("#!") ? first.replace(/^#+\s*/, "") : null;
  return { kind: "script", title, text, why, expected: null, from, to: lines.at(-1)?.line ?? from };
}

class StatementReader {
  readonly #lines: readonly CodeLine[];
  readonly #text: string;
  readonly #holes: Holes;
  readonly #starts: readonly number[];
  readonly #entries: ShellEntry[] = [];
  readonly #assigned = new Set<string>();
  #comments: { line: number; text: string }[] = [];
  /** the next line of the block, counted from 0, that is not dealt with */
  #at = 0;

  constructor(lines: readonly CodeLine[], text: string, holes: Holes) {
    this.#lines = lines;
    this.#text = text;
    this.#holes = holes;
    let offset = 0;
    this.#starts = text.split("\n").map((line) => {
      const start = offset;
      offset += line.length + 1;
      return start;
    });
  }

  read(statements: readonly Statement[]): readonly ShellEntry[] {
    for (const statement of statements) {
      const [first, last] = [
        this.#indexAt(statement.pos),
        this.#indexAt(Math.max(statement.pos, endOf(statement) - 1)),
      ];
      this.#readComments(first);
      this.#readStatement(statement, first, Math.max(first, last));
      this.#at = Math.max(this.#at, last + 1);
    }
    this.#readComments(this.#lines.length);
    this.#flushComments();
    return this.#entries;
  }

  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #lineOf(index: number): number {
    return this.#lines[index]?.line ?? 1;
  }

  /** Comments before the line of the block; what they expect belongs to the command before them. */
  #readComments(until: number): void {
    for (; this.#at < until; this.#at++) {
      const source = this.#lines[this.#at]?.text.trim() ?? "";
      if (source === "" || !source.startsWith("#")) {
        if (source === "") this.#flushComments();
        continue;
      }
      const text = source.replace(/^#+\s*/, "");
      const line = this.#lineOf(this.#at);
      if (PAUSE.test(text)) this.#entries.push({ kind: "pause", text, from: line, to: line });
      else if (!this.#expect(text, line)) this.#comments.push({ line, text });
    }
  }

  #expect(text: string, line: number): boolean {
    const last = this.#entries.at(-1);
    if (!EXPECTED.test(text) || this.#comments.length > 0) return false;
    if (last === undefined || last.kind === "pause" || last.kind === "remark" || last.expected !== null) return false;
    const expected = { line, text: text.replace(EXPECTED, "") || text };
    this.#entries[this.#entries.length - 1] = { ...last, expected, to: line };
    return true;
  }

  #flushComments(): void {
    for (const { line, text } of this.#comments) {
      if (text !== "") this.#entries.push({ kind: "remark", text, from: line, to: line });
    }
    this.#comments = [];
  }

  /** The comment right above a command is its title; what stands above that is a remark. */
  #takeTitle(first: number): { title: string | null; from: number } {
    const last = this.#comments.pop();
    this.#flushComments();
    if (last === undefined || last.text === "") return { title: null, from: this.#lineOf(first) };
    return { title: last.text, from: last.line };
  }

  #readStatement(statement: Statement, first: number, last: number): void {
    const { title, from } = this.#takeTitle(first);
    const end = this.#starts[last + 1] ?? this.#text.length + 1;
    const place = { from, to: this.#lineOf(last) };
    const parts = splitChain(statement);
    const plain = parts?.map((part) => this.#toPlain(part)) ?? [];
    const commands = plain.flatMap((part) => (typeof part === "string" ? [] : [part]));
    if (parts === null || commands.length < plain.length) {
      const written = this.#holes.show(this.#text.slice(this.#starts[first] ?? 0, end - 1));
      const why = plain.find((part) => typeof part === "string") ?? "it needs a shell";
      this.#pushScript({ kind: "script", title, text: written.trim(), why, expected: null, ...place });
      return;
    }
    const pause = commands.length === 1 ? commands[0]?.[0] : undefined;
    if (pause?.program === "sleep" && pause.args.length === 1) {
      this.#entries.push({ kind: "pause", text: `wait ${sleepText(pause.args[0] ?? "")}`, ...place });
      return;
    }
    commands.forEach(([command, ...filters], index) => {
      if (command === undefined) return;
      const part = parts[index];
      const text = this.#holes.show(part === undefined ? "" : this.#text.slice(part.pos, part.end)).trim();
      const runsOn = statement.background === true && index === commands.length - 1;
      const entry = { kind: "command", title, text, command, filters, runsOn, expected: null } as const;
      this.#entries.push({ ...entry, ...place });
    });
  }

  /** Lines of a script that follow each other stay together: a variable of one is read in the next. */
  #pushScript(entry: ScriptEntry): void {
    const last = this.#entries.at(-1);
    if (last?.kind !== "script" || last.expected !== null) {
      this.#entries.push(entry);
      return;
    }
    const text = `${last.text}\n${entry.title === null ? "" : `# ${entry.title}\n`}${entry.text}`;
    this.#entries[this.#entries.length - 1] = { ...last, text, to: entry.to };
  }

  /** @returns the command and its filters, or why it needs a shell */
  #toPlain(node: PipelineNode): readonly PlainCommand[] | string {
    const commands = node.type === "Pipeline" ? node.commands : [node];
    const plain: PlainCommand[] = [];
    for (const command of commands) {
      if (command.type !== "Command") return "it needs a shell";
      this.#noteAssignments(command);
      const read = plainCommandOf(command, this.#assigned);
      if (typeof read === "string") return read;
      plain.push(read);
    }
    return plain;
  }

  #noteAssignments({ prefix, name }: Command): void {
    if (name !== undefined) return;
    for (const part of prefix) if (part.type === "Assignment") this.#assigned.add(part.name);
  }
}

/** Where a statement ends, with the text that it reads from the lines below it. */
function endOf({ command, end }: Statement): number {
  const inChain = command.type === "AndOr" ? command.commands : [command];
  const nodes = inChain.flatMap((node) => (node.type === "Pipeline" ? node.commands : [node]));
  const redirects = nodes.flatMap((node) =>
    node.type === "Command" || node.type === "Redirected" ? node.redirects : [],
  );
  const texts = redirects.flatMap((one) => (one.type === "HereDoc" ? [one.closing?.end ?? one.body.end] : []));
  return Math.max(end, ...texts);
}

/** The commands of `a && b`; null for `a || b`, which only a shell decides. */
function splitChain({ command }: Statement): readonly PipelineNode[] | null {
  if (command.type !== "AndOr") return [command];
  return command.operators.every((operator) => operator === "&&") ? command.commands : null;
}

function sleepText(argument: string): string {
  const found = /^(\d{1,6})(?:\.\d+)?([smhd]?)$/.exec(argument);
  return found ? `${found[1]} ${found[2] === "" ? "s" : found[2]}` : "10 s";
}
