/** What a waiting step asks of a person: as it was asked, else as the playbook has it. */
import type { PlaybookStepView, Role, StepView } from "@firebreak/protocol";

export interface Capture {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly required: boolean;
}

export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly severity: number | null;
}

export interface Asked {
  readonly text: string;
  readonly checklist: readonly string[];
  readonly capture: readonly Capture[];
  readonly options: readonly Choice[];
  readonly roleTitle: string | null;
  /** the role in Firebreak that an answer takes */
  readonly access: Role;
  readonly signal: string | null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function captureOf(value: unknown): readonly Capture[] {
  if (!isRecord(value)) return [];
  const name = textOf(value["name"]);
  if (name === null) return [];
  const label = textOf(value["label"]) ?? name;
  return [{ name, label, type: textOf(value["type"]) ?? "string", required: value["required"] !== false }];
}

function choiceOf(value: unknown): readonly Choice[] {
  if (!isRecord(value)) return [];
  const id = textOf(value["id"]);
  if (id === null) return [];
  return [{ id, label: textOf(value["label"]) ?? id, severity: null }];
}

const ROLES: readonly Role[] = ["responder", "commander", "admin"];

/** `CALL/ID#2` of a run is the step ID of a playbook. */
export function baseId(stepId: string): string {
  return (stepId.split("/").at(-1) ?? stepId).split("#")[0] ?? stepId;
}

/** @param definition of the step in the run's playbook; null when it stands in another one */
export function readAsked({ input }: Pick<StepView, "input">, definition: PlaybookStepView | null): Asked {
  const role = isRecord(input["role"]) ? input["role"] : null;
  const checklist = listOf(input["checklist"]).flatMap((line) => textOf(line) ?? []);
  const capture = listOf(input["capture"]).flatMap(captureOf);
  const severities = new Map(definition?.groups.map(({ id, severity }) => [id, severity]));
  const options = listOf(input["options"]).flatMap(choiceOf);
  return {
    text: textOf(input["instructions"]) ?? textOf(input["question"]) ?? definition?.text ?? "",
    checklist: checklist.length > 0 ? checklist : (definition?.checklist ?? []),
    capture: capture.length > 0 ? capture : (definition?.capture ?? []),
    options: (options.length > 0 ? options : (definition?.groups ?? [])).map(({ id, label }) => ({
      id,
      label,
      severity: severities.get(id) ?? null,
    })),
    roleTitle: textOf(role?.["title"]) ?? definition?.role ?? null,
    access: ROLES.find((one) => one === role?.["access"]) ?? "responder",
    signal: textOf(input["signal"]) ?? definition?.signal ?? null,
  };
}
