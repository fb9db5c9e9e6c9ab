import { killswitchPaths } from "../../killswitch/index.ts";
import type { Session } from "./session.ts";

/** What the agent is told. The token of whoever runs the supervisor stays here. */
export function childEnvironment({ options, entry, link }: Session, agentToken: string | null): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(options.env)) {
    if (value !== undefined && !key.startsWith("FIREBREAK_")) env[key] = value;
  }
  env["FIREBREAK_SESSION"] = entry.sessionId;
  env["FIREBREAK_AGENT"] = entry.agentId;
  if (entry.pack !== null) env["FIREBREAK_PACK"] = entry.pack;
  env["FIREBREAK_KILLSWITCH"] = killswitchPaths(options.home).dir;
  const url = typeof options.server === "object" ? options.server.url : (link?.url ?? null);
  if (url !== null) env["FIREBREAK_URL"] = url;
  if (agentToken !== null) env["FIREBREAK_TOKEN"] = agentToken;
  if (options.governor !== undefined) env["FIREBREAK_SERVER_KEY"] = options.governor.key;
  return env;
}
