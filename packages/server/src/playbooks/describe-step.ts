import type { PlaybookStepView } from "@firebreak/protocol";
import type { ActionStep, Step } from "./format.ts";
import type { KnownEffector, KnownEffectors } from "./known-effectors.ts";

type Details = Pick<
  PlaybookStepView,
  | "groups"
  | "retries"
  | "effector"
  | "with"
  | "destroysEvidence"
  | "onlyReads"
  | "undo"
  | "approval"
  | "role"
  | "remindAfter"
  | "escalateTo"
  | "text"
  | "checklist"
  | "capture"
  | "expect"
  | "of"
  | "in"
  | "atOnce"
  | "otherwise"
  | "waitFor"
  | "waitEvery"
  | "signal"
  | "playbook"
>;

const NOTHING: Details = {
  groups: [],
  retries: 0,
  effector: null,
  with: {},
  destroysEvidence: false,
  onlyReads: false,
  undo: null,
  approval: null,
  role: null,
  remindAfter: null,
  escalateTo: null,
  text: null,
  checklist: [],
  capture: [],
  expect: null,
  of: null,
  in: null,
  atOnce: null,
  otherwise: null,
  waitFor: null,
  waitEvery: null,
  signal: null,
  playbook: null,
};

/** What only some types of steps have, with null or nothing for the others. */
export function describeDetails(step: Step, effectors: KnownEffectors): Details {
  return { ...NOTHING, ...ownDetails(step, effectors) };
}

function ownDetails(step: Step, effectors: KnownEffectors): Partial<Details> {
  switch (step.type) {
    case "action":
      return { ...describeAction(step), ...describeEffect(effectors.get(step.effector)) };
    case "verify":
      return { ...readBy(step.probe), retries: step.retries, of: step.of ?? null, expect: step.expect ?? null };
    case "manual":
      return { ...askedOf(step), text: step.instructions, checklist: step.checklist, capture: step.capture };
    case "approval":
      return { ...askedOf(step), text: step.question, approval: describeApproval(step) };
    case "decision":
      return {
        ...askedOf(step),
        text: step.question,
        otherwise: step.otherwise ?? null,
        groups: step.options.map(({ id, label, when, severity }) => ({
          id,
          label,
          when: when ?? null,
          severity: severity ?? null,
        })),
      };
    case "parallel":
      return {
        groups: step.branches.map(({ id, title }) => ({ id, label: title ?? id, when: null, severity: null })),
      };
    case "for-each":
      return { in: step.in, atOnce: step.atOnce };
    case "wait":
      return {
        ...readBy(step.probe),
        waitFor: step.for ?? null,
        expect: step.until ?? null,
        waitEvery: step.until === undefined ? null : step.every,
        signal: step.signal ?? null,
      };
    case "sub-playbook":
      return { playbook: step.playbook, with: step.inputs };
    default:
      return step satisfies never;
  }
}

function describeEffect(effector: KnownEffector | undefined): Partial<Details> {
  return { destroysEvidence: effector?.destroysEvidence ?? false, onlyReads: effector?.onlyReads ?? false };
}

function describeAction(step: ActionStep): Partial<Details> {
  const { effector, retries, undo, approval } = step;
  const ask = approval === undefined ? {} : { ...askedOf(approval), approval: describeApproval(approval) };
  return { effector, with: step.with, retries, undo, ...ask };
}

function readBy(
  probe: { readonly effector: string; readonly with: Readonly<Record<string, unknown>> } | undefined,
): Partial<Details> {
  return probe === undefined ? {} : { effector: probe.effector, with: probe.with };
}

interface AskedOf {
  readonly role?: string | undefined;
  readonly remindAfter?: string | undefined;
  readonly escalateTo?: string | undefined;
}

function askedOf({ role, remindAfter, escalateTo }: AskedOf): Partial<Details> {
  return { role: role ?? null, remindAfter: remindAfter ?? null, escalateTo: escalateTo ?? null };
}

function describeApproval(
  ask: AskedOf & { readonly people: number; readonly expiresAfter: string; readonly checklist: string[] },
): Details["approval"] {
  const { people, expiresAfter, checklist } = ask;
  return { role: ask.role ?? null, people, expiresAfter, checklist };
}
