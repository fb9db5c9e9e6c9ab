import type { KnownEffectors } from "../known-effectors.ts";
import type { DraftInput, DraftPhase, DraftPlaybook, DraftStep } from "./draft.ts";
import type { ImportWarning } from "./find-dangers.ts";

const COLLECT = "evidence.collect";
/** What changes a machine so much that evidence should have been kept before. */
const CONTAINS =
  /^(docker\.(stop|kill|disconnect)|agent\.kill|service\.(stop|restart)|process\.end|host\.isolate|firewall\.block)$/;
const COMPROMISED =
  /\b(compromis\w*|exfiltrat\w*|malicious|escape|inject\w*|breach\w*|rogue|intru\w*|attack\w*|unauthori[sz]ed|rootkit|backdoor)\b/i;

export interface EvidenceFirst {
  readonly playbook: DraftPlaybook;
  readonly warnings: readonly ImportWarning[];
}

/** Puts a collection of evidence before the first step that destroys some, and says what is wrong with the order. */
export function keepEvidenceFirst(playbook: DraftPlaybook, effectors: KnownEffectors): EvidenceFirst {
  const steps = playbook.phases.flatMap((phase) => phase.steps);
  const flat = steps.flatMap(withInner);
  const collectAt = flat.findIndex((step) => effectorOf(step) === COLLECT);
  const containAt = flat.findIndex((step) => CONTAINS.test(effectorOf(step) ?? ""));
  const warnings = [...restartWarnings(playbook, flat)];
  if (collectAt >= 0 && containAt >= 0 && containAt < collectAt)
    warnings.push(lateEvidence(flat, containAt, collectAt));
  const destroying = firstUnkept(steps, { kept: false }, effectors);
  if (destroying === null || !effectors.has(COLLECT)) return { playbook, warnings };
  if (collectAt < 0 && effectorOf(destroying) !== "command.run") warnings.push(noEvidence(destroying));
  return { playbook: insertBefore(playbook, destroying), warnings };
}

/** The first step that destroys evidence which is not kept on the way to it. What one option keeps is kept in it alone. */
function firstUnkept(
  steps: readonly DraftStep[],
  state: { kept: boolean },
  effectors: KnownEffectors,
): DraftStep | null {
  for (const step of steps) {
    if (effectorOf(step) === COLLECT) state.kept = true;
    if (!state.kept && destroys(step, effectors)) return step;
    const options = step.content.type === "decision" ? step.content.options : [];
    for (const option of options) {
      const inner = firstUnkept(option.steps, { kept: state.kept }, effectors);
      if (inner !== null) return inner;
    }
  }
  return null;
}

const withInner = (step: DraftStep): readonly DraftStep[] =>
  step.content.type === "decision"
    ? [step, ...step.content.options.flatMap((option) => option.steps.flatMap(withInner))]
    : [step];

const effectorOf = ({ content }: DraftStep): string | null => (content.type === "action" ? content.effector : null);

function destroys(step: DraftStep, effectors: KnownEffectors): boolean {
  return effectors.get(effectorOf(step) ?? "")?.destroysEvidence === true;
}

const lineOf = (step: DraftStep | undefined): number => step?.lines[0]?.from ?? 1;

function insertBefore(playbook: DraftPlaybook, target: DraftStep): DraftPlaybook {
  const input: DraftInput = { type: "string", description: "the agent that the incident is about", default: null };
  const inputs = new Map([...playbook.inputs, ["agentId", input] as const]);
  const collect: DraftStep = {
    title: "Collect evidence before it is destroyed",
    lines: [],
    seconds: 120,
    note: "added: what follows may destroy evidence",
    content: {
      type: "action",
      effector: COLLECT,
      with: { agentId: "${inputs.agentId}", reason: `before ${target.title}`.slice(0, 200) },
      isApproved: false,
      undo: "none",
    },
  };
  const phases = playbook.phases.map((phase): DraftPhase => {
    const at = phase.steps.findIndex((step) => withInner(step).includes(target));
    return at < 0 ? phase : { ...phase, steps: [...phase.steps.slice(0, at), collect, ...phase.steps.slice(at)] };
  });
  return { ...playbook, phases, inputs };
}

function noEvidence(step: DraftStep): ImportWarning {
  return {
    line: lineOf(step),
    code: "no-evidence",
    message: "this destroys evidence, and the runbook keeps none before it",
    remedy: "an evidence.collect step was put before it: see that it names what you need",
  };
}

function lateEvidence(flat: readonly DraftStep[], containAt: number, collectAt: number): ImportWarning {
  return {
    line: lineOf(flat[collectAt]),
    code: "evidence-after-containment",
    message: `evidence is collected after line ${lineOf(flat[containAt])} has changed the machine`,
    remedy: "freeze first (agent.freeze, docker.pause), collect, and stop last",
  };
}

function restartWarnings({ title }: DraftPlaybook, flat: readonly DraftStep[]): readonly ImportWarning[] {
  if (!COMPROMISED.test(title)) return [];
  return flat.flatMap((step): ImportWarning[] => {
    const effector = effectorOf(step);
    const byHand =
      step.content.type === "manual" &&
      /\b(docker(-compose)?|podman|systemctl)\s[^\n]{0,120}\b(re)?start\b/.test(step.content.instructions);
    if (effector !== "service.start" && effector !== "service.restart" && !byHand) return [];
    const message = "what was compromised is started again as it is, with whatever was left in it";
    return [
      {
        line: lineOf(step),
        code: "restart-of-compromised",
        message,
        remedy: "build it anew from a clean image with new credentials, and keep the old one as evidence",
      },
    ];
  });
}
