import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { asked, type EventQuery } from "./explorer-queries.ts";

/** Events that come together are fetched once, and the numbers over time not with each of them. */
const COALESCE_MS = { events: 400, "events-histogram": 4_000 } as const;
/** How long after a refused stream (not a broken one, which the browser retries by itself) we ask again. */
const REOPEN_MS = 3_000;

function addressOf(query: EventQuery): string {
  const words = Object.entries(asked(query)).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return `/api/v1/events/follow?${new URLSearchParams(words)}`;
}

/** Opens the stream of events at the address. @returns a function that closes it */
function openStream(queries: QueryClient, address: string): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const after = (key: string, ms: number, act: () => void) => {
    if (timers.has(key)) return;
    const timer = setTimeout(() => {
      timers.delete(key);
      act();
    }, ms);
    timers.set(key, timer);
  };
  const refresh = () => {
    for (const [key, ms] of Object.entries(COALESCE_MS))
      after(key, ms, () => void queries.invalidateQueries({ queryKey: [key] }));
  };
  let stream: EventSource | null = null;
  const open = () => {
    const opened = new EventSource(address);
    stream = opened;
    // what came while it was not open was told to nobody
    for (const news of ["open", "event", "gap"]) opened.addEventListener(news, refresh);
    opened.addEventListener("error", () => {
      if (opened.readyState === EventSource.CLOSED) after("open", REOPEN_MS, open);
    });
  };
  open();
  return () => {
    stream?.close();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/** While it follows, what fits the question is shown as it is stored. */
export function useFollowedEvents(query: EventQuery, follow: boolean): void {
  const queries = useQueryClient();
  const address = follow ? addressOf(query) : null;
  useEffect(() => (address === null ? undefined : openStream(queries, address)), [queries, address]);
}
