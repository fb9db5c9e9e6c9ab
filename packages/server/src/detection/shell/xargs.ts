const XARGS_WORDS_MAX = 20;

/** @returns the arguments that a program takes from its input: `xargs` and `parallel` alone do */
export function wordsFromInput(program: string, input: string | undefined): readonly string[] {
  if (program !== "xargs" && program !== "parallel") return [];
  return input?.split(/\s+/).filter(Boolean).slice(0, XARGS_WORDS_MAX) ?? [];
}

/** `xargs` appends what it reads, or puts it in the place of `{}`. */
export function placeWords(inner: readonly string[], words: readonly string[]): readonly string[] {
  if (!inner.includes("{}")) return [...inner, ...words];
  return inner.flatMap((word) => (word === "{}" && words.length > 0 ? words : [word]));
}
