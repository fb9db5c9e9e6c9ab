import { z } from "zod";
import { eventFilters } from "./event-search.ts";
import { actor } from "./killswitch.ts";

/** Filters of the explorer under a name: one's own, or for everybody. */
export const newSavedViewRequest = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, "use printable characters only"),
  shared: z.boolean().default(false),
  /** as `GET /api/v1/events` takes them */
  filters: eventFilters,
});
export type NewSavedViewRequest = z.infer<typeof newSavedViewRequest>;

export const savedView = z.object({
  id: z.string(),
  name: z.string(),
  owner: actor,
  /** whoever asks made it, and may change it */
  own: z.boolean(),
  shared: z.boolean(),
  filters: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type SavedView = z.infer<typeof savedView>;
