import type { SupervisorEntry } from "../registry.ts";
import type { SupervisorOptions } from "./options.ts";
import type { ServerLink } from "./server-link.ts";
import { createServerLink } from "./server-link.ts";
import type { Spool } from "./spool.ts";

export { openSpool } from "./spool.ts";

/** @returns the line to the server; null when the supervisor was given none */
export function createLinkOf(options: SupervisorOptions, entry: SupervisorEntry, spool: Spool): ServerLink | null {
  const { server, clock, logger } = options;
  if (server === undefined) return null;
  const { sessionId, agentId, pack, host, command, workspace } = entry;
  const registration = { sessionId, agentId, pack, host, supervisorPid: process.pid, command, workspace };
  const findServer = typeof server === "function" ? server : async () => server;
  const fetchFrom = options.fetchFrom ?? globalThis.fetch;
  return createServerLink({ findServer, fetchFrom, registration, spool, clock, logger });
}
