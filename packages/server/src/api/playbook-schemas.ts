import {
  pageOf,
  playbookDetail,
  playbookImport,
  playbookStep,
  provenPlaybook,
  provenPlaybookDetail,
  refusedPlaybook,
  runPreview,
  stepPreview,
  PLAYBOOK_FORMATS,
  RUNBOOK_BYTES_MAX,
} from "@firebreak/protocol";
import { z } from "zod";

export const playbookParams = z.strictObject({
  id: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "use a playbook's id such as rogue-agent"),
});

export const playbookLibrary = pageOf(provenPlaybook).extend({ refused: z.array(refusedPlaybook) });

export const importPlaybookRequest = z.strictObject({
  /** the name of the runbook's file, for titles */
  name: z.string().trim().min(1).max(200).default("runbook.md"),
  markdown: z.string().max(RUNBOOK_BYTES_MAX, `a runbook has at most ${RUNBOOK_BYTES_MAX} bytes`),
  /** the folder that `~` means in it; left out: playbooks ask for it */
  home: z.string().max(1000).startsWith("/", "use an absolute path").optional(),
});
export type ImportPlaybookRequest = z.output<typeof importPlaybookRequest>;

export const exportPlaybookQuery = z.strictObject({ format: z.enum(PLAYBOOK_FORMATS).default("md") });

/** What the library of playbooks answers, as `components/schemas` names it. */
export const PLAYBOOK_ANSWERS = {
  PlaybookView: provenPlaybook,
  ProvenPlaybookDetail: provenPlaybookDetail,
  PlaybookStep: playbookStep,
  PlaybookDetail: playbookDetail,
  RefusedPlaybook: refusedPlaybook,
  StepPreview: stepPreview,
  RunPreview: runPreview,
  PlaybookLibrary: playbookLibrary,
  PlaybookImport: playbookImport,
} as const;
