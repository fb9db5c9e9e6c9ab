import type { PlaybookDocument } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** What the format has and this version does not run: refused when the file is loaded, never skipped. */
export function lintNotBuilt(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  const refuse = (path: Finding["path"], what: string) =>
    failing(path, `${what} not built yet`, "use action, verify and manual steps; a manual step can ask a person");
  return [
    ...(document.locks.length > 0 ? [refuse(["locks"], "locks are")] : []),
    ...steps.flatMap(({ step, path }) => {
      const runs = step.type === "action" || step.type === "verify" || step.type === "manual";
      const findings = runs ? [] : [refuse([...path, "type"], `steps of type ${step.type} are`)];
      if (step.type === "action" && step.approval)
        findings.push(refuse([...path, "approval"], "approvals of steps are"));
      if (step.type === "manual" && step.checklist.length + step.capture.length > 0) {
        findings.push(refuse([...path, "checklist"], "check-lists and captures are"));
      }
      return findings;
    }),
  ];
}
