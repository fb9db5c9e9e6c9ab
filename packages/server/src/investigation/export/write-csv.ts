import { stringify } from "csv-stringify/sync";
import { spreadsheetText } from "../../kernel/index.ts";
import { provenanceLines } from "./report.ts";
import type { Report } from "./report.ts";

/**
 * The first table of the document, as RFC 4180 has it. What a spreadsheet would take for a formula is put behind an
 * apostrophe. The first rows say where it comes from, in the last column.
 */
export function writeCsv({ provenance, tables: [first] }: Report): string {
  const { columns, rows } = first;
  const origin = [...provenanceLines(provenance), ...(provenance.log === null ? [] : [provenance.log.checkpoint])];
  const records = [...origin.map((line) => ["export", ...columns.slice(2).map(() => ""), line]), ...rows];
  return stringify(
    [columns, ...records.map((record) => record.map((text) => spreadsheetText(withoutControls(text))))],
    {
      record_delimiter: "\r\n",
    },
  );
}

function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, "\uFFFD").toWellFormed();
}
