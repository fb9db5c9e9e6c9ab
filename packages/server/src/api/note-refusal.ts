import type { Caller } from "../access/index.ts";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import type { HttpServerOptions } from "./options.ts";
import type { Route } from "./route.ts";

/** Where an attempt by who may not goes into the audit log. */
const WATCHED_TAGS: ReadonlySet<string> = new Set(["Kill switch", "Approvals"]);

/** Beside the answer, which is the refusal itself: nobody waits for the note. */
export function noteRefusal(
  { services, logger }: Pick<HttpServerOptions, "services" | "logger">,
  route: Pick<Route, "tag" | "method" | "operationId">,
  { caller, address }: { readonly caller: Caller | null; readonly address: string },
  fault: unknown,
): void {
  if (!WATCHED_TAGS.has(route.tag) || route.method !== "POST" || !(fault instanceof FirebreakError)) return;
  if (fault.code !== "forbidden" && fault.code !== "unauthenticated") return;
  const { operationId } = route;
  services.noteRefusal({ caller, operationId, address, code: fault.code }).catch((problem: unknown) => {
    logger.warn("a refused attempt could not be noted", { operationId, problem: messageOf(problem) });
  });
}
