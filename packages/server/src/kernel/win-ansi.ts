/** What Windows-1252 has beside Latin-1, which is what the standard fonts of PDF can show. */
const BEYOND_LATIN_1 = new Set("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ");

/** Nothing is dropped: what cannot be shown can still be read. */
export function toWinAnsi(text: string): string {
  return Array.from(text.toWellFormed())
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const isShown =
        (code >= 0x20 && code < 0x7f) ||
        (code >= 0xa0 && code <= 0xff) ||
        code === 0x0a ||
        BEYOND_LATIN_1.has(character);
      return isShown ? character : `\\u{${code.toString(16)}}`;
    })
    .join("");
}
