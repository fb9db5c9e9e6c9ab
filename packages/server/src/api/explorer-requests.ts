/** What the explorer reads besides the bodies that `@firebreak/protocol` defines. */
import { entityName } from "@firebreak/protocol";
import { z } from "zod";
import { idOf, PAGE_ITEMS_MAX, sessionRef } from "./requests.ts";

export const eventParams = z.strictObject({ seq: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
export const exportParams = z.strictObject({ id: idOf("export") });
export const savedViewParams = z.strictObject({ id: idOf("savedView") });
/** As senders name it: supervisors by an id, others as they like. */
export const anySessionParams = z.strictObject({ id: sessionRef });

const agentOfSession = { agent: entityName.optional() };

/** @param agent only the events of this agent, where several gave a session the same name */
export const sessionOfAgentQuery = z.strictObject(agentOfSession);
export type SessionOfAgentQuery = z.infer<typeof sessionOfAgentQuery>;

export const sessionReplayQuery = z.strictObject({
  ...agentOfSession,
  after: z.string().min(1).max(256).optional(),
  before: z.string().min(1).max(256).optional(),
  /** the number (`seq`) of an event that is to be on the page */
  event: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  /** `true`: the newest page */
  end: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  /** events on a page */
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(200),
});
export type SessionReplayQuery = z.infer<typeof sessionReplayQuery>;
