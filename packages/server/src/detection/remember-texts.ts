const TEXTS_MAX = 512;
/** Longer texts seldom come twice. */
const CHARACTERS_MAX = 1024;

/**
 * A pure function of a text that knows its last results: agents do the same again and again. Whoever gets a result must
 * not change it.
 */
export function rememberTexts<Result>(read: (text: string) => Result): (text: string) => Result {
  let known = new Map<string, { readonly result: Result }>();
  return (text) => {
    if (text.length > CHARACTERS_MAX) return read(text);
    const found = known.get(text);
    if (found !== undefined) return found.result;
    const result = read(text);
    if (known.size >= TEXTS_MAX) known = new Map();
    known.set(text, { result });
    return result;
  };
}
