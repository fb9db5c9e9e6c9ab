import type { PlaybookDocument, Step } from "./format.ts";
import type { KnownEffectors } from "./known-effectors.ts";
import { failing } from "./problem.ts";
import type { DocumentPath, Finding } from "./problem.ts";

/** The effector whose steps save what later steps destroy. */
const COLLECT_EVIDENCE = "evidence.collect";

/** What destroys evidence stands after its collection, on every way that a run can take. */
export function lintEvidenceOrder(document: PlaybookDocument, effectors: KnownEffectors): Finding[] {
  const findings: Finding[] = [];
  let kept = false;
  document.phases.forEach((phase, index) => {
    kept = walk(phase.steps, kept, ["phases", index, "steps"], { effectors, findings });
  });
  return findings;
}

interface Walk {
  readonly effectors: KnownEffectors;
  readonly findings: Finding[];
}

/** @returns whether evidence is kept after these steps, whichever way was taken through them */
function walk(steps: readonly Step[], before: boolean, at: DocumentPath, context: Walk): boolean {
  let kept = before;
  steps.forEach((step, index) => {
    const after = walkStep(step, kept, [...at, index], context);
    // a step that may be skipped keeps nothing for sure
    kept = step.when === undefined ? after : kept;
  });
  return kept;
}

function walkStep(step: Step, kept: boolean, path: DocumentPath, context: Walk): boolean {
  switch (step.type) {
    case "action":
      if (step.effector === COLLECT_EVIDENCE) return true;
      if (!kept && (context.effectors.get(step.effector)?.destroysEvidence ?? false)) {
        context.findings.push(destroys(step.effector, path));
      }
      return kept;
    case "parallel":
      return step.branches
        .map((branch, index) => walk(branch.steps, kept, [...path, "branches", index, "steps"], context))
        .some(Boolean);
    case "decision":
      return step.options
        .map((option, index) => walk(option.steps ?? [], kept, [...path, "options", index, "steps"], context))
        .every(Boolean);
    case "approval":
    case "for-each":
      walk(step.steps ?? [], kept, [...path, "steps"], context);
      return kept;
    case "verify":
    case "manual":
    case "wait":
    case "sub-playbook":
      return kept;
    default:
      return step satisfies never;
  }
}

function destroys(effector: string, path: DocumentPath): Finding {
  return failing(
    [...path, "effector"],
    `${effector} destroys evidence, and no ${COLLECT_EVIDENCE} step comes before it on every way that leads here`,
    `put a step with \`effector: ${COLLECT_EVIDENCE}\` before this one; freeze first so that nothing changes`,
  );
}
