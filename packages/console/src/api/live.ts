import { useEffect, useState } from "react";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { meQuery, STALE_AFTER } from "./queries.ts";

export type Connection = "connecting" | "live" | "reconnecting";

/** Changes that arrive together are fetched once. */
const COALESCE_MS = 150;
/** How long after a refused stream (not a broken one, which the browser retries by itself) we ask again. */
const REOPEN_MS = 3000;

function isTopic(value: unknown): value is keyof typeof STALE_AFTER {
  return typeof value === "string" && Object.hasOwn(STALE_AFTER, value);
}

function readTopic(line: string): keyof typeof STALE_AFTER | null {
  try {
    const message: unknown = JSON.parse(line);
    const topic = typeof message === "object" && message !== null && "topic" in message ? message.topic : null;
    return isTopic(topic) ? topic : null;
  } catch {
    return null;
  }
}

/** Collects stale keys and invalidates them together. */
function createInvalidator(queries: QueryClient) {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    for (const key of stale) void queries.invalidateQueries({ queryKey: [key] });
    stale.clear();
  };
  return {
    add(keys: readonly string[]) {
      for (const key of keys) stale.add(key);
      timer ??= setTimeout(flush, COALESCE_MS);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Opens the stream and keeps it open. @returns a function that closes it */
function openStream(queries: QueryClient, onState: (state: Connection) => void): () => void {
  const invalidator = createInvalidator(queries);
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let wasLost = false;
  const open = () => {
    const stream = new EventSource("/api/v1/live");
    source = stream;
    stream.addEventListener("open", () => {
      onState("live");
      // Nobody told us what changed while the stream was down.
      if (wasLost) void queries.invalidateQueries();
      wasLost = false;
    });
    stream.addEventListener("change", (event: MessageEvent<string>) => {
      const topic = readTopic(event.data);
      if (topic !== null) invalidator.add(STALE_AFTER[topic]);
    });
    stream.addEventListener("error", () => {
      wasLost = true;
      onState("reconnecting");
      if (stream.readyState !== EventSource.CLOSED) return;
      void queries.invalidateQueries({ queryKey: meQuery.queryKey });
      timer = setTimeout(open, REOPEN_MS);
    });
  };
  open();
  return () => {
    source?.close();
    if (timer !== null) clearTimeout(timer);
    invalidator.close();
  };
}

/** Follows the server's changes for as long as the component is mounted. */
export function useLive(): Connection {
  const queries = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  useEffect(() => openStream(queries, setConnection), [queries]);
  return connection;
}
