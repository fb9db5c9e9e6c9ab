import { z } from "zod";

/** The most that an importer reads, in bytes of UTF-8. */
export const RUNBOOK_BYTES_MAX = 200_000;

export const RUNBOOK_LINE_KINDS = [
  "playbook",
  "phase",
  "heading",
  "step",
  "decision",
  "note",
  "contact",
  "severity",
  "contents",
  "separator",
] as const;

const problem = z.object({
  level: z.enum(["error", "warning"]),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  remedy: z.string(),
});

const importedPlaybook = z.object({
  id: z.string(),
  title: z.string(),
  /** where it stands in the runbook, from 1 */
  fromLine: z.number().int(),
  toLine: z.number().int(),
  steps: z.number().int(),
  yaml: z.string(),
  /** what a person must mend before it runs; lines are those of the YAML */
  problems: z.array(problem),
});

/** Lines of the runbook that became the same thing. `playbook` is null for what stands in every playbook of the file. */
const importedLines = z.object({
  from: z.number().int(),
  to: z.number().int(),
  became: z.enum(RUNBOOK_LINE_KINDS),
  understood: z.boolean(),
  playbook: z.string().nullable(),
  step: z.string().nullable(),
  effector: z.string().nullable(),
  detail: z.string(),
});

const importWarning = z.object({
  line: z.number().int(),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
});

/** A runbook as playbooks, and what became of each of its lines. Nothing of it is stored. */
export const playbookImport = z.object({
  playbooks: z.array(importedPlaybook),
  lines: z.array(importedLines),
  warnings: z.array(importWarning),
  /** steps that are not in the runbook */
  added: z.array(z.object({ playbook: z.string(), step: z.string(), note: z.string() })),
  contacts: z.array(z.object({ role: z.string(), detail: z.string(), line: z.number().int() })),
  severities: z.array(
    z.object({ label: z.string(), severity: z.number().int(), detail: z.string(), line: z.number().int() }),
  ),
});
export type PlaybookImport = z.infer<typeof playbookImport>;

/** As what a playbook can be taken out, to be printed or kept offline. */
export const PLAYBOOK_FORMATS = ["md", "pdf", "cacao"] as const;
export type PlaybookFormat = (typeof PLAYBOOK_FORMATS)[number];
