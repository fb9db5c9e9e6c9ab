import { z } from "zod";

/** The canonical scale under every profile's labels: 1 is critical, 4 is low. */
export const severity = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export type Severity = z.infer<typeof severity>;
