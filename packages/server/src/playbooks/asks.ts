import type { Role } from "@firebreak/protocol";
import { parseDuration } from "./duration.ts";
import type { PlaybookDocument, Step } from "./format.ts";

/** One of the playbook's roles: who is asked, and what role in Firebreak it takes to answer. */
export interface AskedRole {
  readonly id: string;
  readonly title: string;
  readonly access: Exclude<Role, "viewer">;
}

/** Of whom a step asks something. */
export interface StepAsks {
  /** null: whoever may run playbooks */
  readonly role: AskedRole | null;
  /** after this time without an answer they are told again */
  readonly remindAfterMs: number | null;
  /** who is told then, and may answer too */
  readonly escalateTo: AskedRole | null;
}

interface Asking {
  readonly role?: string | undefined;
  readonly remindAfter?: string | undefined;
  readonly escalateTo?: string | undefined;
}

/** @returns null for a step that a machine does alone */
export function readAsks(roles: PlaybookDocument["roles"], step: Step): StepAsks | null {
  const asking = askingOf(step);
  if (asking === null) return null;
  const roleOf = (id: string | undefined): AskedRole | null => {
    const role = id !== undefined && Object.hasOwn(roles, id) ? roles[id] : undefined;
    return id === undefined || role === undefined ? null : { id, title: role.title, access: role.access };
  };
  return {
    role: roleOf(asking.role),
    remindAfterMs: asking.remindAfter === undefined ? null : parseDuration(asking.remindAfter),
    escalateTo: roleOf(asking.escalateTo),
  };
}

/** @returns the part of a step that says whom it asks */
function askingOf(step: Step): Asking | null {
  switch (step.type) {
    case "manual":
    case "approval":
    case "decision":
      return step;
    case "action":
      return step.approval ?? null;
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
