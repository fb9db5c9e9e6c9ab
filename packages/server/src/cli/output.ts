import { stripVTControlCharacters } from "node:util";

/** Where a command speaks: text for people, or one JSON document for machines. */
export interface Output {
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** a line for people; silent with --json */
  line(text?: string): void;
  /** rows under headings, aligned; silent with --json */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void;
  /** the machine's answer; printed only with --json */
  result(value: unknown): void;
  /** progress and remarks, on standard error; silent with --json */
  note(text: string): void;
  /** raw bytes of a document (a review, an export), in both modes */
  raw(text: string): void;
  readonly style: Style;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export interface OutputStreams {
  writeOut(text: string): void;
  writeError(text: string): void;
  readonly isTerminal: boolean;
  readonly useColour: boolean;
}

function createStyle(useColour: boolean): Style {
  const paint = (on: number, off: number) => (text: string) =>
    useColour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) };
}

export function createOutput(streams: OutputStreams, json: boolean): Output {
  const text = (write: (text: string) => void, line: string) => {
    if (!json) write(`${line}\n`);
  };
  return {
    json,
    isTerminal: streams.isTerminal,
    line: (line = "") => text(streams.writeOut, line),
    note: (line) => text(streams.writeError, line),
    table: (headings, rows) => {
      for (const line of alignRows([headings, ...rows])) text(streams.writeOut, line);
    },
    result: (value) => {
      if (json) streams.writeOut(`${JSON.stringify(value, null, 2)}\n`);
    },
    raw: (content) => streams.writeOut(content),
    style: createStyle(streams.useColour),
  };
}

/** Pads every column but the last to its widest cell; colours do not count. */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stripVTControlCharacters(cell).length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = (widths[column] ?? 0) - stripVTControlCharacters(cell).length;
        return column === row.length - 1 ? cell : cell + " ".repeat(gap);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Text from agents and events may carry control sequences that would move the cursor or rename the window. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is being removed
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
