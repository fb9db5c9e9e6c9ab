/** Letters of other scripts that look like Latin ones, after compatibility forms and accents are gone. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аαɑ", b: "ЬƄ", c: "сϲⅽ", d: "ԁɗđð", e: "еєεҽ", f: "ƒ", g: "ɡԍ", h: "һհ", i: "іιıӏ", j: "јϳ", k: "кκ", l: "ⅼǀ", m: "мⅿ", n: "пηո",
    o: "оοօσ", p: "рρ", q: "ԛգ", r: "гᴦ", s: "ѕ", t: "тτ", u: "υսц", v: "νѵ", w: "ԝшω", x: "хχ", y: "уγүу", z: "ᴢ",
    A: "АΑ", B: "ВΒ", C: "СϹ", E: "ЕΕ", H: "НΗ", I: "ІΙӀ", J: "Ј", K: "КΚ", M: "МΜ", N: "Ν", O: "ОΟ", P: "РΡ", S: "Ѕ", T: "ТΤ", X: "ХΧ", Y: "ҮΥ", Z: "Ζ",
    "-": "‐‑‒–—―−﹣", "'": "‘’‚‛ʼ", '"': "“”„‟", "/": "∕⁄", ".": "․", ":": "꞉", ";": ";", "<": "‹", ">": "›", "|": "ǀ∣",
  }).flatMap(([latin, others]) => Array.from(others, (other) => [other, latin] as const)),
); // prettier-ignore

/** Small capitals are Latin letters of their own: no compatibility form takes them back. */
const SMALL_CAPITALS: ReadonlyMap<string, string> = new Map(
  Array.from("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", (capital, index) => [capital, "abcdefghijklmnoprstuvwyz"[index] ?? capital]),
);
/** Letters in flags, circles and squares of which Unicode knows no plain form: 26 in a row from each of these. */
const LETTER_BLOCKS = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu;
const BLOCK_STARTS = [0x1f1e6, 0x1f170, 0x1f150];

/** Characters without width or ink: they part words for a machine and not for a person. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** They carry a text of their own that nobody sees. */
const TAGS = /[\u{e0020}-\u{e007e}]/gu;
const LATIN_WORD = /[A-Za-z]/;

/**
 * A text as a person sees it, in plain letters: compatibility forms (wide, mathematical, circled), letters in flags and
 * squares, small capitals, accents, look-alikes of other scripts, characters without width, and the tag characters that carry text nobody sees. Look-alikes are taken for
 * Latin only in words that have Latin letters too, so that texts in other scripts stay what they are.
 */
export function foldText(text: string): string {
  if (isAscii(text)) return text;
  const plain = text
    .replaceAll(TAGS, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000))
    .replaceAll(INVISIBLE, "")
    .replaceAll(LETTER_BLOCKS, plainLetter)
    .replaceAll(/[\u0262-\u029f\u1d00-\u1d22\ua730\ua731]/g, (letter) => SMALL_CAPITALS.get(letter) ?? letter)
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]+/g, "")
    .normalize("NFC");
  return plain.replaceAll(/\S+/g, (word) => foldWord(word));
}

function plainLetter(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const start = BLOCK_STARTS.find((first) => code >= first) ?? code;
  return String.fromCharCode(97 + code - start);
}

function foldWord(word: string): string {
  const hasLatin = LATIN_WORD.test(word);
  return word.replaceAll(/\P{ASCII}/gu, (character) => {
    const latin = LOOK_ALIKES.get(character);
    if (latin === undefined) return character;
    return hasLatin || !/[a-z]/i.test(latin) || isShort(word) ? latin : character;
  });
}

/** Two letters that both look Latin are a command (`гм` for `rm`) sooner than a word. */
const isShort = (word: string): boolean => word.length <= 2;

export const isAscii = (text: string): boolean => /^\p{ASCII}*$/u.test(text);
