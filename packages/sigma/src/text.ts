/** Case folding of values and patterns alike. The two lower-case sigmas are one, or folding would depend on neighbours. */
export function foldText(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

/** For reports: at most `charsMax` characters. */
export function shorten(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;
}
