import { z } from "zod";

const problem = z.object({ at: z.string(), path: z.string(), message: z.string() });

/** What was read of lines since the server began. */
export const linesRead = z.object({
  waitingFor: z.string().nullable(),
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
});
export type LinesRead = z.infer<typeof linesRead>;

/** How one entry of `tails.yaml` fares. */
export const tailView = z.object({
  name: z.string(),
  /** id of the field map */
  map: z.string(),
  paths: z.array(z.string()),
  /** `waiting`: the intake or the database takes nothing now; the files keep what was not read */
  state: z.enum(["reading", "waiting"]),
  files: z.number().int(),
  /** bytes that are there and not stored */
  behindBytes: z.number(),
  ...linesRead.shape,
  /** paths that are there and not read, with why */
  skipped: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type TailView = z.infer<typeof tailView>;

const fileProblem = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  remedy: z.string(),
});

/** All tails, and what in `tails.yaml` and in field maps does not load. */
export const tailsView = z.object({ items: z.array(tailView), problems: z.array(fileProblem) });
export type TailsView = z.infer<typeof tailsView>;

/** How one entry of `syslog.yaml` fares. */
export const syslogListenerView = z.object({
  name: z.string(),
  /** `tcp://host:port` or `tls://host:port`, as it is bound */
  listen: z.string(),
  map: z.string(),
  /** `waiting`: the intake or the database takes nothing now, and senders are kept waiting; `failed`: it does not listen */
  state: z.enum(["listening", "waiting", "failed"]),
  connections: z.number().int(),
  /** connections that were refused: address not allowed, too many, no handshake */
  turnedAway: z.number().int(),
  ...linesRead.shape,
});
export type SyslogListenerView = z.infer<typeof syslogListenerView>;

/** All listeners, and what in `syslog.yaml` does not load. */
export const syslogView = z.object({ items: z.array(syslogListenerView), problems: z.array(fileProblem) });
export type SyslogView = z.infer<typeof syslogView>;
