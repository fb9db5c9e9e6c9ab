/**
 * Names of rows of the journal. A step's row has its id; in a for-each `id#2` for the third item, in a for-each within
 * one `id#2#0`; in a sub-playbook the name of the calling step's row comes first: `call/id`, `call#1/id`.
 */
export interface RowId {
  /** the row of the sub-playbook step it stands in; null in the run's own playbook */
  readonly call: string | null;
  /** the step's id in its playbook */
  readonly id: string;
  /** which items of the for-each steps around it, outermost first */
  readonly items: readonly number[];
}

export function parseRowId(rowId: string): RowId {
  const slash = rowId.lastIndexOf("/");
  const [id = "", ...items] = rowId.slice(slash + 1).split("#");
  return { call: slash < 0 ? null : rowId.slice(0, slash), id, items: items.map(Number) };
}

export function formatRowId({ call, id, items }: RowId): string {
  return `${call === null ? "" : `${call}/`}${[id, ...items].join("#")}`;
}
