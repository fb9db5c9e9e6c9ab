import type { Prose, Table, TableRow } from "./block.ts";
import { keepNote, sourceOf } from "./compile-context.ts";
import type { CompileContext, Surroundings } from "./compile-context.ts";
import { compileShell } from "./compile-shell.ts";
import { decide } from "./conditions.ts";
import { manualStep } from "./draft.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import { inlineCommand } from "./inline-command.ts";
import { looksLikeCommand } from "./looks-like-command.ts";
import { kindOfTable, remedyColumn, stepColumn } from "./tables.ts";
import { titleOf } from "./words.ts";

const OPTIONS_MAX = 19;

/** The steps of a table: what to do for what is seen is a decision, numbered rows are steps, the rest is kept to read. */
export function compileTable(ctx: CompileContext, table: Table, around: Surroundings): readonly DraftStep[] {
  switch (kindOfTable(table)) {
    case "decision":
      return decisionSteps(ctx, table, around);
    case "steps":
      return table.rows.flatMap((row) => rowSteps(ctx, table, row, stepColumn(table.header), around));
    case "contacts":
    case "severity":
    case "other":
      keepNote(ctx, around.lead ?? around.heading, sourceOf(ctx, table), table);
      return [];
  }
}

function decisionSteps(ctx: CompileContext, table: Table, around: Surroundings): readonly DraftStep[] {
  const column = remedyColumn(table.header);
  const steps: DraftStep[] = [];
  for (let at = 0; at < table.rows.length; at += OPTIONS_MAX) {
    const rows = table.rows.slice(at, at + OPTIONS_MAX);
    const options = rows.map((row): DraftOption => ({
      label: titleOf(row.cells[0]?.text ?? `row ${row.line}`) || `row ${row.line}`,
      severity: null,
      steps: rowSteps(ctx, table, row, column, around),
    }));
    const title = titleOf(around.lead ?? around.heading);
    const lines = at === 0 ? [{ from: table.from, to: table.to }] : rows.map(({ line }) => ({ from: line, to: line }));
    steps.push(decide(title, lines, options, around.seconds));
  }
  return steps;
}

function rowSteps(
  ctx: CompileContext,
  { header }: Table,
  row: TableRow,
  column: number,
  around: Surroundings,
): readonly DraftStep[] {
  const cell = row.cells[column];
  if (cell === undefined || cell.text.trim() === "") return [];
  const lines = { from: row.line, to: row.line };
  const lead = titleOf(column === 0 ? "" : (row.cells[0]?.text ?? ""));
  const within = { ...around, lead: lead === "" || /^\d+$/.test(lead) ? null : lead };
  const command = onlyCode(cell);
  if (command !== null) {
    const code = { kind: "code" as const, language: "sh", lines: [{ line: row.line, text: command }], ...lines };
    return compileShell(ctx, code, within).map((step) => ({ ...step, lines: [lines] }));
  }
  const inline = inlineCommand(ctx, cell.source, lines, within);
  if (inline !== null) return inline;
  const others = row.cells.flatMap((one, index) =>
    index === column || one.text.trim() === "" ? [] : [`- ${header[index] ?? ""}: ${one.source}`],
  );
  const seconds = around.seconds === null ? {} : { seconds: around.seconds };
  return [manualStep(titleOf(cell.text), [lines], [cell.source, ...others].join("\n"), seconds)];
}

function onlyCode({ source, codes }: Prose): string | null {
  const [code] = codes;
  return codes.length === 1 && code !== undefined && source.trim() === `\`${code}\`` && looksLikeCommand(code)
    ? code
    : null;
}
