import { stripVTControlCharacters } from "node:util";

const GAP = "  ";
/** The last column is wrapped down to this; narrower than that a table becomes records. */
const LAST_COLUMN_MIN = 28;

/** Shown in two columns by terminals. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/gu;

/** @returns columns that the text takes on a terminal; colours take none */
export function widthOf(text: string): number {
  const shown = stripVTControlCharacters(text).replaceAll(/\p{M}/gu, "");
  return Array.from(shown).length + (shown.match(WIDE)?.length ?? 0);
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - widthOf(cell)));
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return widths;
}

/**
 * Breaks between words; a word that is longer than the line (an address, a hash) stays whole, so that it can be copied.
 *
 * @param width columns of a line; undefined breaks nothing
 */
export function wrapText(text: string, width: number | undefined): string[] {
  if (width === undefined || widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line === "") line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`;
    else {
      lines.push(line.trimEnd());
      line = word;
    }
  }
  return [...lines, line];
}

/** Wraps a line under its own beginning: what goes on is indented two more. */
export function wrapLine(line: string, columns: number | undefined): string[] {
  const text = line.trimStart();
  const indent = line.slice(0, line.length - text.length);
  if (columns === undefined || widthOf(line) <= columns) return [line];
  const [first = "", ...rest] = wrapText(text, Math.max(LAST_COLUMN_MIN, columns - indent.length - GAP.length));
  return [indent + first, ...rest.map((more) => indent + GAP + more)];
}

/** Pads every column but the last to its widest cell, and wraps the last one into the rest of the line. */
export function alignRows(rows: readonly (readonly string[])[], columns?: number): string[] {
  const widths = widthsOf(rows);
  return rows.flatMap((row) => {
    const head = row.slice(0, -1).map((cell, column) => pad(cell, widths[column] ?? 0) + GAP);
    const used = widthOf(head.join(""));
    const rest = columns === undefined ? undefined : Math.max(LAST_COLUMN_MIN, columns - used);
    const [first = "", ...more] = wrapText(row.at(-1) ?? "", rest);
    return [(head.join("") + first).trimEnd(), ...more.map((line) => " ".repeat(used) + line)];
  });
}

function fits(rows: readonly (readonly string[])[], columns: number): boolean {
  const widths = widthsOf(rows);
  const last = Math.min(LAST_COLUMN_MIN, widths.at(-1) ?? 0);
  const others = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  return others + last <= columns;
}

export interface TablePaint {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** A table where the terminal is wide enough, else one record after another. */
export function layOutTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: TablePaint,
  columns: number | undefined,
): string[] {
  const table = [headings.map((heading) => paint.dim(heading)), ...rows];
  if (columns === undefined || fits(table, columns)) return alignRows(table, columns);
  return rows.flatMap((row) => [
    paint.bold(row[0] ?? ""),
    ...alignRows(
      row.slice(1).map((cell, index) => [GAP + paint.dim((headings[index + 1] ?? "").toLowerCase()), cell]),
      columns,
    ),
  ]);
}
