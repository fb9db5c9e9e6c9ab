import Pdf from "pdfkit";
import { toWinAnsi } from "../../kernel/index.ts";

const MARGIN = 50;
const HEADINGS = [16, 13, 11, 10, 10, 10] as const;
/** Points from here on. */
const POINTS_A_SPACE = 4;
const SPACES_MAX = 12;
const CODE_INDENT = 12;
const TICK_BOX = 16;
const HEADING_KEEPS = 50;
/** The middle column has what is left: names stand before what they are, and room to write stands behind. */
const NAMES = 110;
const ROOM_TO_WRITE = 150;

type PdfDocument = InstanceType<typeof Pdf>;

/** The runbook on A4, set in fonts that every reader has. What is a box to tick in Markdown is one on paper. */
export async function writeRunbookPdf(title: string, markdown: string): Promise<Buffer> {
  const document = new Pdf({ size: "A4", margin: MARGIN, info: { Title: toWinAnsi(title) } });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    document.on("data", (chunk: Buffer) => chunks.push(chunk));
    document.on("end", resolve);
    document.on("error", reject);
  });
  for (const block of blocksOf(markdown)) writeBlock(document, block);
  document.end();
  await done;
  return Buffer.concat(chunks);
}

interface Block {
  readonly kind: "code" | "table" | "line";
  readonly lines: readonly string[];
}

/** Code and tables as a whole, all else line by line. */
function blocksOf(markdown: string): Block[] {
  const blocks: { kind: Block["kind"]; lines: string[] }[] = [];
  let fence: string | null = null;
  for (const line of markdown.split("\n")) {
    const mark = /^\s*(`{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || line.trim() === fence)) {
      fence = fence === null ? mark : null;
      if (fence !== null) blocks.push({ kind: "code", lines: [] });
      continue;
    }
    const kind = fence !== null ? "code" : line.trim().startsWith("|") ? "table" : "line";
    const last = blocks.at(-1);
    if (kind !== "line" && last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks;
}

function writeBlock(document: PdfDocument, { kind, lines }: Block): void {
  switch (kind) {
    case "code":
      writeCode(document, lines);
      return;
    case "table":
      writeTable(document, lines);
      return;
    case "line":
      for (const line of lines) writeLine(document, line);
      return;
    default:
      kind satisfies never;
  }
}

function writeCode(document: PdfDocument, lines: readonly string[]): void {
  document.font("Courier").fontSize(8.5);
  const indent = indentOf(lines[0] ?? "");
  for (const line of lines) {
    const spaces = Math.min(indent, indentOf(line)) / POINTS_A_SPACE;
    write(document, toWinAnsi(line.slice(spaces)) || " ", indent + CODE_INDENT);
  }
}

/** In points, as far as it is there for the place in a list. */
function indentOf(line: string): number {
  return Math.min(line.length - line.trimStart().length, SPACES_MAX) * POINTS_A_SPACE;
}

/** All lines of a paragraph begin at the same place. */
function write(document: PdfDocument, text: string, indent: number): void {
  const width = document.page.width - 2 * MARGIN - indent;
  document.text(text, MARGIN + indent, document.y, { width });
  document.x = MARGIN;
}

function writeTable(document: PdfDocument, lines: readonly string[]): void {
  const rows = lines.filter((line) => !/^\s*\|[\s:|-]+\|\s*$/.test(line)).map(cellsOf);
  const [head = [], ...body] = rows;
  document.font("Helvetica").fontSize(9);
  document.table({
    columnStyles: head.length === 3 ? [NAMES, "*", ROOM_TO_WRITE] : head.map(() => "*" as const),
    defaultStyle: { border: 0.5, borderColor: "#888888", padding: 3 },
    data: [head.map((text) => ({ text, backgroundColor: "#eeeeee" })), ...body],
  });
  document.x = MARGIN;
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim()));
}

function writeLine(document: PdfDocument, line: string): void {
  const heading = /^\s*(#{1,6})\s+(.*)$/.exec(line);
  if (line.trim() === "") {
    document.moveDown(0.4);
  } else if (heading) {
    const [, marks = "", text = ""] = heading;
    writeHeading(document, text, { level: marks.length, indent: indentOf(line) });
  } else writeText(document, line);
}

/** Never the last of its page. */
function writeHeading(
  document: PdfDocument,
  text: string,
  { level, indent }: { readonly level: number; readonly indent: number },
): void {
  if (document.y > document.page.height - MARGIN - HEADING_KEEPS) document.addPage();
  const isStep = text.startsWith("☐");
  document
    .moveDown(0.3)
    .font("Helvetica-Bold")
    .fontSize(HEADINGS[level - 1] ?? 10);
  if (isStep) tickBox(document, indent);
  write(document, plain(text.replace(/^☐\s*/, "")), isStep ? indent + TICK_BOX : indent);
}

function writeText(document: PdfDocument, line: string): void {
  const indent = indentOf(line);
  const task = /^\s*[-*]\s+\[[ xX]\]\s+(.*)$/.exec(line)?.[1];
  const quoted = /^\s*>\s?(.*)$/.exec(line)?.[1];
  document.font(quoted === undefined ? "Helvetica" : "Helvetica-Oblique").fontSize(9.5);
  if (task !== undefined) {
    tickBox(document, indent);
    write(document, plain(task), indent + TICK_BOX);
  } else write(document, plain((quoted ?? line.trim()).replace(/^[-*]\s+/, "• ")), indent);
}

function tickBox(document: PdfDocument, indent: number): void {
  const size = 9;
  if (document.y + 2 * size > document.page.height - MARGIN) document.addPage();
  document
    .rect(MARGIN + indent, document.y, size, size)
    .lineWidth(0.8)
    .stroke();
}

/** Without the marks of emphasis and code; the words stay. */
function plain(text: string): string {
  return toWinAnsi(text.replaceAll(/\*\*|`/g, "").replaceAll("\\|", "|"));
}
