import type { EngineRequest } from "../../containment/index.ts";
import { createEngineClient, readLogs } from "../../containment/index.ts";
import type { ContainerSource } from "../../evidence/index.ts";

/** Reading a large container's changed files takes the engine a while. */
const TIMEOUT_MS = 60_000;
const LOGS_MS = 600_000;

/** What collecting asks a container engine, over the client that containment uses. */
export function containerSource(endpoint: string): ContainerSource {
  const engine = createEngineClient(endpoint);
  const get = (path: string, signal: AbortSignal, query?: EngineRequest["query"]) =>
    engine.call({ method: "GET", path, timeoutMs: TIMEOUT_MS, signal, ...(query === undefined ? {} : { query }) });
  return {
    place: engine.place,
    list: (signal) => get("/containers/json", signal, { all: "true" }),
    inspect: (id, signal) => get(`/containers/${id}/json`, signal),
    top: (id, signal) => get(`/containers/${id}/top`, signal),
    changes: (id, signal) => get(`/containers/${id}/changes`, signal),
    logs: async (id, { sinceMs, hasTerminal }, signal) => {
      const query = { stdout: "true", stderr: "true", timestamps: "true", since: String(Math.floor(sinceMs / 1000)) };
      const request = { method: "GET", path: `/containers/${id}/logs`, query, timeoutMs: LOGS_MS, signal } as const;
      return readLogs(await engine.stream(request), hasTerminal);
    },
  };
}
