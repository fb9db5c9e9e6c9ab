import type { Block, Table } from "./block.ts";
import { kindOfTable } from "./tables.ts";
import { severityOf } from "./words.ts";

export interface Contact {
  readonly role: string;
  readonly detail: string;
  readonly line: number;
}
export interface SeverityRow {
  readonly label: string;
  readonly severity: 1 | 2 | 3 | 4;
  readonly detail: string;
  readonly line: number;
}

/** Tables that stand anywhere in blocks, also in lists and quotes. */
export function tablesIn(blocks: readonly Block[]): readonly Table[] {
  return blocks.flatMap((block) => {
    if (block.kind === "table") return [block];
    if (block.kind === "quote") return tablesIn(block.blocks);
    return block.kind === "list" ? block.items.flatMap((item) => tablesIn(item.blocks)) : [];
  });
}

function detailOf({ header }: Table, cells: readonly { readonly text: string }[]): string {
  const parts = cells.slice(1).map(({ text }, index) => `${header[index + 1] ?? ""}: ${text}`);
  return parts
    .filter((part) => !/:\s*$/.test(part))
    .join("; ")
    .replaceAll(/\s+/g, " ");
}

export function contactsIn(table: Table): readonly Contact[] {
  if (kindOfTable(table) !== "contacts") return [];
  return table.rows.flatMap(({ line, cells }) => {
    const role = cells[0]?.text.replaceAll(/\s+/g, " ").trim() ?? "";
    return role === "" ? [] : [{ role, detail: detailOf(table, cells), line }];
  });
}

export function severitiesIn(table: Table): readonly SeverityRow[] {
  if (kindOfTable(table) !== "severity") return [];
  return table.rows.flatMap(({ line, cells }) => {
    const label = cells[0]?.text.replaceAll(/\s+/g, " ").trim() ?? "";
    const severity = severityOf(label);
    return severity === null ? [] : [{ label, severity, detail: detailOf(table, cells), line }];
  });
}
