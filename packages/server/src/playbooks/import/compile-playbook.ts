import { PHASES } from "../format.ts";
import type { Lines } from "./block.ts";
import type { CompileContext } from "./compile-context.ts";
import { compilePart } from "./compile-part.ts";
import type { PartOutcome } from "./compile-part.ts";
import type { Contact, SeverityRow } from "./contacts.ts";
import { manualStep } from "./draft.ts";
import type { DraftPhase, DraftPlaybook, DraftStep } from "./draft.ts";
import { fitPhases } from "./fit-phases.ts";
import type { Part } from "./parts.ts";
import type { PhaseId } from "./words.ts";

/** What a file says for all of its playbooks. */
export interface Shared {
  readonly phased: ReadonlyMap<PhaseId, readonly DraftStep[]>;
  readonly contacts: readonly Contact[];
  readonly severities: readonly SeverityRow[];
}

export interface CompiledParts extends Shared {
  readonly seconds: ReadonlyMap<PhaseId, number>;
}

/** Compiles parts and puts each into its phase; the order of the text stays. */
export function compileParts(ctx: CompileContext, parts: readonly Part[]): CompiledParts {
  const compiled = parts.map((part) => ({ part, outcome: compilePart(ctx, part) }));
  const inOrder = compiled.filter(({ part, outcome }) => part.kind !== "aside" && outcome.steps.length > 0);
  const guesses = inOrder.map(({ part, outcome }) => ({ phase: part.phase, weight: outcome.steps.length }));
  const fitted = fitPhases(guesses);
  const phased = new Map<PhaseId, DraftStep[]>();
  const add = (phase: PhaseId, { steps }: PartOutcome) => phased.set(phase, [...(phased.get(phase) ?? []), ...steps]);
  const times: { phase: PhaseId; part: Part }[] = [];
  inOrder.forEach(({ part, outcome }, index) => {
    const phase = fitted[index] ?? "contain";
    add(phase, outcome);
    times.push({ phase, part });
  });
  for (const { part, outcome } of compiled) {
    if (part.kind === "aside" && outcome.steps.length > 0) add(part.phase ?? "learn", outcome);
  }
  return {
    phased,
    seconds: phaseSeconds(times),
    contacts: compiled.flatMap(({ outcome }) => outcome.contacts),
    severities: compiled.flatMap(({ outcome }) => outcome.severities),
  };
}

/** `0-5` and `5-15 minutes` are one clock of 15; times that do not follow on each other add up. */
function phaseSeconds(times: readonly { phase: PhaseId; part: Part }[]): ReadonlyMap<PhaseId, number> {
  const seconds = new Map<PhaseId, number>();
  for (const { phase, part } of times) {
    if (part.time === null) continue;
    const before = seconds.get(phase);
    const follows = before !== undefined && part.time.from === before;
    seconds.set(phase, before === undefined || follows ? part.time.to : before + part.time.to);
  }
  return seconds;
}

/** One playbook of a file, with what the file says for all. */
export function compilePlaybook(
  ctx: CompileContext,
  { title, lines, parts }: { readonly title: string; readonly lines: Lines; readonly parts: readonly Part[] },
  shared: Shared,
): DraftPlaybook {
  const own = compileParts(ctx, parts);
  const severities = [...own.severities, ...shared.severities];
  const steps = new Map<PhaseId, readonly DraftStep[]>(
    PHASES.map((id) => [id, [...(own.phased.get(id) ?? []), ...(shared.phased.get(id) ?? [])]]),
  );
  decideSeverity(steps, severities);
  const phases = PHASES.flatMap((id): DraftPhase[] => {
    const inPhase = steps.get(id) ?? [];
    return inPhase.length === 0 ? [] : [{ id, seconds: own.seconds.get(id) ?? null, steps: inPhase }];
  });
  return {
    title,
    lines,
    about: ctx.notes,
    phases: phases.length > 0 ? phases : [{ id: "contain", seconds: null, steps: [followStep(title)] }],
    inputs: ctx.inputs,
    contacts: [...own.contacts, ...shared.contacts],
    severities,
  };
}

function followStep(title: string): DraftStep {
  return manualStep(
    "Follow the runbook",
    [],
    `Nothing in "${title}" could be told apart as a step: read its description and follow it.`,
  );
}

const hasSeverity = (step: DraftStep): boolean =>
  step.content.type === "decision" && step.content.options.some((option) => option.severity !== null);

/** A table of severities is a question to a person. It is asked once what stops the harm has been done. */
function decideSeverity(phases: Map<PhaseId, readonly DraftStep[]>, severities: readonly SeverityRow[]): void {
  const rows = severities.filter(
    (row, index) => severities.findIndex((one) => one.severity === row.severity) === index,
  );
  if (rows.length < 2 || [...phases.values()].flat().some(hasSeverity)) return;
  const options = rows.map(({ label, severity, detail }) => ({
    label: (detail === "" ? label : `${label}: ${detail}`).slice(0, 300),
    severity,
    steps: [],
  }));
  const content = {
    type: "decision" as const,
    question: "Which severity is this? Take the higher one when in doubt.",
    options,
  };
  const step: DraftStep = { title: "Decide the severity", lines: [], seconds: 900, note: null, content };
  const investigate = phases.get("investigate") ?? [];
  if (investigate.length > 0) phases.set("investigate", [step, ...investigate]);
  else phases.set("contain", [...(phases.get("contain") ?? []), step]);
}
