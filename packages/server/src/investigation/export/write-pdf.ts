import { setImmediate as nextTurn } from "node:timers/promises";
import Pdf from "pdfkit";
import { toWinAnsi } from "../../kernel/index.ts";
import { provenanceLines } from "./report.ts";
import type { Report, ReportTable } from "./report.ts";

const MARGIN = 40;
const CELL_CHARACTERS_MAX = 1_200;
const LINE_GAP = 3;
const ROWS_AT_ONCE = 10;

/** A plain document on A4, set in fonts that every reader has; characters that these lack are written as their code points. */
export async function writePdf({ provenance, tables }: Report): Promise<Buffer> {
  const info = {
    Title: toWinAnsi(provenance.title),
    Author: toWinAnsi(provenance.exportedBy.name),
    CreationDate: new Date(provenance.exportedAt),
  };
  const document = new Pdf({ size: "A4", layout: "landscape", margin: MARGIN, info });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    document.on("data", (chunk: Buffer) => chunks.push(chunk));
    document.on("end", resolve);
    document.on("error", reject);
  });
  document.font("Helvetica-Bold").fontSize(15).text(toWinAnsi(provenance.title));
  document.font("Helvetica").fontSize(8).moveDown(0.5);
  for (const line of provenanceLines(provenance)) document.text(toWinAnsi(line));
  for (const table of tables) await writeTable(document, table);
  if (provenance.log !== null) {
    document.moveDown().font("Helvetica-Bold").fontSize(11).text("Checkpoint of the log", MARGIN);
    document.font("Courier").fontSize(8).text(toWinAnsi(provenance.log.checkpoint), MARGIN);
  }
  document.end();
  await done;
  return Buffer.concat(chunks);
}

type PdfDocument = InstanceType<typeof Pdf>;

async function writeTable(document: PdfDocument, { title, columns, rows, widths }: ReportTable): Promise<void> {
  document.moveDown().font("Helvetica-Bold").fontSize(11).text(toWinAnsi(title), MARGIN).moveDown(0.3);
  const parts = widths.reduce((sum, width) => sum + width, 0);
  const total = document.page.width - 2 * MARGIN;
  const lanes = widths.map((width) => (width / parts) * total - 6);
  const writeRow = (cells: readonly string[], font: string) => {
    document.font(font).fontSize(7.5);
    const texts = cells.map((cell) => toWinAnsi(cell.slice(0, CELL_CHARACTERS_MAX)));
    const height = Math.max(
      ...texts.map((text, index) => document.heightOfString(text || " ", { width: lanes[index] ?? total })),
    );
    if (document.y + height > document.page.height - MARGIN) document.addPage();
    const top = document.y;
    let left = MARGIN;
    for (const [index, text] of texts.entries()) {
      const width = lanes[index] ?? total;
      document.text(text, left, top, { width });
      left += width + 6;
    }
    document.y = top + height + LINE_GAP;
    document.x = MARGIN;
  };
  writeRow(columns, "Helvetica-Bold");
  for (const [index, row] of rows.entries()) {
    // stops are answered meanwhile
    if (index % ROWS_AT_ONCE === 0) await nextTurn();
    writeRow(row, "Helvetica");
  }
  if (rows.length === 0) writeRow(["Nothing."], "Helvetica");
}
