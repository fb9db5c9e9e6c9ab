import { z } from "zod";

/** One line of the live stream (server-sent events): something changed, fetch it again. */
export const liveMessage = z.object({
  topic: z.enum([
    "incident",
    "alert",
    "silence",
    "policy",
    "hold",
    "approval",
    "agent",
    "run",
    "delivery",
    "evidence",
    "source",
    "reaction",
    "replay",
    "indicator_scan",
    "action",
    "retention",
  ]),
  id: z.string(),
});
export type LiveMessage = z.infer<typeof liveMessage>;
