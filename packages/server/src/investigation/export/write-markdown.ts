import { markdown } from "../../kernel/index.ts";
import { provenanceLines } from "./report.ts";
import type { Report } from "./report.ts";

const { inline, table } = markdown;

export function writeMarkdown({ provenance, tables }: Report): string {
  const head = provenanceLines(provenance).map((line) => `- ${inline(line)}`);
  const parts = tables.map(({ title, columns, rows }) => {
    const body =
      rows.length === 0
        ? "Nothing."
        : table(
            columns,
            rows.map((row) => row.map((cell) => inline(cell) || "—")),
          );
    return `## ${inline(title)}\n\n${body}`;
  });
  const checkpoint =
    provenance.log === null ? [] : [`## Checkpoint of the log\n\n${indent(provenance.log.checkpoint)}`];
  return `${[`# ${inline(provenance.title)}`, head.join("\n"), ...parts, ...checkpoint].join("\n\n")}\n`;
}

/** As a block of code, which nothing in it can end. */
function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
