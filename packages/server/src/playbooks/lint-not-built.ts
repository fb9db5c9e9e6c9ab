import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** What the format has and this version does not run: refused when the file is loaded, never skipped. */
export function lintNotBuilt(steps: readonly PlacedStep[]): Finding[] {
  const refuse = (path: Finding["path"], what: string) =>
    failing(path, `${what} not built yet`, "use action, verify and manual steps; a manual step can ask a person");
  return steps.flatMap(({ step, path }) => {
    const findings = step.type === "approval" ? [refuse([...path, "type"], `steps of type ${step.type} are`)] : [];
    if (step.type === "action" && step.approval) findings.push(refuse([...path, "approval"], "approvals of steps are"));
    return findings;
  });
}
