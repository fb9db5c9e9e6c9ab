import type { StepAskPreview } from "@firebreak/protocol";
import type { PlannedStep } from "./plan.ts";
import { fillProse } from "./prose.ts";

/** @returns of whom a step would ask what, as far as it is known before anything has run, or null */
export function describeAsk({ step, asks }: PlannedStep, scope: object): StepAskPreview | null {
  if (asks === null) return null;
  const whom = {
    role: asks.role?.title ?? null,
    access: asks.role?.access ?? ("responder" as const),
    escalateTo: asks.escalateTo?.title ?? null,
  };
  switch (step.type) {
    case "manual":
      return {
        ...whom,
        kind: "manual",
        what: fillProse(step.instructions, scope),
        people: 1,
        checklist: step.checklist,
      };
    case "decision":
      return { ...whom, kind: "decision", what: fillProse(step.question, scope), people: 1, checklist: [] };
    case "approval":
      return {
        ...whom,
        kind: "approval",
        what: fillProse(step.question, scope),
        people: step.people,
        checklist: step.checklist,
      };
    case "action": {
      const { people = 1, checklist = [] } = step.approval ?? {};
      return { ...whom, kind: "approval", what: `whether ${step.effector} may act`, people, checklist };
    }
    case "verify":
    case "parallel":
    case "for-each":
    case "wait":
    case "sub-playbook":
      return null;
    default:
      return step satisfies never;
  }
}

/** @returns in a few words what a step does, beside its title */
export function describeDoing({ step }: PlannedStep): string {
  switch (step.type) {
    case "action":
      return step.effector;
    case "verify":
      if (step.of !== undefined) return `verifies ${step.of}`;
      return [step.probe?.effector, step.expect].filter((part) => part !== undefined).join(": ");
    case "manual":
      return "a person does it and says so";
    case "approval":
      return `goes on only after ${step.people === 1 ? "a yes" : `${step.people} yeses`}`;
    case "decision": {
      const options = step.options.map(({ id, when }) => (when === undefined ? id : `${id} when ${when}`));
      const otherwise = step.otherwise === undefined ? "else a person answers" : `else ${step.otherwise}`;
      return `one of: ${options.join("; ")}; ${otherwise}`;
    }
    case "parallel":
      return `at once: ${step.branches.map(({ id }) => id).join(", ")}`;
    case "for-each":
      return `for each of ${step.in}, ${step.atOnce} at once`;
    case "wait":
      if (step.for !== undefined) return `waits ${step.for}`;
      if (step.signal !== undefined) return `waits for the signal ${step.signal}`;
      return `waits until ${step.until ?? ""}, looking every ${step.every}`;
    case "sub-playbook":
      return `runs the playbook ${step.playbook}`;
    default:
      return step satisfies never;
  }
}
