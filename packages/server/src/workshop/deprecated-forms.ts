/** A value that newer versions of the Sigma specification write otherwise. */
export interface Rewrite {
  /** keys from the top of the rule; items of lists have the path of their list */
  readonly path: readonly string[];
  readonly why: string;
  /** @returns the form of today, or undefined when the text is no such form */
  readonly by: (text: string) => string | undefined;
}

/** `2024/01/31`, the date of version 1 */
const toIsoDate = (text: string): string | undefined =>
  /^\d{4}\/\d{2}\/\d{2}$/.test(text) ? text.replaceAll("/", "-") : undefined;

/** `attack.privilege_escalation`: from version 2 on the words of a tag are joined by dashes */
const toDashes = (text: string): string | undefined =>
  /^attack\.[a-z]+(_[a-z]+)+$/.test(text) ? text.replaceAll("_", "-") : undefined;

const lower = (text: string): string | undefined =>
  /^[a-z]+$/i.test(text) && text !== text.toLowerCase() ? text.toLowerCase() : undefined;

const EXTENDED: ReadonlyMap<string, string> = new Map([
  ["temporal_extended", "temporal"],
  ["temporal_ordered_extended", "temporal_ordered"],
]);

/** Forms of the Sigma specification before 2.0 and of its drafts, which mean the same as what they are replaced by. */
export const DEPRECATED: { readonly values: readonly Rewrite[]; readonly modifiers: ReadonlyMap<string, string> } = {
  values: [
    { path: ["date"], why: "a date of version 1", by: toIsoDate },
    { path: ["modified"], why: "a date of version 1", by: toIsoDate },
    { path: ["tags"], why: "a tag of version 1", by: toDashes },
    { path: ["level"], why: "levels are in lower case", by: lower },
    { path: ["status"], why: "states are in lower case", by: lower },
    {
      path: ["related", "type"],
      why: "a relation of version 1",
      by: (text) => (text === "obsoletes" ? "obsolete" : undefined),
    },
    { path: ["correlation", "type"], why: "a type of a draft", by: (text) => EXTENDED.get(text) },
  ],
  modifiers: new Map([
    ["ignorecase", "i"],
    ["multiline", "m"],
    ["dotall", "s"],
  ]),
};
