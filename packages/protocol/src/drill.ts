import { z } from "zod";
import { runState, stepState } from "./incident.ts";
import { actor } from "./killswitch.ts";
import { playbookDetail, playbookView } from "./playbook.ts";
import { severity } from "./severity.ts";

/**
 * How a drill came out. `passed`: all that was expected held, and every step really acted. `passed_in_part`: all that was
 * looked at held, and something could not be exercised. `failed`: something did not hold. `not_run`: the drill could not be
 * made here at all, for want of a program or a right.
 */
export const DRILL_RESULTS = ["passed", "passed_in_part", "failed", "not_run"] as const;
export const drillResult = z.enum(DRILL_RESULTS);
export type DrillResult = z.infer<typeof drillResult>;

const time = z.string().max(64);
const text = z.string().max(2000);
const millis = z
  .number()
  .min(0)
  .max(31 * 86_400_000);

/** From one moment of the drill to another. Without a target nothing is promised, and nothing can be missed. */
export const drillSpan = z.strictObject({
  name: z.string().max(64),
  ms: millis.nullable(),
  targetMs: millis.nullable(),
  /** null: there is no target */
  met: z.boolean().nullable(),
});
export type DrillSpan = z.infer<typeof drillSpan>;

export const drillCheck = z.strictObject({ title: text, held: z.boolean(), found: text });
export type DrillCheck = z.infer<typeof drillCheck>;

export const drillStep = z.strictObject({
  id: z.string().max(200),
  phase: z.string().max(64),
  title: text,
  state: stepState,
  reason: text.nullable(),
  message: text.nullable(),
  ms: millis.nullable(),
  /** how the drill expected it to end */
  expected: z.boolean(),
});
export type DrillStep = z.infer<typeof drillStep>;

export const notExercised = z.strictObject({ step: z.string().max(200), effector: z.string().max(120), why: text });
export type NotExercised = z.infer<typeof notExercised>;

export const drillRecord = z.strictObject({
  format: z.literal(1),
  id: z.string().max(64),
  title: z.string().max(300),
  profile: z.string().max(64),
  playbook: z.strictObject({
    id: z.string().max(64),
    title: z.string().max(300),
    version: z.number().int().min(1),
    /** SHA-256 of the file's text */
    hash: z.string().max(64),
  }),
  /** SHA-256 of the drill's own file */
  drillHash: z.string().max(64),
  firebreakVersion: z.string().max(64),
  /** what kept the drill apart from everything else */
  sandbox: z.strictObject({
    isolation: z.enum(["namespaces", "folder"]),
    system: z.string().max(200),
    node: z.string().max(64),
  }),
  startedAt: time,
  endedAt: time,
  seconds: z.number().min(0).max(86_400),
  result: drillResult,
  /** why it failed or was not made; what held is in `checks` */
  findings: z.array(text).max(200),
  fault: z.strictObject({ kind: z.string().max(64), what: text, at: time.nullable() }),
  severity: severity.nullable(),
  incidentId: z.string().max(64).nullable(),
  run: z.strictObject({ id: z.string().max(64), state: runState, reason: text.nullable() }).nullable(),
  spans: z.array(drillSpan).max(50),
  steps: z.array(drillStep).max(1000),
  checks: z.array(drillCheck).max(100),
  notExercised: z.array(notExercised).max(200),
  /** what persons of the drill answered, and as whom */
  answers: z.array(z.strictObject({ step: z.string().max(200), by: z.string().max(64), said: text })).max(500),
  /** messages that Firebreak sent and the drill caught */
  messages: z.number().int().min(0),
});
export type DrillRecord = z.infer<typeof drillRecord>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal");
/** A record as it is handed in. */
export const newDrillRecord = drillRecord.extend({
  id: z.string().regex(/^drl_[0-9A-HJKMNP-TV-Z]{26}$/, "use an id such as drl_… (26 characters)"),
  playbook: drillRecord.shape.playbook.extend({ hash: sha256 }),
  drillHash: sha256,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
});

export const drillSummary = drillRecord
  .pick({
    id: true,
    title: true,
    profile: true,
    playbook: true,
    firebreakVersion: true,
    startedAt: true,
    endedAt: true,
  })
  .extend({
    seconds: z.number(),
    result: drillResult,
    findings: z.array(z.string()),
    spans: z.array(drillSpan),
    notExercised: z.array(notExercised),
  });
export type DrillSummary = z.infer<typeof drillSummary>;

export const drillView = z.object({ record: drillRecord, recordedAt: z.string(), recordedBy: actor });
export type DrillView = z.infer<typeof drillView>;

/** When a playbook was last shown to work. */
export const lastProven = z.object({
  drillId: z.string(),
  at: z.string(),
  /** of the playbook as it was drilled */
  hash: z.string(),
  version: z.number().int(),
  seconds: z.number(),
  result: z.enum(["passed", "passed_in_part"]),
  /** the playbook has been changed since */
  stale: z.boolean(),
});
export type LastProven = z.infer<typeof lastProven>;

/** The newest drill, however it came out. */
export const lastDrill = z.object({ drillId: z.string(), at: z.string(), result: drillResult });
export type LastDrill = z.infer<typeof lastDrill>;

const proof = {
  lastProven: lastProven.nullable(),
  lastDrill: lastDrill.nullable(),
  /** the profile's schedule promised a drill that has not passed in time */
  drillOverdue: z.boolean(),
};
/** A playbook with what drills say of it; null: there was none. */
export const provenPlaybook = playbookView.extend(proof);
export type ProvenPlaybook = z.infer<typeof provenPlaybook>;
export const provenPlaybookDetail = playbookDetail.extend(proof);
export type ProvenPlaybookDetail = z.infer<typeof provenPlaybookDetail>;
