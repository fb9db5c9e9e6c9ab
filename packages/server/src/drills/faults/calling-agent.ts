import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";
import { waitFor } from "../sandbox/wait.ts";

const CALLED_WITHIN_MS = 30_000;

/** What a calling agent reads again before each call. */
export const callingAgentSettings = z.strictObject({
  url: z.string(),
  keyFile: z.string(),
  tool: z.string().max(64),
  everyMs: z.number().int().min(1).max(60_000),
  /** where it writes what it sends, with the key, as programs do whose debugging was left on */
  debugLog: z.string().optional(),
});
export type CallingAgentSettings = z.output<typeof callingAgentSettings>;

/** What a fault says of the agent that calls the service; how often it does, each says by itself. */
export const callingAgentParameters = z.strictObject({
  agentId: z.string().max(64).default("scout"),
  pack: z.string().max(64).default("research"),
  ...callingAgentSettings.pick({ url: true, keyFile: true, tool: true }).shape,
  /** of the service */
  accessLog: z.string(),
});
export type CallingAgent = Pick<z.output<typeof callingAgentParameters>, "agentId" | "pack">;

/** Starts it under supervision. @returns its file of settings */
export function startCallingAgent(
  sandbox: Sandbox,
  { agentId, pack }: CallingAgent,
  settings: CallingAgentSettings,
): string {
  const { workspace } = sandbox;
  const file = path.join(workspace, `${agentId}.json`);
  writeFileSync(file, JSON.stringify(settings));
  const agent = [process.execPath, programFile("calling-agent-program"), file];
  sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...agent]);
  return file;
}

/** Waits until the service has answered a call with this status. */
export async function untilAnswered(accessLog: string, status: number): Promise<void> {
  const line = new RegExp(`/v1/\\S* ${status}$`, "m");
  await waitFor(`a call that is answered with ${status}`, CALLED_WITHIN_MS, async () =>
    existsSync(accessLog) && line.test(readFileSync(accessLog, "utf8")) ? true : undefined,
  );
}
