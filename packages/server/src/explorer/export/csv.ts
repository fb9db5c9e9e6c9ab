import type { EventView } from "@firebreak/protocol";

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

/** What spreadsheets take for a formula, also in its wide forms, and what some of them skip in front of one. */
const FORMULA = /^[\s\u0000]*[=+\-@＝＋－＠\t\r]/u; // eslint-disable-line no-control-regex -- NUL is skipped by some

/**
 * One field as RFC 4180 has it, always quoted. A text that a spreadsheet would compute gets an apostrophe in front, which
 * spreadsheets show as text: whoever needs the very bytes exports NDJSON.
 */
export function csvField(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.toWellFormed().replaceAll('"', '""')}"`;
}

export function csvHeader(): string {
  return `${COLUMNS.map(([name]) => csvField(name)).join(",")}\r\n`;
}

export function csvLine(event: EventView): string {
  return `${COLUMNS.map(([, read]) => csvField(read(event))).join(",")}\r\n`;
}
