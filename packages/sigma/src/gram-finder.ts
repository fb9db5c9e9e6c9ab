import type { Finder } from "./aho-corasick.ts";

/** Shorter texts cannot be looked for. */
export const GRAM_CHARS_MIN = 2;
/** More are found by an automaton: of so many, too many characters of a text would be those of one. */
export const GRAM_LITERALS_MAX = 1000;
const GRAM_CHARS = 4;
const PLACES = 1 << 16;

/** Letters from the most to the least common in words, paths and commands; what is not in it is about in the middle. */
const COMMONEST = " etaoinsrlcdumphgf./byvk-w_xjqz";
const MIDDLE = 14;

/**
 * Finds which of some hundred texts occur in a text: each is looked for by four of its characters, the rarest, and each
 * character of the text costs one look into a table. Unlike in an automaton no look waits for the one before it.
 */
export class GramFinder {
  /** Of four characters, rolled into 16 bits, the number of the list of patterns that have them; 0 is none. */
  readonly #places = new Uint16Array(PLACES);
  readonly #lists: Gram[][] = [[]];

  constructor(patterns: readonly string[]) {
    for (const [pattern, text] of patterns.entries()) {
      const end = endOfRarest(text);
      for (const place of placesOf(text.slice(Math.max(0, end - GRAM_CHARS), end))) this.#add(place, { pattern, end });
    }
  }

  /** Tells the finder the number of each pattern that may occur (some of its characters do); repeats are possible. */
  scan(text: string, finder: Finder): void {
    const places = this.#places;
    let rolled = 0;
    for (let at = 0; at < text.length; at++) {
      rolled = roll(rolled, text.charCodeAt(at));
      const list = places[rolled] ?? 0;
      if (list !== 0) this.#tell(list, at, finder);
    }
  }

  #tell(list: number, at: number, finder: Finder): void {
    for (const { pattern, end } of this.#lists[list] ?? NOTHING) finder.found(pattern, at + 1 - end);
  }

  #add(place: number, gram: Gram): void {
    const list = this.#places[place] ?? 0;
    if (list === 0) this.#places[place] = this.#lists.push([gram]) - 1;
    else this.#lists[list]?.push(gram);
  }
}

/** A pattern, and how many of its characters stand before the end of the four. */
interface Gram {
  readonly pattern: number;
  readonly end: number;
}

const NOTHING: readonly Gram[] = [];

/** The last four characters of a text, and nothing of those before them. */
const roll = (rolled: number, unit: number): number => ((rolled << 4) ^ unit) & (PLACES - 1);

/** Where the text may lead to, of four characters or fewer, whatever stands before it. */
function placesOf(gram: string): Set<number> {
  const places = new Set<number>();
  const before = GRAM_CHARS - gram.length;
  // what stands before has been moved up by four bits for each character of the gram
  for (let unknown = 0; unknown < 1 << (4 * before); unknown++) {
    let rolled = unknown;
    for (let at = 0; at < gram.length; at++) rolled = roll(rolled, gram.charCodeAt(at));
    places.add(rolled);
  }
  return places;
}

function endOfRarest(text: string): number {
  let best = Math.min(GRAM_CHARS, text.length);
  let bestRarity = -1;
  for (let end = best; end <= text.length; end++) {
    let rarity = 0;
    for (let at = Math.max(0, end - GRAM_CHARS); at < end; at++) rarity += rarityOf(text.charAt(at));
    if (rarity > bestRarity) [best, bestRarity] = [end, rarity];
  }
  return best;
}

function rarityOf(character: string): number {
  const place = COMMONEST.indexOf(character);
  return place < 0 ? MIDDLE : place;
}
