import type { PlaybookImport } from "@firebreak/protocol";
import type { Lines } from "./block.ts";
import type { DraftStep } from "./draft.ts";

/** What a line became. */
export interface Account {
  readonly became: PlaybookImport["lines"][number]["became"];
  readonly step?: DraftStep;
  /** false: nothing was made of it; it is kept as it is */
  readonly understood?: boolean;
}

/** The account of every line: what is not in it at the end was not understood. The first entry of a line stays. */
export class Ledger {
  readonly #accounts = new Map<number, Account>();

  put({ from, to }: Lines, account: Account): void {
    for (let line = from; line <= to; line++) if (!this.#accounts.has(line)) this.#accounts.set(line, account);
  }

  /** In place of what a line is said to be. */
  replace({ from, to }: Lines, account: Account): void {
    for (let line = from; line <= to; line++) this.#accounts.set(line, account);
  }

  putStep(step: DraftStep): void {
    if (step.content.type === "decision") {
      for (const option of step.content.options) for (const inner of option.steps) this.putStep(inner);
    }
    const became = step.content.type === "decision" ? "decision" : "step";
    for (const lines of step.lines) this.put(lines, { became, step });
  }

  get(line: number): Account | undefined {
    return this.#accounts.get(line);
  }
}
