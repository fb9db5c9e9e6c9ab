import { z } from "zod";

/**
 * CACAO Security Playbooks 2.0 (OASIS, Committee Specification 01 of 27 November 2023): what is read of a file. Other
 * members are let by: a playbook may carry more than is understood here.
 */
const TEXT_MAX = 20_000;
const text = z.string().max(TEXT_MAX);
const identifier = z.string().regex(/^[a-z][a-z0-9-]+--[0-9a-fA-F-]{36}$/);
const command = z.looseObject({
  type: z.string().max(100),
  description: text.optional(),
  command: text.optional(),
  command_b64: text.optional(),
});
const extensions = z.record(z.string(), z.record(z.string(), z.unknown()));

const cacaoStep = z.looseObject({
  type: z.enum([
    "start",
    "end",
    "action",
    "playbook-action",
    "parallel",
    "if-condition",
    "while-condition",
    "switch-condition",
  ]),
  name: text.optional(),
  description: text.optional(),
  delay: z.number().int().min(0).optional(),
  timeout: z.number().int().min(0).optional(),
  on_completion: identifier.optional(),
  on_success: identifier.optional(),
  on_failure: identifier.optional(),
  commands: z.array(command).max(100).optional(),
  condition: text.optional(),
  on_true: identifier.optional(),
  on_false: identifier.optional(),
  switch: text.optional(),
  cases: z.record(z.string().max(250), identifier).optional(),
  next_steps: z.array(identifier).max(50).optional(),
  playbook_id: identifier.optional(),
  step_extensions: extensions.optional(),
});
export type CacaoStep = z.output<typeof cacaoStep>;
export type CacaoCommand = z.output<typeof command>;

export const cacaoPlaybook = z.looseObject({
  type: z.literal("playbook"),
  spec_version: z.literal("cacao-2.0"),
  id: identifier,
  name: text,
  description: text.optional(),
  playbook_types: z.array(z.string()).max(20).optional(),
  severity: z.number().min(0).max(100).optional(),
  playbook_variables: z
    .record(z.string(), z.looseObject({ type: z.string(), description: text.optional(), value: text.nullish() }))
    .optional(),
  workflow_start: identifier,
  workflow: z.record(identifier, cacaoStep),
  playbook_extensions: extensions.optional(),
});
export type CacaoPlaybook = z.output<typeof cacaoPlaybook>;

/** Our extension: what CACAO has no place for (effectors, conditions in CEL, undo, approvals, roles) travels in it. */
export const FIREBREAK_EXTENSION = "extension-definition--6d9b4c1e-3f52-4a7b-8c16-52f1d0a9e3b7";
export const FIREBREAK_IDENTITY = "identity--0f7e1c5a-8d24-4b93-a6e1-97c3b25d4f80";
