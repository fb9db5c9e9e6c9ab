import { z } from "zod";

/**
 * An export: gzipped text, one item a line, a letter and a space before it.
 *
 *     H {"format":"firebreak-export-1","schema":1,"exportedAt":"…","partitions":["events_p20260301"]}
 *     T incidents            the rows that follow belong to this table
 *     R {"id":"inc_…",…}     a row, as PostgreSQL prints it with row_to_json
 *     J {"identifier":…}     a waiting job
 *     S events_seq 1234      a sequence's last value
 *     E 5678                 the end, with the number of R and J lines
 */
export const exportFormat = "firebreak-export-1";

export const headerSchema = z.object({
  format: z.literal(exportFormat),
  schema: z.number().int().positive(),
  exportedAt: z.string(),
  partitions: z.array(z.string().regex(/^events_p\d{8}$/)).max(36_500),
});
export type Header = z.infer<typeof headerSchema>;

/** A row holds at most an event's body or a playbook's text; more is not an export of ours. */
export const longestLine = 64 * 1024 * 1024;
export const batchRows = 500;
export const batchCharacters = 8 * 1024 * 1024;
