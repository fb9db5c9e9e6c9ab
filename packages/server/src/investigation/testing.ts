/** What tests of this room share. */
import type { AgentEvent } from "@firebreak/protocol";
import { canonicalJson, toIso } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

export type GivenEvent = Partial<Omit<AgentEvent, "seq" | "time" | "receivedTime" | "agent">> & {
  /** milliseconds since 1970, the source's clock */
  readonly atMs: number;
  /** left out: 20 ms later */
  readonly receivedMs?: number;
  readonly agent?: string;
  readonly session?: string;
};

let made = 0;

/** Stores events as the intake does. @returns their ids */
export async function storeTestEvents(
  database: Pick<Database, "kysely">,
  given: readonly GivenEvent[],
): Promise<string[]> {
  const rows = given.map(({ atMs, receivedMs = atMs + 20, agent = "scout", session, ...event }) => {
    made += 1;
    const whole = {
      id: `evt-${made}`,
      source: "agent",
      kind: "command" as const,
      outcome: "success" as const,
      data: {},
      ...event,
      time: toIso(atMs),
      receivedTime: toIso(receivedMs),
      agent: { id: agent, ...(session === undefined ? {} : { session }) },
    };
    return {
      id: whole.id,
      time: whole.time,
      received_at: whole.receivedTime,
      source: whole.source,
      agent_id: agent,
      pack: null,
      session_id: session ?? null,
      run_id: null,
      kind: whole.kind,
      outcome: whole.outcome,
      risk: whole.risk ?? null,
      body: canonicalJson(whole),
    };
  });
  for (let at = 0; at < rows.length; at += 5_000) {
    await database.kysely
      .insertInto("events")
      .values(rows.slice(at, at + 5_000))
      .execute();
  }
  return rows.map(({ id }) => id);
}
