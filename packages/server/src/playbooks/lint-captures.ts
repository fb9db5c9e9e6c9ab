import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** What a person is asked to write down has one name each. */
export function lintCaptures(steps: readonly PlacedStep[]): Finding[] {
  return steps.flatMap(({ step, path }) => {
    const names = step.type === "manual" ? step.capture.map(({ name }) => name) : [];
    return names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [failing([...path, "capture", index, "name"], `${name} is captured already`, "give it another name")],
    );
  });
}
