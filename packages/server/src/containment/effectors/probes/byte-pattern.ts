/** Plain texts to be found in the bytes of a file, whatever is around them. */
export interface BytePattern {
  /** Reads some bytes once. @returns what tells where the first of the texts begins from a place on; -1: nowhere */
  readonly read: (bytes: Buffer) => (from: number) => number;
  /** of the longest text */
  readonly bytesMax: number;
}

/** @param texts none of them empty. Without `exactCase` upper and lower case are the same, in every alphabet */
export function toBytePattern(texts: readonly string[], exactCase: boolean): BytePattern {
  const written = texts.map((text) => Array.from(text, (character) => waysToWrite(character, exactCase)));
  // over bytes as latin1: nothing must be decoded, and a text is found in what is no UTF-8 too
  const pattern = new RegExp(written.map((ways) => ways.map(toSource).join("")).join("|"), "g");
  return {
    read: (bytes) => {
      const text = bytes.toString("latin1");
      return (from) => {
        pattern.lastIndex = from;
        return pattern.exec(text)?.index ?? -1;
      };
    },
    bytesMax: Math.max(...written.map((ways) => ways.reduce((sum, one) => sum + longestOf(one), 0))),
  };
}

const longestOf = (ways: readonly Buffer[]) => Math.max(...ways.map((bytes) => bytes.length));

function waysToWrite(character: string, exactCase: boolean): Buffer[] {
  const ways = exactCase ? [character] : [character, character.toLowerCase(), character.toUpperCase()];
  return [...new Set(ways)].map((way) => Buffer.from(way));
}

function toSource(ways: readonly Buffer[]): string {
  const hex = (bytes: Buffer) => Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  return `(?:${ways.map(hex).join("|")})`;
}
