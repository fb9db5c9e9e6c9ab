import {
  pageOf,
  playbookDetail,
  playbookStep,
  provenPlaybook,
  provenPlaybookDetail,
  refusedPlaybook,
  runPreview,
  stepPreview,
} from "@firebreak/protocol";
import { z } from "zod";

export const playbookParams = z.strictObject({
  id: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "use a playbook's id such as rogue-agent"),
});

export const playbookLibrary = pageOf(provenPlaybook).extend({ refused: z.array(refusedPlaybook) });

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
} as const;
