import type { Stage } from "./types.ts";

/** Whether the alert stands as its sender sent it. What was changed is in its notes. */
export const normalise: Stage = ({ wasNormalised }) => ({ reason: wasNormalised ? "normalised" : "as_sent" });
