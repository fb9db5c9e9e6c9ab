import { parse } from "csv-parse/sync";
import { indicatorType, severity, tlpLevel } from "@firebreak/protocol";
import { z } from "zod";
import { fromSpreadsheetText, messageOf } from "../kernel/index.ts";
import type { Candidate, Read, Refusal } from "./candidate.ts";

const rows = z.array(z.object({ record: z.record(z.string(), z.string()), info: z.object({ lines: z.number() }) }));
/** Names that lists give the column of the indicator itself. */
const VALUE_COLUMNS = ["value", "indicator", "ioc", "observable"] as const;

/**
 * A table with a heading: `value` (or `indicator`, `ioc`) and, if there, `type`, `source`, `description`, `severity`,
 * `expires`, `confidence`, `tlp`. Other columns are left out.
 */
export function readCsv(content: string): Read {
  const candidates: Candidate[] = [];
  const refusals: Refusal[] = [];
  for (const { record, info } of parseRows(content, refusals)) {
    const place = `line ${info.lines}`;
    const candidate = toCandidate(place, record);
    if (typeof candidate === "string") refusals.push({ place, message: candidate });
    else candidates.push(candidate);
  }
  return { candidates, refusals };
}

function parseRows(content: string, refusals: Refusal[]): z.infer<typeof rows> {
  try {
    const columns = (heading: string[]) => heading.map((name) => name.trim().toLowerCase());
    const options = { columns, info: true, bom: true, trim: true, comment: "#", skip_empty_lines: true } as const;
    return rows.parse(parse(content, { ...options, relax_column_count: true }));
  } catch (fault) {
    refusals.push({ place: "the table", message: `cannot be read: ${messageOf(fault)}` });
    return [];
  }
}

/** @returns the candidate, or why there is none */
function toCandidate(place: string, record: Readonly<Record<string, string>>): Candidate | string {
  const value = VALUE_COLUMNS.map((name) => record[name]).find((text) => text !== undefined && text !== "");
  if (value === undefined) return `has nothing under ${VALUE_COLUMNS.join(", ")}`;
  const type = indicatorType.safeParse(record["type"] || undefined);
  if (!type.success && record["type"]) return `has the type ${record["type"]}; use ${indicatorType.options.join(", ")}`;
  const grade = severity.safeParse(Number(record["severity"]));
  if (!grade.success && record["severity"]) return "has a severity that is none of 1, 2, 3, 4";
  const confidence = Number(record["confidence"]);
  if (!(confidence >= 0 && confidence <= 100) && record["confidence"])
    return "has a confidence that is none of 0 to 100";
  const tlp = tlpLevel.safeParse(record["tlp"]?.toLowerCase().replace(/^tlp:/, "") || undefined);
  if (!tlp.success && record["tlp"]) return `has the TLP ${record["tlp"]}; use ${tlpLevel.options.join(", ")}`;
  return {
    place,
    value: fromSpreadsheetText(value),
    type: type.data,
    severity: grade.data,
    source: fromSpreadsheetText(record["source"] ?? "") || undefined,
    description: fromSpreadsheetText(record["description"] ?? "") || undefined,
    expiresAt: record["expires"] || undefined,
    confidence: record["confidence"] ? Math.round(confidence) : undefined,
    tlp: tlp.data,
  };
}
