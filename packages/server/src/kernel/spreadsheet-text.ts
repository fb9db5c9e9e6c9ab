/** What spreadsheets take for a formula, also in its wide forms, and what some of them skip in front of one. */
const FORMULA = /^[\s\u0000]*[=+\-@＝＋－＠\t\r]/u; // eslint-disable-line no-control-regex -- NUL is skipped by some

/** @returns the text with an apostrophe in front where a spreadsheet would compute it: they show it as text then */
export function spreadsheetText(text: string): string {
  return (FORMULA.test(text) ? `'${text}` : text).toWellFormed();
}

/** @returns what {@link spreadsheetText} was given */
export function fromSpreadsheetText(text: string): string {
  return text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}
