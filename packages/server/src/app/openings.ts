import { messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";

/** Closes what was opened, last first; one that fails does not keep the others open. */
export class Openings {
  readonly #closers: { name: string; close: () => unknown }[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  async close(): Promise<void> {
    for (const { name, close } of this.#closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (fault) {
        this.#logger.error("a part could not be closed", { part: name, problem: messageOf(fault) });
      }
    }
  }
}
