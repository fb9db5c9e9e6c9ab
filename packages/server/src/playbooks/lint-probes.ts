import { lintParameters } from "./lint-parameters.ts";
import type { KnownEffectors } from "./known-effectors.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** What a step reads must not change anything: it is asked again and again, and after a crash once more. */
export function lintProbes(steps: readonly PlacedStep[], effectors: KnownEffectors): Finding[] {
  return steps.flatMap(({ step, path }) => {
    const probe = step.type === "verify" || step.type === "wait" ? step.probe : undefined;
    if (probe === undefined) return [];
    const effector = effectors.get(probe.effector);
    const at = [...path, "probe"];
    if (!effector) return [unknownEffector(probe.effector, [...at, "effector"], effectors)];
    const message = `${probe.effector} changes something, and a probe only reads`;
    return [
      ...lintParameters(effector.parameters, probe.with, [...at, "with"]),
      ...(effector.onlyReads === true
        ? []
        : [failing([...at, "effector"], message, "use an effector that only reads, or an action step")]),
    ];
  });
}

export function unknownEffector(name: string, path: PlacedStep["path"], effectors: KnownEffectors): Finding {
  const known = [...effectors.keys()].toSorted().join(", ");
  return failing(path, `there is no effector ${name}`, `use one of: ${known}`);
}
