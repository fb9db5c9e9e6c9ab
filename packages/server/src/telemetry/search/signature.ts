/**
 * Signatures: bits that tell what may stand in a block of events. Whoever looks for something asks for all of its bits; a
 * block whose signature lacks one does not hold it. There are bits for
 *
 * - pieces of four characters: letters are folded; punctuation, spaces and all that JSON escapes are one separator, what
 *   lies beyond ASCII is one character. A piece of a text is then the same however it is stored.
 * - two words that one sign of punctuation joins, as in addresses, paths and names of hosts;
 * - a field of the record with its value;
 * - two of the event's columns with their values.
 */
import type { AgentEvent } from "@firebreak/protocol";

export const SIGNATURE_BITS = 131_072;
export const SIGNATURE_BYTES = SIGNATURE_BITS / 8;
/** The last bits are for facts: fields and columns. Frequent words, of which texts are full, cannot stand for one. */
const FACT_BITS = 32_768;
const TEXT_BITS = SIGNATURE_BITS - FACT_BITS;
/** All bits of a fact lie in one cell, so that whoever asks for it reads one place of a segment. */
export const CELL_BITS = 256;
const CELLS = FACT_BITS / CELL_BITS;

const SEPARATOR = 0;
const BEYOND_ASCII = 63;
const SYMBOLS = Uint8Array.from({ length: 128 }, (_, code) => symbolOf(String.fromCodePoint(code).toLowerCase()));
/** Joins two words when it stands alone between them. */
const JOINERS = new Set(Array.from("-./:@_~", (sign) => sign.charCodeAt(0)));
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** of `\u0000` behind the backslash */
const LONG_ESCAPE = 5;
const PIECE = 4;
const BITS_PER_SYMBOL = 6;
const PIECE_MASK = 2 ** (PIECE * BITS_PER_SYMBOL) - 1;
const BITS_OF_JOINED = 2;
const BITS_OF_FACT = 6;
/** Fields that no two events have alike: they would fill a signature and answer hardly a question. */
const UNMARKED_FIELDS: ReadonlySet<string> = new Set(["id", "time", "receivedTime"]);
/** Longer values are found by their words. */
const MARKED_LENGTH_MAX = 256;

function symbolOf(character: string): number {
  if (character >= "a" && character <= "z") return 1 + character.charCodeAt(0) - 97;
  if (character >= "0" && character <= "9") return 27 + character.charCodeAt(0) - 48;
  return SEPARATOR;
}

type Mark = (bit: number) => void;

function markIn(signature: Uint8Array): Mark {
  return (bit) => {
    signature[bit >>> 3] = (signature[bit >>> 3] ?? 0) | (1 << (bit & 7));
  };
}

const spreadOut = (hash: number) => Math.imul(hash, 0x9e37_79b1) >>> 0;
/** The upper bits, which depend on all of the hash. @returns 0 to below `count` */
const upperOf = (hash: number, count: number) => Math.floor((spreadOut(hash) / 2 ** 32) * count);
const textBitOf = (hash: number) => upperOf(hash, TEXT_BITS);
const mix = (hash: number, value: number) => Math.imul(hash ^ value, 0x0100_0193);
const nextOf = (hash: number) => Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) + 1;

function markJoined(mark: Mark, hash: number): void {
  let next = hash;
  for (let index = 0; index < BITS_OF_JOINED; index += 1) {
    mark(textBitOf(next));
    next = nextOf(next);
  }
}

function markFact(mark: Mark, hash: number): void {
  let next = scatter(hash);
  const cell = TEXT_BITS + upperOf(next, CELLS) * CELL_BITS;
  for (let index = 0; index < BITS_OF_FACT; index += 1) {
    next = nextOf(next);
    mark(cell + upperOf(next, CELL_BITS));
  }
}

/** Values that follow one another, such as numbers, must not have bits that do: the last steps of MurmurHash3. */
function scatter(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return twice ^ (twice >>> 16);
}

function hashText(text: string, seed = 0x811c_9dc5): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at));
  return hash;
}

/** Marks the pieces and the joined words of canonical JSON, or of a text without backslashes. */
function markText(mark: Mark, json: string): void {
  let piece = 0;
  let last = -1;
  let symbols = 0;
  let word = 0;
  let wordBefore = 0;
  let isJoined = false;
  let signs = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    const symbol = code < 128 ? (SYMBOLS[code] ?? SEPARATOR) : BEYOND_ASCII;
    if (symbol === SEPARATOR) {
      if (word !== 0) {
        if (isJoined) markJoined(mark, mix(wordBefore, word));
        // one after the other: this runs for every character that is stored
        wordBefore = word;
        word = 0;
        signs = 0;
      }
      signs += JOINERS.has(code) ? 1 : 2;
      if (code === BACKSLASH) at += json.charCodeAt(at + 1) === LETTER_U ? LONG_ESCAPE : 1;
      if (last === SEPARATOR) continue;
    } else {
      if (word === 0) isJoined = signs === 1 && wordBefore !== 0;
      if (symbol === last && symbol === BEYOND_ASCII) continue;
      word = mix(word === 0 ? 1 : word, symbol);
    }
    last = symbol;
    piece = ((piece << BITS_PER_SYMBOL) | symbol) & PIECE_MASK;
    symbols += 1;
    if (symbols >= PIECE) mark(textBitOf(piece));
  }
}

/** Marks the fields of a record with their values: names without places in lists, as a path finds what lies in lists. */
function markFields(mark: Mark, value: unknown, hash: number): void {
  if (Array.isArray(value)) for (const item of value) markFields(mark, item, hash);
  else if (isRecord(value)) for (const name in value) markFields(mark, value[name], hashOfName(hash, name));
  else {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (text.length <= MARKED_LENGTH_MAX) markFact(mark, hashOfField(hash, text));
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const FIELD_SEED = 0x0f1e_1d5e;
const hashOfName = (outer: number, name: string) => hashText(name, hashText(".", outer));
const hashOfField = (names: number, value: string) => hashText(value, hashText("=", names));

/** The columns of an event that searches name. */
export const COLUMNS = ["agent", "pack", "session", "run", "source", "kind", "outcome", "risk"] as const;
export type Column = (typeof COLUMNS)[number];
const WHAT_HAPPENED: ReadonlySet<Column> = new Set(["kind", "outcome", "risk"]);

function columnsOf({ agent, source, kind, outcome, risk }: AgentEvent): Record<Column, string | undefined> {
  return { agent: agent.id, pack: agent.pack, session: agent.session, run: agent.run, source, kind, outcome, risk };
}

const hashOfColumn = (name: Column, value: string) => hashText(value, hashText(name));

/** Marks an event in the signature of its block. @param json canonical */
export function markEvent(signature: Uint8Array, json: string): void {
  const mark = markIn(signature);
  markText(mark, json);
  // guarantee: bodies are written by the intake from checked events
  const event = JSON.parse(json) as AgentEvent;
  for (const [name, value] of Object.entries(event))
    if (!UNMARKED_FIELDS.has(name)) markFields(mark, value, hashOfName(FIELD_SEED, name));
  markPairs(columnsOf(event), (hash) => markFact(mark, hash));
}

/**
 * Tells every two of the columns with their values of which at least one says what happened. Two that say who it was, as a
 * session and its agent, tell hardly more than one.
 */
function markPairs(values: Readonly<Partial<Record<Column, string | undefined>>>, tell: (hash: number) => void): void {
  const who: number[] = [];
  const what: number[] = [];
  for (const name of COLUMNS) {
    const value = values[name];
    if (value === undefined) continue;
    const hash = hashOfColumn(name, value);
    if (!WHAT_HAPPENED.has(name)) {
      who.push(hash);
      continue;
    }
    for (const before of who) tell(mix(before, hash));
    for (const before of what) tell(mix(before, hash));
    what.push(hash);
  }
}

/** @returns the bits that something marks, each once */
function collect(act: (mark: Mark) => void): number[] {
  const bits = new Set<number>();
  act((bit) => bits.add(bit));
  return [...bits];
}

/**
 * @param text what must stand in the event, beginning at the edge of a word or with a separator
 * @param isOpen whether its last word may go on
 * @returns the bits that every block with it has; none for a text too short to tell
 */
export function bitsOfText(text: string, isOpen: boolean): number[] {
  // here a backslash is a separator like others, and escapes nothing
  return collect((mark) => markText(mark, ` ${text.replaceAll("\\", " ")}${isOpen ? "" : " "}`));
}

/**
 * @returns the bits of every block in which a field of these names, from the outermost in, has that value; none when
 *   signatures tell nothing of it
 */
export function bitsOfField(names: readonly string[], value: string): number[] {
  const [outermost = ""] = names;
  if (UNMARKED_FIELDS.has(outermost) || value.length > MARKED_LENGTH_MAX) return [];
  return collect((mark) => markFact(mark, hashOfField(names.reduce(hashOfName, FIELD_SEED), value)));
}

/** @returns for every two of these values the bits of every block with an event that has both */
export function bitsOfPairs(values: Readonly<Partial<Record<Column, string>>>): number[][] {
  const pairs: number[][] = [];
  markPairs(values, (hash) => pairs.push(collect((mark) => markFact(mark, hash))));
  return pairs;
}

/** Blocks whose signatures are kept together, by bit: a question reads only the bits that it asks for. */
export const SEGMENT_BLOCKS = 256;
export const SLICE_BYTES = SEGMENT_BLOCKS / 8;

/** Takes the signature of the block at that place of a segment into it: for each bit one bit of each block. */
export function addToSegment(segment: Uint8Array, signature: Uint8Array, place: number): void {
  const mask = 1 << (place & 7);
  for (let byte = 0; byte < SIGNATURE_BYTES; byte += 1) {
    const value = signature[byte] ?? 0;
    if (value === 0) continue;
    for (let bit = 0; bit < 8; bit += 1) {
      if (((value >> bit) & 1) === 0) continue;
      const at = (byte * 8 + bit) * SLICE_BYTES + (place >>> 3);
      segment[at] = (segment[at] ?? 0) | mask;
    }
  }
}

/** @returns the places of a segment at which all of these slices, one after another, have their bit */
export function placesIn(slices: Uint8Array): number[] {
  const places: number[] = [];
  for (let place = 0; place < SEGMENT_BLOCKS; place += 1) {
    let isIn = true;
    for (let at = place >>> 3; at < slices.length && isIn; at += SLICE_BYTES)
      isIn = (((slices[at] ?? 0) >> (place & 7)) & 1) === 1;
    if (isIn) places.push(place);
  }
  return places;
}
