import { messageOf } from "../kernel/index.ts";
import { fingerprintRules } from "./load-rules.ts";
import type { RulesInForce } from "./load-rules.ts";
import { JudgeEndedError } from "./thread/judge-thread.ts";
import type { Ending, JudgeLine, OpenJudge } from "./thread/judge-thread.ts";

export interface LiveRulesOptions {
  readonly rulesDirs: readonly string[];
  /** the values that `%name%` stands for in rules */
  readonly placeholders?: Readonly<Record<string, readonly string[]>>;
  readonly openJudge: OpenJudge;
}

/** Rules that were read, and the line to what has them compiled. */
export interface ReadyRules {
  readonly line: JudgeLine;
  readonly number: number;
  readonly rules: RulesInForce;
}

/** The rules in force, compiled in what judges by them, which is there for the life of a server: where it ends, another begins. */
export class LiveRules {
  readonly #options: LiveRulesOptions;
  readonly #endings: Ending[] = [];
  readonly #first: Promise<ReadyRules>;
  #line: JudgeLine | undefined;
  #ready: ReadyRules | undefined;
  #numbers = 0;
  #lastTurn: Promise<unknown> = Promise.resolve();
  /** of files that ended what was to load them */
  #refused: string | undefined;
  #tellEnded: () => void = () => undefined;
  #isOver = false;

  /** Begins to load at once. */
  constructor(options: LiveRulesOptions) {
    this.#options = options;
    this.#first = this.reload();
    // told of when they are waited for
    this.#first.catch(() => undefined);
  }

  /** Resolves when they were read for the first time; rejects when they cannot be. */
  async opened(): Promise<void> {
    await this.#first;
  }

  /** What was read last; undefined before the first time. */
  get inForce(): RulesInForce | undefined {
    return this.#ready?.rules;
  }

  /** @param tell that what judges ended by itself */
  onEnded(tell: () => void): void {
    this.#tellEnded = tell;
  }

  /** @returns endings that were not told of yet */
  takeEndings(): readonly Ending[] {
    return this.#endings.splice(0);
  }

  /** @returns the rules in force, with a line that is alive */
  async ready(): Promise<ReadyRules> {
    return this.#ready?.line.ending === null ? this.#ready : this.#inTurn(() => this.#restore());
  }

  /** @throws Error when the files cannot be loaded; what was in force stays in force */
  reload(): Promise<ReadyRules> {
    return this.#inTurn(() => this.#load());
  }

  /** Whether files were changed, added or removed since they were read. */
  async areChanged(): Promise<boolean> {
    const known = this.#ready?.rules.fingerprint;
    if (known === undefined || this.#isOver) return false;
    const found = await fingerprintRules(this.#options.rulesDirs);
    return found !== known && found !== this.#refused;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#line?.end();
  }

  async #load(): Promise<ReadyRules> {
    const { rulesDirs, placeholders = {} } = this.#options;
    const line = this.#living();
    const rulesNumber = (this.#numbers += 1);
    const previous = this.#ready?.rules.sources;
    try {
      const rules = await line.ask({ kind: "load", rulesNumber, rulesDirs, placeholders, previous });
      this.#ready = { line, number: rulesNumber, rules };
      return this.#ready;
    } catch (fault) {
      if (!(fault instanceof JudgeEndedError) || this.#isOver) throw fault;
      this.#refused = await fingerprintRules(rulesDirs);
      throw new Error(
        `the rules could not be loaded: ${messageOf(fault)}. Take out the rule that was changed last; the others stay in force.`,
        { cause: fault },
      );
    }
  }

  /** The same texts, whatever the files hold by now: they are known to load. */
  async #restore(): Promise<ReadyRules> {
    const before = this.#ready;
    if (before === undefined) return this.#load();
    if (before.line.ending === null) return before;
    const { placeholders = {} } = this.#options;
    const line = this.#living();
    const rulesNumber = (this.#numbers += 1);
    await line.ask({ kind: "restore", rulesNumber, sources: before.rules.sources, placeholders });
    this.#ready = { line, number: rulesNumber, rules: before.rules };
    return this.#ready;
  }

  #living(): JudgeLine {
    if (this.#isOver) throw new JudgeEndedError("nothing is judged here any more");
    if (this.#line === undefined || this.#line.ending !== null) {
      const line = this.#options.openJudge(() => {
        if (line.ending !== null) this.#endings.push(line.ending);
        this.#tellEnded();
      });
      this.#line = line;
    }
    return this.#line;
  }

  /** One after the other, so that what is read later is what counts. */
  #inTurn(work: () => Promise<ReadyRules>): Promise<ReadyRules> {
    const done = this.#lastTurn.then(work);
    this.#lastTurn = done.catch(() => undefined);
    return done;
  }
}
