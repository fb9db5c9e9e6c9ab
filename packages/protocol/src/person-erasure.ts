/** A person's wish to be forgotten: what is kept of them by values or patterns is looked for, and erased after a second look. */
import { z } from "zod";
import { actor } from "./killswitch.ts";

const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
const value = z
  .string()
  .trim()
  .min(3, "a value has three characters or more: a shorter one is found everywhere")
  .max(256)
  .refine((text) => !/\p{Cc}/u.test(text), "a value holds no control characters");

/** What is left as it is unless it is named. */
export const PERSON_ERASURE_ALSO = ["evidence", "acts"] as const;

export const newPersonErasureRequest = z
  .strictObject({
    /** e-mail address, name, user id: whole ones, without regard to case */
    values: z.array(value).max(50).default([]),
    /** regular expressions of RE2 */
    patterns: z.array(z.string().min(3).max(512)).max(10).default([]),
    /** `evidence`: archives that hold some of it, whole; `acts`: of the audit log */
    also: z.array(z.enum(PERSON_ERASURE_ALSO)).max(2).default([]),
    reason,
  })
  .refine(({ values, patterns }) => values.length + patterns.length > 0, {
    message: "name a value or a pattern",
    path: ["values"],
  });
export type NewPersonErasureRequest = z.output<typeof newPersonErasureRequest>;

/** What there is in one store, and what became of it. */
export const personErasureStore = z.object({
  /** `events`, `acts`, `archive`, `originals`, `evidence`, `s3://…`, or a table */
  store: z.string(),
  /** rows go, texts in them are replaced, keys are destroyed, or all stays */
  act: z.enum(["delete", "mask", "destroy_keys", "keep"]),
  /** rows, archives or originals that hold some of it, at the last look */
  matches: z.number().int(),
  /** of them those that stay: held, not over yet, or of a kind that is kept */
  stay: z.number().int(),
  /** cases whose legal hold is on some of them */
  cases: z.array(z.string()),
  /** sentences: why some stay */
  why: z.array(z.string()),
  /** how many were erased so far */
  erased: z.number().int(),
});
export type PersonErasureStore = z.infer<typeof personErasureStore>;

export const PERSON_ERASURE_STATES = ["searching", "found", "asked", "erasing", "done", "withdrawn"] as const;
export const personErasureState = z.enum(PERSON_ERASURE_STATES);
export type PersonErasureState = z.infer<typeof personErasureState>;

export const personErasure = z.object({
  id: z.string(),
  state: personErasureState,
  /** what is looked for; null once it is over, for then it is forgotten too */
  terms: z.object({ values: z.array(z.string()), patterns: z.array(z.string()) }).nullable(),
  also: z.array(z.enum(PERSON_ERASURE_ALSO)),
  reason: z.string(),
  requestedBy: actor,
  requestedAt: z.string(),
  /** when it was looked for last */
  lookedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  stores: z.array(personErasureStore),
  /** what no erasure from here reaches */
  beyond: z.array(z.string()),
  /** why it does not go on; it is tried again */
  problem: z.string().nullable(),
  /** the question to a second person, while it is open */
  approvalId: z.string().nullable(),
});
export type PersonErasure = z.infer<typeof personErasure>;

export const carryOutPersonErasureRequest = z.strictObject({
  /** without a second person: allowed only where no other person could approve */
  alone: z.boolean().default(false),
});
export type CarryOutPersonErasureRequest = z.output<typeof carryOutPersonErasureRequest>;

export const withdrawPersonErasureRequest = z.strictObject({ reason });
export type WithdrawPersonErasureRequest = z.output<typeof withdrawPersonErasureRequest>;
