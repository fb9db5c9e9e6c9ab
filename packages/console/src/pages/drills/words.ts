import type { DrillResult } from "@firebreak/protocol";
import type { Word } from "../../words.ts";

export const DRILL_WORDS = {
  passed: { label: "Passed", tone: "ok", meaning: "All that was expected held, and every step really acted." },
  passed_in_part: {
    label: "Partly proven",
    tone: "warn",
    meaning: "What was looked at held; the rest could not be exercised and is not proven.",
  },
  failed: { label: "Failed", tone: "danger", meaning: "Something did not hold." },
  not_run: { label: "Not made", tone: "neutral", meaning: "It could not be made, for want of a program or a right." },
} as const satisfies Record<DrillResult, Word>;
