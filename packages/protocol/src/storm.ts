import { z } from "zod";
import { reactionState } from "./reaction.ts";

const time = z.string();

/** What an incident is that took in the alerts of many agents at once. Times are ISO 8601 in UTC. */
export const stormView = z.object({
  beganAt: time,
  /** of the last alert that joined */
  lastJoinedAt: time,
  /** null: it goes on */
  endedAt: time.nullable(),
  alerts: z.number().int(),
  agents: z.number().int(),
  /** what its alerts are about, the most frequent first, 20 at most */
  rules: z.array(z.object({ ruleId: z.string().nullable(), title: z.string(), alerts: z.number().int() })),
  /** what automatic containment decided, by agents: one with several decisions counts in each */
  decisions: z.array(z.object({ state: reactionState, agents: z.number().int() })),
});
export type StormView = z.infer<typeof stormView>;

/** An agent that is in a storm. */
export const stormAgent = z.object({
  agentId: z.string(),
  joinedAt: time,
  alerts: z.number().int(),
  /** what automatic containment decided last for it; null: the profile says nothing about it */
  decision: reactionState.nullable(),
});
export type StormAgent = z.infer<typeof stormAgent>;
