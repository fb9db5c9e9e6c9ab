import { roleAllows } from "@firebreak/protocol";
import type { Role } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { FieldError } from "@firebreak/protocol";
import type { AskedRole, StepAsks } from "./asks.ts";

/**
 * What a step that waits for a person keeps in its journal row: whom it asks, until when, and what an answer needs. It is read
 * from there and not from the playbook, so that the answer fits what was shown.
 */
interface AskedInput {
  readonly role: AskedRole | null;
  readonly escalateTo: AskedRole | null;
  /** ISO 8601; then those concerned are told again */
  readonly remindAt: string | null;
}

export function askedInput(asks: StepAsks | null, now: number): AskedInput {
  const remindAfterMs = asks?.remindAfterMs ?? null;
  return {
    role: asks?.role ?? null,
    escalateTo: asks?.escalateTo ?? null,
    remindAt: remindAfterMs === null ? null : toIso(now + remindAfterMs),
  };
}

const askedRole = z.object({ id: z.string(), title: z.string(), access: z.enum(["responder", "commander", "admin"]) });
const captured = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(["string", "number", "boolean"]),
  required: z.boolean(),
});

/** Rows from before a field was there lack it. */
export const waitingInput = z.object({
  instructions: z.string().default(""),
  dueAt: z.string().nullable().default(null),
  checklist: z.array(z.string()).default([]),
  capture: z.array(captured).default([]),
  role: askedRole.nullable().default(null),
  escalateTo: askedRole.nullable().default(null),
  remindAt: z.string().nullable().default(null),
  /** when those concerned were told again */
  remindedAt: z.string().nullable().default(null),
});
export type WaitingInput = z.output<typeof waitingInput>;

/** @throws FirebreakError forbidden when the step asks a role that the caller has not */
export function refuseWithoutRole(stepId: string, { role, escalateTo, remindedAt }: WaitingInput, access: Role): void {
  if (role === null || roleAllows(access, role.access)) return;
  if (remindedAt !== null && escalateTo !== null && roleAllows(access, escalateTo.access)) return;
  throw new FirebreakError("forbidden", `step ${stepId} asks the ${role.title}: that takes the role ${role.access}`);
}

const VALUE_SCHEMAS = {
  string: z.string().trim().min(1).max(4000),
  number: z.number(),
  boolean: z.boolean(),
} as const;

/**
 * @returns what a person wrote down, by name: the output of the step
 * @throws FirebreakError invalid_body when something is not ticked, missing, of another type, or not asked for
 */
export function checkManualAnswer(
  stepId: string,
  { checklist, capture }: Pick<WaitingInput, "checklist" | "capture">,
  answer: { readonly checked: readonly string[]; readonly captured: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const errors: FieldError[] = [];
  for (const line of checklist) {
    if (!answer.checked.includes(line)) errors.push({ where: "/checked", message: `not ticked: ${line}` });
  }
  const output: [string, unknown][] = [];
  for (const { name, label, type, required } of capture) {
    const where = `/captured/${name}`;
    const value = Object.hasOwn(answer.captured, name) ? answer.captured[name] : undefined;
    if (value === undefined || value === null) {
      if (required) errors.push({ where, message: `needed: ${label}` });
      continue;
    }
    const parsed = VALUE_SCHEMAS[type].safeParse(value);
    if (parsed.success) output.push([name, parsed.data]);
    else errors.push({ where, message: `${label}: this must be a ${type}` });
  }
  for (const name of Object.keys(answer.captured)) {
    const asked = capture.some((one) => one.name === name);
    if (!asked) errors.push({ where: `/captured/${name}`, message: "the step asks for no such value" });
  }
  if (errors.length === 0) return Object.fromEntries(output);
  const list = errors.map(({ message }) => message).join("; ");
  throw new FirebreakError("invalid_body", `step ${stepId} is not done yet: ${list}`, { errors });
}
