import { z } from "zod";

const problem = z.object({ at: z.string(), path: z.string(), message: z.string() });

/** How one entry of `tails.yaml` fares, counted since the server began. */
export const tailView = z.object({
  name: z.string(),
  /** id of the field map */
  map: z.string(),
  paths: z.array(z.string()),
  /** `waiting`: the intake or the database takes nothing now; the files keep what was not read */
  state: z.enum(["reading", "waiting"]),
  waitingFor: z.string().nullable(),
  files: z.number().int(),
  /** bytes that are there and not stored */
  behindBytes: z.number(),
  lines: z.number().int(),
  linesPerSecond: z.number(),
  /** events stored, and those that were stored before */
  events: z.number().int(),
  known: z.number().int(),
  /** lines that the map could not read, kept as events of kind `log` */
  unreadable: z.number().int(),
  refused: z.number().int(),
  lastLineAt: z.string().nullable(),
  lastProblem: problem.nullable(),
  /** paths that are there and not read, with why */
  skipped: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type TailView = z.infer<typeof tailView>;

/** All tails, and what in `tails.yaml` and in field maps does not load. */
export const tailsView = z.object({
  items: z.array(tailView),
  problems: z.array(
    z.object({
      file: z.string(),
      line: z.number().int(),
      column: z.number().int(),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
});
export type TailsView = z.infer<typeof tailsView>;
