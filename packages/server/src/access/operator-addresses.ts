import type { Database } from "../storage/index.ts";
import { WEB_SESSION_IDLE_MS } from "./web-sessions.ts";

export interface OperatorAddress {
  readonly host: string;
  readonly why: string;
}

/** @returns where signed-in people, and tokens that are no agent's, were last seen within the time a session lives unused */
export async function listOperatorAddresses(
  { kysely }: Pick<Database, "kysely">,
  nowMs: number,
): Promise<readonly OperatorAddress[]> {
  const since = new Date(nowMs - WEB_SESSION_IDLE_MS);
  const people = kysely
    .selectFrom("web_sessions")
    .innerJoin("users", "users.id", "web_sessions.user_id")
    .select(["users.name", "web_sessions.last_address as host"])
    .distinct()
    .where("web_sessions.expires_at", ">", new Date(nowMs))
    .where("web_sessions.last_seen_at", ">", since)
    .where("users.disabled_at", "is", null);
  const tokens = kysely
    .selectFrom("api_tokens")
    .select(["name", "last_address as host"])
    .where("access", "<>", "agent")
    .where("revoked_at", "is", null)
    .where("last_used_at", ">", since);
  const [sessions, keys] = await Promise.all([people.execute(), tokens.execute()]);
  return [
    ...sessions.flatMap(({ name, host }) => (host === null ? [] : [{ host, why: `where ${name} is signed in from` }])),
    ...keys.flatMap(({ name, host }) => (host === null ? [] : [{ host, why: `where the token ${name} is used from` }])),
  ];
}
