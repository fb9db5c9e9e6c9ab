/** Writes the YAML of small playbooks for tests. */
import { stringify } from "yaml";

export type StepFields = Readonly<Record<string, unknown>> & { readonly id: string };

export function actionFields(id: string, extra: Readonly<Record<string, unknown>> = {}): StepFields {
  return {
    id,
    title: `Do ${id}`,
    type: "action",
    effector: "file.write",
    with: { name: id },
    timeBox: "5s",
    undo: "none",
    ...extra,
  };
}

export function manualFields(id: string, extra: Readonly<Record<string, unknown>> = {}): StepFields {
  return { id, title: `Ask ${id}`, type: "manual", instructions: "Look at it.", timeBox: "1h", ...extra };
}

export function verifyFields(id: string, of: string, extra: Readonly<Record<string, unknown>> = {}): StepFields {
  return { id, title: `Verify ${of}`, type: "verify", of, timeBox: "5s", ...extra };
}

export function playbookText(steps: readonly StepFields[], extra: Readonly<Record<string, unknown>> = {}): string {
  return stringify({
    id: "test-book",
    title: "Test book",
    description: "For tests.",
    phases: [{ id: "contain", steps }],
    ...extra,
  });
}

/** A step of another type, with a time box of an hour. */
export function stepFields(id: string, type: string, extra: Readonly<Record<string, unknown>> = {}): StepFields {
  return { id, title: `Step ${id}`, type, timeBox: "1h", ...extra };
}
