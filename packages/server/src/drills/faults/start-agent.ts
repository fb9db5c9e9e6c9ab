import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { programFile } from "../../kernel/index.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";
import { waitFor } from "../sandbox/wait.ts";

const AT_WORK_WITHIN_MS = 30_000;

export interface DrillAgent {
  readonly agentId: string;
  readonly pack: string;
  readonly workspace: string;
  /** what it does, and says that it does */
  readonly acts: unknown;
}

/** Starts a real agent under supervision, with a child of its own, that goes on writing `still-here` in its workspace. */
export function startAgent(sandbox: Sandbox, { agentId, pack, workspace, acts }: DrillAgent): void {
  mkdirSync(workspace, { recursive: true });
  const script = path.join(workspace, "acts.json");
  writeFileSync(script, JSON.stringify(acts));
  const agent = [process.execPath, programFile("agent-program"), script];
  const words = ["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...agent];
  sandbox.startFirebreak(words, workspace);
}

/** Starts an agent that does nothing wrong. @returns when it is at work; its workspace */
export async function startCalmAgent(sandbox: Sandbox, agentId: string): Promise<string> {
  const workspace = path.join(sandbox.workspace, agentId);
  startAgent(sandbox, { agentId, pack: "research", workspace, acts: [] });
  const sign = path.join(workspace, "still-here");
  await waitFor(`the agent ${agentId}`, AT_WORK_WITHIN_MS, async () => (existsSync(sign) ? true : undefined));
  return workspace;
}
