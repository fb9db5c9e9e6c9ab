import { ACT_MAX_MS, DURATION_MAX_MS, parseDuration } from "./duration.ts";
import { STEPS_MAX } from "./format.ts";
import type { ActionStep, PlaybookDocument } from "./format.ts";
import { lintExpressions } from "./lint-expressions.ts";
import { lintProbes, unknownEffector } from "./lint-probes.ts";
import { lintReferences } from "./lint-references.ts";
import type { KnownEffector, KnownEffectors } from "./known-effectors.ts";
import { lintBranches } from "./lint-branches.ts";
import { lintCaptures } from "./lint-captures.ts";
import { lintCommands } from "./lint-commands.ts";
import { lintEvidenceOrder } from "./lint-evidence-order.ts";
import { lintPeople } from "./lint-people.ts";
import { lintParameters } from "./lint-parameters.ts";
import { placeSteps } from "./placed-step.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing, warning } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** Everything that the schema cannot see. Findings are in the order of the rules, then of the steps. */
export function lintPlaybook(document: PlaybookDocument, effectors: KnownEffectors): Finding[] {
  const steps = placeSteps(document);
  return [
    ...lintShape(document, steps),
    ...lintEffectors(steps, effectors),
    ...lintEvidenceOrder(document, effectors),
    ...lintCommands(steps),
    ...lintPeople(document, steps),
    ...lintBranches(steps),
    ...lintProbes(steps, effectors),
    ...lintVerifies(steps),
    ...lintTimes(steps),
    ...lintCaptures(steps),
    ...lintReferences(document, steps),
    ...lintExpressions(document, steps),
  ];
}

function lintShape(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  const ids = steps.map(({ step }) => step.id);
  const repeated = steps.filter(({ step }, index) => ids.indexOf(step.id) < index);
  const phases = document.phases.map((phase) => phase.id);
  const repeatedPhases = phases.flatMap((id, index) => (phases.indexOf(id) < index ? [index] : []));
  const containAt = phases.indexOf("contain");
  return [
    ...repeated.map(({ step, path }) =>
      failing([...path, "id"], `another step has the id ${step.id} already`, "give every step its own id"),
    ),
    ...repeatedPhases.map((index) =>
      failing(["phases", index, "id"], "this phase is there already", "put all steps of a phase together"),
    ),
    ...(steps.length > STEPS_MAX
      ? [failing(["phases"], `a playbook has ${STEPS_MAX} steps at most`, "split it into several playbooks")]
      : []),
    ...(containAt > 0
      ? [warning(["phases", containAt, "id"], "containment does not come first", "put the contain phase first")]
      : []),
  ];
}

/** What was brought back runs on when somebody aborts the run, what was ended stays so, what was deleted for good is gone. */
function isMeantToStay({ with: parameters }: ActionStep, { name, destroysEvidence }: KnownEffector): boolean {
  return name === "service.start" || destroysEvidence || parameters["purge"] === true;
}

function lintEffectors(steps: readonly PlacedStep[], effectors: KnownEffectors): Finding[] {
  return actionsOf(steps).flatMap(({ step, path }) => {
    const effector = effectors.get(step.effector);
    if (!effector) return [unknownEffector(step.effector, [...path, "effector"], effectors)];
    const unsafeRetry = step.retries > 0 && !effector.idempotent;
    const stays = step.undo === "none" && effector.expiry === "by_undo" && !isMeantToStay(step, effector);
    return [
      ...(stays
        ? [
            warning(
              [...path, "undo"],
              `an aborted run leaves ${step.effector} in effect`,
              "write `undo: auto`; it is then undone, last step first",
            ),
          ]
        : []),
      ...(step.undo === "auto" && effector.stays !== undefined
        ? [
            warning(
              [...path, "undo"],
              `undo of ${step.effector} takes nothing back: ${effector.stays}`,
              "write `undo: none`",
            ),
          ]
        : []),
      ...lintParameters(effector.parameters, step.with, [...path, "with"]),
      ...(unsafeRetry
        ? [
            failing(
              [...path, "retries"],
              `${step.effector} must not run twice, so it cannot be retried`,
              "remove retries",
            ),
          ]
        : []),
    ];
  });
}

function lintVerifies(steps: readonly PlacedStep[]): Finding[] {
  return steps.flatMap(({ step, path }, index) => {
    if (step.type !== "verify") return [];
    const target = steps.slice(0, index).find((earlier) => earlier.step.id === step.of);
    const findings: Finding[] = [];
    if (step.of !== undefined && target?.step.type !== "action") {
      const message = `this step verifies nothing: no earlier action has the id ${step.of}`;
      findings.push(failing([...path, "of"], message, "name an action that stands before this step"));
    }
    if (!step.required) {
      const message = "a verify that may be skipped proves nothing";
      findings.push(failing([...path, "required"], message, "remove `required: false`"));
    }
    return findings;
  });
}

function lintTimes(steps: readonly PlacedStep[]): Finding[] {
  return steps.flatMap(({ step, path }) => {
    const timeBoxMs = parseDuration(step.timeBox) ?? 0;
    if (step.type === "wait" && timeBoxMs <= (parseDuration(step.for ?? "") ?? 0)) {
      const message = "this wait always runs out of time: its time box is not longer than what it waits for";
      return [failing([...path, "timeBox"], message, "write a longer time box")];
    }
    const isAct = step.type === "action" || step.type === "verify";
    if (timeBoxMs <= (isAct ? ACT_MAX_MS : DURATION_MAX_MS)) return [];
    const most = isAct ? "24 hours" : "31 days";
    const message = `the time box of this step lasts ${most} at most`;
    return [failing([...path, "timeBox"], message, "split the step, or shorten its time")];
  });
}

function actionsOf(steps: readonly PlacedStep[]): { step: ActionStep; path: PlacedStep["path"] }[] {
  return steps.flatMap(({ step, path }) => (step.type === "action" ? [{ step, path }] : []));
}
