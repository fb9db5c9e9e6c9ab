const TEXTS_MAX = 512;
/** Longer texts seldom come twice. */
const CHARACTERS_MAX = 1024;
/** After a round in which fewer than one in so many texts were known, none is kept for a while. */
const WORTH_ONE_IN = 8;
const PAUSE_TEXTS = 8 * TEXTS_MAX;

/**
 * A pure function of a text that knows its last results: agents do the same again and again. Where they do not, it stops
 * to remember by itself for a while. Whoever gets a result must not change it.
 */
export function rememberTexts<Result>(read: (text: string) => Result): (text: string) => Result {
  let known = new Map<string, { readonly result: Result }>();
  let asked = 0;
  let hits = 0;
  let paused = 0;
  return (text) => {
    if (text.length > CHARACTERS_MAX) return read(text);
    if (paused > 0) {
      paused -= 1;
      return read(text);
    }
    asked += 1;
    const found = known.get(text);
    if (found !== undefined) {
      hits += 1;
      return found.result;
    }
    const result = read(text);
    if (known.size >= TEXTS_MAX) {
      if (hits * WORTH_ONE_IN < asked) paused = PAUSE_TEXTS;
      known = new Map();
      asked = 0;
      hits = 0;
    }
    known.set(text, { result });
    return result;
  };
}
