import type { GateOptions } from "./gate.ts";

/**
 * What `firebreak run` tells the agent it starts.
 *
 * @param env the environment of this process: `gateOptionsFrom(process.env)`
 */
export function gateOptionsFrom(env: Readonly<Record<string, string | undefined>>): GateOptions {
  return {
    killswitchDir: env["FIREBREAK_KILLSWITCH"],
    agent: env["FIREBREAK_AGENT"] ?? "unnamed",
    pack: env["FIREBREAK_PACK"],
    session: env["FIREBREAK_SESSION"],
    url: env["FIREBREAK_URL"],
    token: env["FIREBREAK_TOKEN"],
    serverKey: env["FIREBREAK_SERVER_KEY"],
  };
}
