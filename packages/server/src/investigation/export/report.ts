import type { Actor } from "@firebreak/protocol";

/** Where a document comes from, so that whoever gets it can check it. */
export interface Provenance {
  readonly incidentId: string;
  readonly title: string;
  readonly exportedAt: string;
  readonly exportedBy: Actor;
  /** the newest signed checkpoint of the log at that moment; null before anything was logged */
  readonly log: { readonly origin: string; readonly size: number; readonly checkpoint: string } | null;
  /** what is not in it, and what to know when reading it */
  readonly remarks: readonly string[];
}

/** A document in no format yet: every text in it may be hostile, and every writer makes it harmless in its own way. */
export interface Report {
  /** `firebreak-timeline/1` */
  readonly format: string;
  readonly provenance: Provenance;
  /** the first is what the document is about, and all that CSV has */
  readonly tables: readonly [ReportTable, ...ReportTable[]];
  /** the whole, as JSON has it */
  readonly content: unknown;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** of each column in PDF, in parts of the width */
  readonly widths: readonly number[];
}

/** The lines that every format begins with. */
export function provenanceLines({ exportedAt, exportedBy, log, remarks }: Provenance): string[] {
  return [
    `Exported ${exportedAt} by ${exportedBy.name} (${exportedBy.kind})`,
    log === null
      ? "The log had no checkpoint yet"
      : `Log ${log.origin} with ${log.size} entries; its signed checkpoint stands at the end`,
    ...remarks,
  ];
}
