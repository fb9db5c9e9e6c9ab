import type { Actor } from "@firebreak/protocol";
import type { Effector, EffectorContext, EffectorPreview } from "../containment/index.ts";
import { messageOf } from "../kernel/index.ts";
import type { PlaybookVerbs, RunContext } from "./context.ts";
import type { ActionStep, Step } from "./format.ts";
import { planSteps } from "./plan.ts";
import type { PlannedStep } from "./plan.ts";
import { findReferences, resolveReferences, toScopeInputs } from "./references.ts";
import type { Scope } from "./references.ts";
import { checkInputs, findPlaybook } from "./request-run.ts";
import { openTimeBox, runWithin } from "../containment/index.ts";

export interface StepPreview {
  readonly id: string;
  readonly phase: string;
  readonly title: string;
  readonly type: Step["type"];
  readonly effector: string | null;
  /** what would run with; texts that earlier steps fill in are still references */
  readonly input: Readonly<Record<string, unknown>>;
  /** what would change; null when it cannot be known before */
  readonly preview: EffectorPreview | null;
  readonly note: string;
  readonly destroysEvidence: boolean;
  readonly undo: "none" | "auto" | null;
}

type PreviewContext = Pick<PlaybookVerbs, "playbooks" | "clock" | "newId" | "logger"> &
  Pick<RunContext, "home" | "effectors">;

const PREVIEW_MAX_MS = 5000;

/**
 * What a run would do, in order, without doing anything.
 *
 * @throws FirebreakError not_found, invalid_body for inputs that do not fit
 */
export async function previewRun(
  ctx: PreviewContext,
  request: {
    readonly playbookId: string;
    readonly incidentId: string | null;
    readonly inputs: Readonly<Record<string, unknown>>;
  },
): Promise<StepPreview[]> {
  const { document } = findPlaybook(ctx.playbooks, request.playbookId);
  const actor: Actor = { kind: "playbook", id: document.id, name: document.title };
  const scope = {
    inputs: toScopeInputs(checkInputs(document, request.inputs)),
    steps: {},
    run: { id: "preview" },
    incident: { id: request.incidentId },
  };
  const previews: StepPreview[] = [];
  for (const planned of planSteps(document)) previews.push(await previewStep(ctx, actor, scope, planned));
  return previews;
}

async function previewStep(
  ctx: PreviewContext,
  actor: Actor,
  scope: Scope,
  planned: PlannedStep,
): Promise<StepPreview> {
  const { step, phase } = planned;
  const base = { id: step.id, phase, title: step.title, type: step.type, effector: null, input: {}, preview: null };
  switch (step.type) {
    case "manual":
      return { ...base, note: `asks a person: ${step.instructions}`, destroysEvidence: false, undo: null };
    case "verify":
      return { ...base, note: `verifies ${step.of ?? step.title}`, destroysEvidence: false, undo: null };
    case "action":
      return {
        ...base,
        ...(await previewAction(ctx, actor, scope, planned, step)),
        effector: step.effector,
        undo: step.undo,
      };
    case "approval":
    case "decision":
    case "parallel":
    case "for-each":
    case "wait":
    case "sub-playbook":
      return { ...base, note: step.title, destroysEvidence: false, undo: null };
    default:
      return step satisfies never;
  }
}

async function previewAction(
  ctx: PreviewContext,
  actor: Actor,
  scope: Scope,
  planned: PlannedStep,
  step: ActionStep,
): Promise<Pick<StepPreview, "input" | "preview" | "note" | "destroysEvidence">> {
  const effector = ctx.effectors.get(step.effector);
  const destroysEvidence = effector?.destroysEvidence ?? false;
  const unknown = (note: string) => ({ input: step.with, preview: null, note, destroysEvidence });
  if (!effector) return unknown(`nothing here provides the effector ${step.effector}`);
  const later = findReferences(step.with).some(
    ({ segment }) => segment.kind === "reference" && segment.path[0] === "steps",
  );
  if (later) return unknown("depends on what earlier steps find");
  const resolution = resolveReferences(step.with, scope);
  if (!resolution.ok) return unknown(`no value for ${resolution.missing.join(", ")}`);
  const input = Object.fromEntries(Object.entries(resolution.value ?? {}));
  return { input, destroysEvidence, ...(await callPreview(ctx, actor, scope, planned, effector, input)) };
}

async function callPreview(
  ctx: PreviewContext,
  actor: Actor,
  scope: Scope,
  planned: PlannedStep,
  effector: Effector,
  input: Readonly<Record<string, unknown>>,
): Promise<Pick<StepPreview, "preview" | "note">> {
  const { home, clock, newId, logger } = ctx;
  const box = openTimeBox(Math.min(planned.timeBoxMs, PREVIEW_MAX_MS));
  const common = {
    home,
    clock,
    newId,
    logger,
    actor,
    incidentId: scope.incident.id,
    runId: "preview",
    stepId: planned.id,
    expiresAt: null,
  };
  try {
    const boxed = await runWithin(box, (signal) =>
      effector.preview({ ...common, signal } satisfies EffectorContext, input),
    );
    if (boxed.kind === "ended") return { preview: boxed.value, note: boxed.value.obstacles.join(". ") };
    return { preview: null, note: boxed.kind === "threw" ? messageOf(boxed.error) : "the preview took too long" };
  } finally {
    box.close();
  }
}
