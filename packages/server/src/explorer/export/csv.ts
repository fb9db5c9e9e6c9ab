import type { EventView } from "@firebreak/protocol";
import { stringify } from "csv-stringify/sync";
import { spreadsheetText } from "../../kernel/index.ts";

const COLUMNS = [
  ["seq", ({ seq }) => String(seq)],
  ["id", ({ id }) => id],
  ["time", ({ time }) => time],
  ["received_time", ({ receivedTime }) => receivedTime],
  ["source", ({ source }) => source],
  ["agent", ({ agent }) => agent.id],
  ["pack", ({ agent }) => agent.pack ?? ""],
  ["session", ({ agent }) => agent.session ?? ""],
  ["run", ({ agent }) => agent.run ?? ""],
  ["kind", ({ kind }) => kind],
  ["outcome", ({ outcome }) => outcome],
  ["risk", ({ risk }) => risk ?? ""],
  ["resource", ({ resource }) => resource ?? ""],
  ["data", ({ data }) => JSON.stringify(data)],
  ["redacted", ({ redacted }) => (redacted.length === 0 ? "" : JSON.stringify(redacted))],
  ["indicators", ({ indicators }) => (indicators.length === 0 ? "" : JSON.stringify(indicators))],
] as const satisfies readonly (readonly [string, (event: EventView) => string])[];

/**
 * Fields as RFC 4180 has them, all quoted. Whoever needs the very bytes of a text that a spreadsheet would compute exports
 * NDJSON.
 */
export function csvRecord(fields: readonly string[]): string {
  return stringify([fields.map(spreadsheetText)], { quoted: true, quoted_empty: true, record_delimiter: "\r\n" });
}

export function csvHeader(): string {
  return csvRecord(COLUMNS.map(([name]) => name));
}

export function csvLine(event: EventView): string {
  return csvRecord(COLUMNS.map(([, read]) => read(event)));
}
