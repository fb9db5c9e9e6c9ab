/** Something wrong in a playbook file. Line and column count from 1. An error keeps the playbook from running. */
export interface PlaybookProblem {
  readonly level: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

/** Steps into a document: keys and list positions. */
export type DocumentPath = readonly (string | number)[];

/** A problem that still says where by path, before the file's lines are looked up. */
export interface Finding {
  readonly level: "error" | "warning";
  readonly path: DocumentPath;
  readonly message: string;
  readonly remedy: string;
}

export function failing(path: Finding["path"], message: string, remedy: string): Finding {
  return { level: "error", path, message, remedy };
}

export function warning(path: Finding["path"], message: string, remedy: string): Finding {
  return { level: "warning", path, message, remedy };
}
