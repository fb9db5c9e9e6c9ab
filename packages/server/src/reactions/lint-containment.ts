import type { AutomaticContainment } from "../alerts/index.ts";
import type { ContainmentRule, FileProblem, Profile, ProfilePlace } from "../kernel/index.ts";
import type { ReactionContext } from "./context.ts";
import { planReaction, readsEvent } from "./plan-reaction.ts";
import type { Occasion } from "./plan-reaction.ts";

type LintContext = Pick<ReactionContext, "effectors" | "playbooks">;

/** An alert with everything that one may have, so that a reference that no alert can fill is found. */
const EXAMPLE: Occasion = {
  title: "an alert",
  alertId: "alr_1",
  incidentId: "INC-1",
  agentId: "agent",
  sessionId: "session",
  isLate: false,
  scope: {
    alert: {
      id: "alr_1",
      title: "an alert",
      agentId: "agent",
      sessionId: "session",
      pack: "pack",
      ruleId: "rule",
      severity: 1,
      labels: {
        agent: "agent",
        pack: "pack",
        session: "session",
        rule: "rule",
        alertname: "an alert",
        severity: "high",
      },
    },
    incident: { id: "INC-1" },
  },
};

/** @returns why a rule cannot work whatever alert sets it off, or null */
export function findProblem({ effectors, playbooks }: LintContext, rule: ContainmentRule): string | null {
  const { name, mode, askMinutes, effector: effectorName, playbook } = rule;
  const common = { name, mode, forMinutes: rule.forMinutes ?? null, askMinutes, parameters: rule.with };
  if (playbook !== undefined) {
    return playbooks.has(playbook) ? null : `there is no playbook ${playbook} that may run`;
  }
  const what = effectorName ?? "";
  const effector = effectors.get(what);
  if (effector === undefined) return `nothing here provides the effector ${what}`;
  if (rule.forMinutes !== undefined && effector.expiry === "none") return `what ${what} does does not end by time`;
  const containment: AutomaticContainment = { ...common, each: rule.each, kind: "effector", what };
  if (readsEvent(containment)) return null; // what events hold is not known before
  const { problem, parameters } = planReaction(containment, EXAMPLE);
  if (problem !== null) return problem;
  const parsed = effector.parameters.safeParse(parameters);
  if (parsed.success) return null;
  const [issue] = parsed.error.issues;
  return `${what} does not take these parameters: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}`;
}

/** @returns what the profile binds and that cannot work, at its place in its file */
export function lintContainment(
  ctx: LintContext,
  profile: Pick<Profile, "containment" | "detectors" | "playbooks">,
  placeOf: ProfilePlace,
): FileProblem[] {
  const bound = [...unknownPlaybooks(ctx, profile, "playbooks"), ...unknownPlaybooks(ctx, profile, "detectors")];
  const missing = bound.map(({ playbook, path }) => ({
    ...placeOf(path),
    message: `the playbook ${playbook} is bound here, and there is none that may run`,
    remedy: "Name one of those that `firebreak up` loads; what is wrong with the others stands there too.",
  }));
  const rules = profile.containment.rules.flatMap((rule, index) => {
    const problem = findProblem(ctx, rule);
    if (problem === null) return [];
    return {
      ...placeOf(["containment", "rules", index]),
      message: `the containment rule ${rule.name} cannot act: ${problem}`,
      remedy: "List what can act with GET /api/v1/effectors, and playbooks in the console; then mend the rule.",
    };
  });
  return [...missing, ...rules];
}

function unknownPlaybooks(
  { playbooks }: LintContext,
  profile: Pick<Profile, "detectors" | "playbooks">,
  list: "detectors" | "playbooks",
): { playbook: string; path: (string | number)[] }[] {
  return profile[list].flatMap(({ playbook }, index) =>
    playbook === undefined || playbooks.has(playbook) ? [] : [{ playbook, path: [list, index, "playbook"] }],
  );
}
