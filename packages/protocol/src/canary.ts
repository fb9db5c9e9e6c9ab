import { z } from "zod";

/** `waiting`: it has not run since the start. */
export const canaryView = z.object({
  state: z.enum(["off", "waiting", "ok", "failing"]),
  /** when it last ran */
  at: z.string().nullable(),
  /** from the stop to the proof, ms */
  freezeMs: z.number().nullable(),
  killMs: z.number().nullable(),
  /** what did not happen */
  problem: z.string().nullable(),
  everySeconds: z.number().int(),
  limitMs: z.number().int(),
});
/** The self-test that stops an agent of its own, and what became of it. */
export type CanaryView = z.infer<typeof canaryView>;
