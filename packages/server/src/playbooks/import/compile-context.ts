import type { KnownEffectors } from "../known-effectors.ts";
import type { Block, Lines } from "./block.ts";
import type { DraftInput, DraftNote, DraftStep } from "./draft.ts";
import type { Ledger } from "./ledger.ts";
import type { Holes, Placeholder } from "./placeholders.ts";
import { replaceVariables } from "./plain-command.ts";
import { inputNameOf } from "./words.ts";

/** What belongs to one playbook while it is made. */
export interface CompileContext {
  readonly effectors: KnownEffectors;
  /** the home folder that `~` means; null: it becomes an input */
  readonly home: string | null;
  readonly ledger: Ledger;
  /** the lines of the runbook, secrets taken out */
  readonly source: readonly string[];
  readonly notes: DraftNote[];
  readonly inputs: Map<string, DraftInput>;
  /** the steps of blocks within an item of a list */
  readonly compileInner: (ctx: CompileContext, blocks: readonly Block[], around: Surroundings) => readonly DraftStep[];
}

/** What stands around a block. */
export interface Surroundings {
  readonly heading: string;
  /** what the text right before says of the block */
  readonly lead: string | null;
  readonly isEvidence: boolean;
  /** what the heading gives people, in seconds */
  readonly seconds: number | null;
  /** other commands without a title of their own stand beside it */
  readonly isOneOfMany: boolean;
  /** it stands beside the course of an incident: numbers in its lists are no order */
  readonly isAside: boolean;
}

export function keepNote(ctx: CompileContext, heading: string, text: string, lines: Lines): void {
  if (text.trim() === "") return;
  ctx.notes.push({ heading, text: text.trim(), ...lines });
  ctx.ledger.put(lines, { became: "note" });
}

const NUMBERS = new Set(["pid", "port"]);

/** Parameters with every placeholder and variable as a reference; `commit` declares the inputs that they name. */
export class References {
  readonly #holes: Holes;
  readonly #home: string | null;
  readonly #inputs = new Map<string, DraftInput>();
  usesSecret = false;

  constructor(holes: Holes, home: string | null) {
    this.#holes = holes;
    this.#home = home;
  }

  refer(value: unknown): unknown {
    if (typeof value === "string") return this.#referText(value);
    if (Array.isArray(value)) return value.map((item) => this.refer(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.refer(member)]));
  }

  commit(inputs: Map<string, DraftInput>): void {
    for (const [name, input] of this.#inputs) if (!inputs.has(name)) inputs.set(name, input);
  }

  #referText(text: string): string {
    const named = this.#holes.refer(text, (placeholder) => this.#notePlaceholder(placeholder));
    const filled = replaceVariables(named, (variable) => this.#referVariable(variable));
    return filled.replaceAll(
      /__(agent|folder|input_([A-Za-z]\w*?))__/g,
      (_whole: string, kind: string, name?: string) => {
        if (kind === "agent") return this.#input("agentId", "the agent that the incident is about");
        if (kind === "folder") return this.#input("repository", "the folder of the working copy");
        return this.#input(name ?? "value", "when the process started, as check.load says it");
      },
    );
  }

  #notePlaceholder({ source, name, isSecret }: Placeholder): void {
    if (isSecret) this.usesSecret = true;
    else this.#input(name, `${source} in the runbook`);
  }

  #referVariable(variable: string): string {
    if (variable === "HOME") return this.#home ?? this.#input("home", "the home folder whose files these are");
    return this.#input(inputNameOf(variable), `$${variable} in the runbook`);
  }

  #input(name: string, description: string): string {
    this.#inputs.set(name, { type: NUMBERS.has(name) ? "number" : "string", description, default: null });
    return `\${inputs.${name}}`;
  }
}

/** The lines as they are written, without the indentation that they share and without blank ends. */
export function sourceOf(ctx: Pick<CompileContext, "source">, { from, to }: Lines): string {
  const lines = ctx.source.slice(from - 1, to);
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const indent = indents.reduce((least, one) => Math.min(least, one), 1000);
  return lines
    .map((line) => line.slice(indent))
    .join("\n")
    .trim();
}
