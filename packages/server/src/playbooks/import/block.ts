/** Lines of the source, counted from 1, both inclusive. */
export interface Lines {
  readonly from: number;
  readonly to: number;
}

/** Text of Markdown: as it was written, and as it reads. */
export interface Prose extends Lines {
  readonly source: string;
  /** without marks of emphasis, links and code */
  readonly text: string;
  /** the bold words it begins with, without a closing colon */
  readonly lead: string | null;
  /** pieces of code within it */
  readonly codes: readonly string[];
  /** how much of the text is the text of links, 0 to 1 */
  readonly linked: number;
}

export interface Heading extends Lines {
  readonly kind: "heading";
  readonly level: number;
  readonly text: string;
}
export interface Paragraph extends Prose {
  readonly kind: "paragraph";
}
export interface ListItem extends Lines {
  /** `[ ]` or `[x]` stands before its text */
  readonly isTask: boolean;
  readonly blocks: readonly Block[];
}
export interface List extends Lines {
  readonly kind: "list";
  readonly isOrdered: boolean;
  readonly items: readonly ListItem[];
}
export interface CodeLine {
  readonly line: number;
  readonly text: string;
}
export interface Code extends Lines {
  readonly kind: "code";
  /** what stands after the opening fence, in small letters; empty when nothing does */
  readonly language: string;
  readonly lines: readonly CodeLine[];
}
export interface TableRow {
  readonly line: number;
  readonly cells: readonly Prose[];
}
export interface Table extends Lines {
  readonly kind: "table";
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
}
export interface Quote extends Lines {
  readonly kind: "quote";
  readonly blocks: readonly Block[];
}
/** A line across the page. */
export interface Separator extends Lines {
  readonly kind: "separator";
}
export type Block = Heading | Paragraph | List | Code | Table | Quote | Separator;
