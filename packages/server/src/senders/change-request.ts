import { sourceName } from "@firebreak/protocol";
import { z } from "zod";
import { anySignature, severityWords, staleAfter } from "./source.ts";
import { webhookTemplate } from "./template.ts";

/**
 * What is to be changed of a source; what is left out stays. Null takes a template or signature away, and says of staleness: never.
 * For `overlapHours` the old address and the old proof go on working; 0 ends them at once.
 */
export const changeSourceRequest = z
  .strictObject({
    name: sourceName.optional(),
    strict: z.boolean().optional(),
    staleAfterMs: staleAfter.optional(),
    severities: severityWords.optional(),
    template: webhookTemplate.nullable().optional(),
    signature: anySignature.nullable().optional(),
    overlapHours: z.number().min(0).max(720).default(24),
  })
  .refine(
    (request) => Object.keys(request).some((name) => name !== "overlapHours"),
    "name at least one thing to change",
  );
export type ChangeSourceRequest = z.input<typeof changeSourceRequest>;
