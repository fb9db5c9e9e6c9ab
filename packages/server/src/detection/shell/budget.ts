/** What one command line may cost, whatever it says. Beyond it, the reading says that it was cut. */
const LIMITS = {
  /** Characters of a line, or of a script inside it, that are parsed. */
  scriptCharacters: 16 * 1024,
  /** Characters of one expanded word, or of what a command is known to print. */
  textCharacters: 8 * 1024,
  /** Characters produced in all by expanding, printing and decoding. */
  characters: 64 * 1024,
  /** Characters parsed in all: the line and the scripts inside it. */
  parsed: 32 * 1024,
  commands: 48,
  steps: 1000,
  depth: 8,
} as const;

export class Budget {
  #steps: number = LIMITS.steps;
  #characters: number = LIMITS.characters;
  #parsed: number = LIMITS.parsed;
  #commands: number = LIMITS.commands;
  #isCut = false;

  /** True when something was left out. */
  get isCut(): boolean {
    return this.#isCut;
  }

  takeStep(): boolean {
    return this.#take(this.#steps-- > 0);
  }

  takeCommand(): boolean {
    return this.#take(this.#commands-- > 0);
  }

  allowsDepth(depth: number): boolean {
    return this.#take(depth <= LIMITS.depth);
  }

  /** @returns as much of a script as may be parsed */
  clipScript(text: string): string {
    const kept = text.slice(0, Math.max(0, Math.min(LIMITS.scriptCharacters, this.#parsed)));
    this.#parsed -= kept.length;
    this.#take(kept.length === text.length);
    return kept;
  }

  /** @returns as much of a produced text as may be kept */
  clipText(text: string): string {
    const kept = text.slice(0, Math.max(0, Math.min(LIMITS.textCharacters, this.#characters)));
    this.#characters -= kept.length;
    this.#take(kept.length === text.length);
    return kept;
  }

  #take(isThere: boolean): boolean {
    if (!isThere) this.#isCut = true;
    return isThere;
  }
}
