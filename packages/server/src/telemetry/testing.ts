import type { AgentEvent } from "@firebreak/protocol";
import { parseBody, readPage } from "./event-page.ts";
import type { EventPage } from "./event-page.ts";
import type { StoredEvents } from "./stored-events.ts";

export function eventsOnPage(page: EventPage | undefined): AgentEvent[] {
  return page === undefined ? [] : Array.from(readPage(page), ({ body, seq }) => parseBody(body, seq));
}

export const eventsOf = (stored: StoredEvents): AgentEvent[] =>
  eventsOnPage(stored.pageAfter(0, { events: Infinity, bytes: Infinity }));
