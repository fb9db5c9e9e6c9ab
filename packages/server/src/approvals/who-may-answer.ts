import { roleAllows } from "@firebreak/protocol";
import type { Actor } from "@firebreak/protocol";
import { OWNER_NAME } from "../access/index.ts";
import type { Caller } from "../access/index.ts";
import type { ApprovalRow } from "./types.ts";

/** Who asks to answer. */
export type Answerer = Pick<Caller, "actor" | "access">;

/**
 * @returns the one person behind an actor, or null when there is none. The command line of this machine can give any name, so
 * whatever it calls itself it is the owner, and no second person beside the owner
 */
export function personOf(actor: Actor): string | null {
  switch (actor.kind) {
    case "person":
      return actor.name;
    case "cli":
      return OWNER_NAME;
    case "token":
    case "agent":
    case "rule":
    case "playbook":
    case "daemon":
      return null;
    default:
      return actor.kind satisfies never;
  }
}

/** @returns null when they may say no to it, else why not, as a sentence */
export function refuseAnswerer(approval: Pick<ApprovalRow, "role">, { actor, access }: Answerer): string | null {
  if (personOf(actor) === null) return "Only a person answers this: sign in to the console, or use the command line.";
  if (access !== "agent" && roleAllows(access, approval.role)) return null;
  return `Answering this needs the role ${approval.role}.`;
}

/** @param answered the persons who answered before @returns null when they may say yes to it, else why not */
export function refuseApprover(
  approval: Pick<ApprovalRow, "role" | "requested_by" | "askers">,
  answerer: Answerer,
  answered: readonly string[],
): string | null {
  const refusal = refuseAnswerer(approval, answerer);
  if (refusal !== null) return refusal;
  const person = personOf(answerer.actor);
  const asks = person === personOf(approval.requested_by) || (person !== null && approval.askers.includes(person));
  if (asks) return "Who asks for it cannot approve it: another person has to.";
  return person !== null && answered.includes(person) ? "You have answered this already." : null;
}
