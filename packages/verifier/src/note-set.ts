import { parseNote } from "./note.ts";

/**
 * Finds the signed checkpoints in a text that holds several, one after the other with anything between them: a file that grows
 * at its end, the source of a mail, the history of a repository.
 *
 * @param max how many are taken; the last ones, which are the newest
 */
export function findCheckpoints(text: string, max = 100_000): string[] {
  const lines = text.split(/\r?\n/);
  const found: string[] = [];
  for (let at = lines.length - 1; at >= 4 && found.length < max; at--) {
    if (!isSignature(lines[at])) continue;
    let first = at;
    while (first > 0 && isSignature(lines[first - 1])) first -= 1;
    if (lines[first - 1] === "") {
      // origin, size and root stand before the empty line, and what else a log may say behind them
      let start = first - 2;
      while (start > 0 && (lines[start - 1] ?? "") !== "" && first - start < TEXT_LINES_MAX) start -= 1;
      const note = `${lines.slice(start, at + 1).join("\n")}\n`;
      if (parseNote(note) !== undefined) found.push(note);
    }
    at = first;
  }
  return found.toReversed();
}

const TEXT_LINES_MAX = 20;
const isSignature = (line: string | undefined): boolean => line?.startsWith("\u2014 ") === true;
