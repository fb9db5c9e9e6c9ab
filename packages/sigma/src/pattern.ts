import { parseRegex, RegexFault } from "./regex-parse.ts";
import { Regex } from "./regex.ts";

export type CompiledPattern =
  | {
      readonly ok: true;
      /** @returns undefined when the text was too dear to decide; never seen but for patterns made to be so */
      readonly matches: (text: string) => boolean | undefined;
    }
  | {
      readonly ok: false;
      readonly message: string;
      /** the character of the pattern, from 0 */
      readonly offset: number;
    };

/** Steps for building the automaton while one text is read: far beyond what patterns of people need. */
const STEPS_MAX = 1_000_000;
const FLAGS = { ignoreCase: false, multiline: false, dotAll: true };

/** A regular expression for a whole text, as Alertmanager and Prometheus read them, in time linear in the text. */
export function compilePattern(pattern: string): CompiledPattern {
  try {
    // alone first: what is not balanced by itself must not be balanced by the brackets around it
    parseRegex(pattern, FLAGS);
    const regex = new Regex(`\\A(?:${pattern})\\z`, FLAGS);
    return {
      ok: true,
      matches: (text) => {
        const budget = { steps: STEPS_MAX, exhausted: false };
        const matched = regex.test(text, budget);
        return budget.exhausted ? undefined : matched;
      },
    };
  } catch (fault) {
    if (!(fault instanceof RegexFault)) throw fault;
    return { ok: false, message: fault.message, offset: fault.offset };
  }
}
