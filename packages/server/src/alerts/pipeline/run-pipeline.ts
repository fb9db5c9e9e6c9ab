import { ALERT_STAGES } from "@firebreak/protocol";
import type { AlertStage, StageDecision } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { deduplicate } from "./deduplicate.ts";
import { group } from "./group.ts";
import { inhibit } from "./inhibit.ts";
import { normalise } from "./normalise.ts";
import { repeat } from "./repeat.ts";
import { route } from "./route.ts";
import { maintenance, silence } from "./silence.ts";
import type { Candidate, Decision, Plan, Situation, Stages, Verdict } from "./types.ts";

const STAGES: Stages = { normalise, deduplicate, group, inhibit, silence, maintenance, route, repeat };

/** Passes an alert through the stages, in order, until one holds it. Pure: the same situation gives the same decision. */
export function runPipeline(candidate: Candidate, situation: Situation): Decision {
  const stages: StageDecision[] = [];
  const { severity, incidentType } = candidate;
  let plan: Plan = { groupKey: "", severity, incidentType };
  for (const stage of ALERT_STAGES) {
    if (stage === "storm") continue;
    const verdict = STAGES[stage](candidate, situation);
    stages.push(describe(stage, verdict));
    if (verdict.holds === true) {
      return {
        disposition: "held",
        stages,
        heldBy: verdict.by ?? null,
        decideAt: verdict.until ?? null,
        plan,
      };
    }
    plan = { ...plan, ...verdict.plan };
  }
  return { disposition: "incident", stages, heldBy: null, decideAt: null, plan };
}

function describe(stage: AlertStage, { reason, by, until }: Verdict): StageDecision {
  return { stage, reason, by: by ?? null, until: until === undefined ? null : toIso(until) };
}
