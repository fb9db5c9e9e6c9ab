import Pdf from "pdfkit";
import { toWinAnsi } from "../../kernel/index.ts";

const MARGIN = 50;
const HEADINGS = [16, 13, 11, 10, 10, 10] as const;

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
  let fence: string | null = null;
  for (const line of markdown.split("\n")) {
    const mark = /^\s*(`{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || line.trim() === fence)) fence = fence === null ? mark : null;
    else if (fence !== null)
      document
        .font("Courier")
        .fontSize(8.5)
        .text(toWinAnsi(line) || " ", { indent: 12 });
    else writeLine(document, line);
  }
  document.end();
  await done;
  return Buffer.concat(chunks);
}

function writeLine(document: PdfDocument, line: string): void {
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (line.trim() === "") {
    document.moveDown(0.4);
  } else if (heading) {
    const [, marks = "", text = ""] = heading;
    const isStep = text.startsWith("☐");
    document
      .moveDown(0.3)
      .font("Helvetica-Bold")
      .fontSize(HEADINGS[marks.length - 1] ?? 10);
    if (isStep) tickBox(document, 0);
    document.text(plain(text.replace(/^☐\s*/, "")), { indent: isStep ? 16 : 0 });
  } else writeText(document, line);
}

function writeText(document: PdfDocument, line: string): void {
  const indent = Math.min(line.length - line.trimStart().length, 12) * 4;
  const task = /^\s*[-*]\s+\[[ xX]\]\s+(.*)$/.exec(line)?.[1];
  document.font("Helvetica").fontSize(9.5);
  if (task !== undefined) {
    tickBox(document, indent);
    document.text(plain(task), { indent: indent + 16 });
  } else if (!/^\s*\|[\s:|-]+\|\s*$/.test(line)) {
    const text = line.trim().startsWith("|")
      ? line
          .trim()
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((one) => one.trim())
          .join("   ·   ")
      : line.trim();
    document.text(plain(text.replace(/^[-*]\s+/, "• ")), { indent });
  }
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
