import { inputNameOf } from "./words.ts";

/** What a runbook leaves open in a command, for example `<PID>`, `{PD_API_KEY}` or `YOUR_BUCKET`. */
export interface Placeholder {
  readonly source: string;
  readonly name: string;
  /** a password, key or token: it becomes a secret by reference, never an input */
  readonly isSecret: boolean;
}

const PLACEHOLDER =
  /(?<!<)<([A-Za-z](?:[A-Za-z0-9 _./-]{0,59}[A-Za-z0-9_./-])?)>|\{\{?\s*([A-Za-z][A-Za-z0-9_.-]{1,60})\s*\}?\}|\b((?:YOUR|NEW|MY|REPLACE)[-_][A-Z0-9][A-Z0-9_-]{1,60})\b/g;
const SECRET = /(^|[^a-z])(pass(word|wd|phrase)?|secret|token|api[-_ ]?key|private[-_ ]?key|credential|.*key)$/i;

const TOKEN = /__hole(\d{1,4})__/g;

export const isSecretName = (name: string): boolean => SECRET.test(name);

/**
 * Puts words that a shell reads as plain text in the place of placeholders, whose brackets it would take for redirections.
 * `{a,b}` and `${NAME}` are the shell's own and stay.
 */
export class Holes {
  readonly #found: Placeholder[] = [];

  hide(text: string): string {
    return text.replaceAll(
      PLACEHOLDER,
      (source: string, angled?: string, braced?: string, upper?: string, at?: number) => {
        if (braced !== undefined && at !== undefined && text[at - 1] === "$") return source;
        const inner = angled ?? braced ?? upper?.replace(/^(YOUR|MY|REPLACE)[-_]/, "") ?? source;
        this.#found.push({ source, name: inputNameOf(inner), isSecret: isSecretName(inner) });
        return `__hole${this.#found.length - 1}__`;
      },
    );
  }

  /** The text as it was written. */
  show(text: string): string {
    return this.#replace(text, ({ source }) => source);
  }

  /** The text with every placeholder as a reference of the format. */
  refer(text: string, note: (placeholder: Placeholder) => void): string {
    return this.#replace(text.replaceAll("${", "$${"), (placeholder) => {
      note(placeholder);
      return placeholder.isSecret ? `\${secrets.${secretNameOf(placeholder.name)}}` : `\${inputs.${placeholder.name}}`;
    });
  }

  #replace(text: string, by: (placeholder: Placeholder) => string): string {
    return text.replaceAll(TOKEN, (token: string, index: string) => {
      const placeholder = this.#found[Number(index)];
      return placeholder === undefined ? token : by(placeholder);
    });
  }
}

export function secretNameOf(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
}
