import { layOutTable, wrapLine } from "./layout.ts";

/** Where a command speaks: text for people, or one JSON document for machines. */
export interface Output {
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** a line for people, wrapped between words on a terminal; silent with --json */
  readonly line: (text?: string) => void;
  /** rows under headings, aligned; one record after another where the terminal is too narrow; silent with --json */
  readonly table: (headings: readonly string[], rows: readonly (readonly string[])[]) => void;
  /** the machine's answer; printed only with --json */
  readonly result: (value: unknown) => void;
  /** progress and remarks, on standard error; silent with --json */
  readonly note: (text: string) => void;
  /** raw bytes of a document (a review, an export), in both modes */
  readonly raw: (text: string) => void;
  readonly style: Style;
}

export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

export interface OutputStreams {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly isTerminal: boolean;
  readonly useColour: boolean;
  /** characters in a line of the terminal; undefined wraps nothing */
  readonly columns: number | undefined;
}

function createStyle(useColour: boolean): Style {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      useColour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) };
}

export function createOutput(streams: OutputStreams, json: boolean): Output {
  const { writeOut, writeError, columns } = streams;
  const print = (write: (text: string) => void, lines: readonly string[]) => {
    if (!json) for (const line of lines) write(`${line}\n`);
  };
  const style = createStyle(streams.useColour);
  return {
    json,
    isTerminal: streams.isTerminal,
    line: (line = "") => print(writeOut, wrapLine(line, columns)),
    note: (line) => print(writeError, wrapLine(line, columns)),
    table: (headings, rows) => print(writeOut, layOutTable(headings, rows, style, columns)),
    result: (value) => {
      if (json) writeOut(`${JSON.stringify(value, null, 2)}\n`);
    },
    raw: (content) => writeOut(content),
    style,
  };
}
