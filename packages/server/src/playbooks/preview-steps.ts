import type { Actor, StepAskPreview } from "@firebreak/protocol";
import { openTimeBox, runWithin } from "../containment/index.ts";
import type { Effector, EffectorContext, EffectorPreview } from "../containment/index.ts";
import { messageOf } from "../kernel/index.ts";
import type { PlaybookVerbs, RunContext } from "./context.ts";
import type { ActionStep, PlaybookDocument, Step } from "./format.ts";
import { describeAsk, describeDoing } from "./preview-words.ts";
import { inputsOfCall } from "./inputs-of-call.ts";
import { planSteps } from "./plan.ts";
import type { PlannedStep } from "./plan.ts";
import { resolveReferences, toScopeInputs } from "./references.ts";
import { formatRowId } from "./row-id.ts";
import { secretsAsReferences } from "./secrets.ts";

export interface StepPreview {
  /** as the step's row in a run; of a for-each step the items are not known yet */
  readonly id: string;
  readonly parent: string | null;
  /** the option or branch it stands in: all are looked at */
  readonly option: string | null;
  readonly phase: string;
  readonly title: string;
  readonly type: Step["type"];
  readonly when: string | null;
  readonly timeBox: string;
  readonly required: boolean;
  /** of whom it would ask what */
  readonly asks: StepAskPreview | null;
  /** in a few words */
  readonly doing: string;
  readonly effector: string | null;
  /** what would run with; texts that earlier steps fill in are still references */
  readonly input: Readonly<Record<string, unknown>>;
  /** what would change; null when it cannot be known before */
  readonly preview: EffectorPreview | null;
  readonly note: string;
  readonly destroysEvidence: boolean;
  readonly undo: "none" | "auto" | null;
  /** why what it does stays whatever a person does to the run; null when it changes nothing or is undone */
  readonly stays: string | null;
}

type PreviewContext = Pick<PlaybookVerbs, "clock" | "newId" | "logger"> & Pick<RunContext, "home" | "effectors">;

/** What is looked at before it runs. */
interface Subject {
  readonly actor: Actor;
  readonly document: PlaybookDocument;
  /** playbooks that are called, by their id */
  readonly called: ReadonlyMap<string, PlaybookDocument>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly incidentId: string | null;
  readonly runId: string;
}

const PREVIEW_MAX_MS = 5000;
/** So many effectors are asked at the same time. */
const AT_ONCE = 8;
/** All of them together have this long; what is left then says so. */
const ALL_MAX_MS = 30_000;

/** @returns a preview of each step, also of those within steps and of called playbooks, in the order of the file */
export async function previewSteps(ctx: PreviewContext, subject: Subject): Promise<StepPreview[]> {
  const placed = placeSteps(subject, subject.document, toScopeInputs(subject.inputs), null);
  const until = ctx.clock.now() + ALL_MAX_MS;
  const previews: StepPreview[] = [];
  for (let from = 0; from < placed.length; from += AT_ONCE) {
    const batch = placed.slice(from, from + AT_ONCE);
    previews.push(...(await Promise.all(batch.map((one) => previewStep(ctx, subject, one, until)))));
  }
  return previews;
}

/** A step, its row's name, and what its references can read before anything has run. */
interface PlacedPreview {
  readonly rowId: string;
  readonly parent: string | null;
  readonly planned: PlannedStep;
  readonly scope: object;
}

function placeSteps(
  subject: Subject,
  document: PlaybookDocument,
  inputs: object,
  call: string | null,
): PlacedPreview[] {
  const nameOf = (id: string) => formatRowId({ call, id, items: [] });
  return planSteps(document).flatMap((planned) => {
    const { step } = planned;
    const rowId = nameOf(planned.id);
    const parent = planned.parent === null ? call : nameOf(planned.parent);
    const scope = { inputs, steps: {}, run: { id: subject.runId }, incident: { id: subject.incidentId } };
    const placed = { rowId, parent, planned, scope };
    const called = step.type === "sub-playbook" ? subject.called.get(step.playbook) : undefined;
    if (step.type !== "sub-playbook" || called === undefined) return [placed];
    return [placed, ...placeSteps(subject, called, inputsOfCall(called, step.inputs, scope), rowId)];
  });
}

async function previewStep(
  ctx: PreviewContext,
  subject: Subject,
  { rowId, parent, planned, scope }: PlacedPreview,
  until: number,
): Promise<StepPreview> {
  const { step, phase, slot } = planned;
  const common = {
    id: rowId,
    parent,
    option: slot,
    phase,
    title: step.title,
    type: step.type,
    when: step.when ?? null,
    timeBox: step.timeBox,
    required: step.required,
    asks: describeAsk(planned, scope),
    doing: describeDoing(planned),
  };
  if (step.type !== "action") {
    const nothing = { effector: null, input: {}, preview: null, destroysEvidence: false, undo: null };
    return { ...common, ...nothing, note: noteOf(common), stays: null };
  }
  const effector = ctx.effectors.get(step.effector);
  return {
    ...common,
    effector: step.effector,
    undo: step.undo,
    destroysEvidence: effector?.destroysEvidence ?? false,
    stays: whyItStays(step, effector),
    ...(await previewAction(ctx, subject, { rowId, planned, scope, parent }, step, until)),
  };
}

function noteOf({ asks, doing }: Pick<StepPreview, "asks" | "doing">): string {
  if (asks === null || asks.kind === "decision") return doing;
  return `asks ${asks.role ?? "a person"}: ${asks.what}`;
}

/** @returns why an action cannot be undone, or is not; null when it changes nothing or is undone */
function whyItStays({ undo }: ActionStep, effector: Effector | undefined): string | null {
  if (effector === undefined || effector.onlyReads === true) return null;
  const isTakenBack = undo === "auto" && effector.expiry !== "none";
  if (isTakenBack) return null;
  if (effector.destroysEvidence) return "what it destroys does not come back";
  return effector.expiry === "none" ? "it cannot be taken back" : "the playbook leaves it in effect";
}

async function previewAction(
  ctx: PreviewContext,
  subject: Subject,
  { rowId, scope }: PlacedPreview,
  step: ActionStep,
  until: number,
): Promise<Pick<StepPreview, "input" | "preview" | "note">> {
  const unknown = (note: string) => ({ input: step.with, preview: null, note });
  const effector = ctx.effectors.get(step.effector);
  if (!effector) return unknown(`nothing here provides the effector ${step.effector}`);
  const resolution = resolveReferences(step.with, { ...scope, secrets: secretsAsReferences(step.with) });
  if (!resolution.ok) {
    const later = resolution.missing.every((name) => /^(steps|each|index)(\.|$)/.test(name));
    return unknown(later ? "depends on what earlier steps find" : `no value for ${resolution.missing.join(", ")}`);
  }
  const leftMs = until - ctx.clock.now();
  if (leftMs <= 0) return unknown("not looked at: the preview of the whole run took too long");
  const input = Object.fromEntries(Object.entries(resolution.value ?? {}));
  const context = contextOf(ctx, subject, rowId);
  const box = openTimeBox(Math.min(PREVIEW_MAX_MS, leftMs));
  try {
    const boxed = await runWithin(box, (signal) => effector.preview({ ...context, signal }, input));
    if (boxed.kind === "ended") return { input, preview: boxed.value, note: boxed.value.obstacles.join(". ") };
    return {
      input,
      preview: null,
      note: boxed.kind === "threw" ? messageOf(boxed.error) : "the preview took too long",
    };
  } finally {
    box.close();
  }
}

function contextOf(ctx: PreviewContext, subject: Subject, stepId: string): Omit<EffectorContext, "signal"> {
  const { home, clock, newId, logger } = ctx;
  const { actor, incidentId, runId } = subject;
  return { home, clock, newId, logger, actor, incidentId, runId, stepId, expiresAt: null };
}
