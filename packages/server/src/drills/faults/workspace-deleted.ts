import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";
import { startAgent } from "./start-agent.ts";

const DELETED_WITHIN_MS = 30_000;
const FILES = ["notes.md", "plan.md", "src/index.js"];

/**
 * A supervised agent really deletes the project in its workspace, which is a repository of git and of which there is an archive, and says
 * that it does. It goes on writing `still-here` until it is stopped.
 */
export const workspaceDeleted = defineFault({
  kind: "workspace-deleted",
  about:
    "a supervised agent really deletes the project in its workspace, a repository of git of which there is an archive; it goes on until it is stopped",
  parameters: z.strictObject({ agentId: z.string().max(64).default("scout") }),
  findMissing: () =>
    run("git", ["--version"]) ? [] : [{ what: "git", remedy: "On Debian or Ubuntu: apt-get install git." }],
  cause: async ({ sandbox }, { agentId }) => {
    const workspace = path.join(sandbox.workspace, agentId);
    const project = path.join(workspace, "project");
    for (const file of FILES) {
      mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
      writeFileSync(path.join(project, file), `the agent's work: ${file}\n`);
    }
    const identity = ["-c", "user.name=drill", "-c", "user.email=drill@localhost"];
    const archive = path.join(sandbox.folder, "workspace.tar.gz");
    runOrThrow("git", ["-C", workspace, "init", "--quiet"]);
    runOrThrow("git", ["-C", workspace, "add", "."]);
    runOrThrow("git", ["-C", workspace, ...identity, "commit", "--quiet", "--message", "the work so far"]);
    runOrThrow("tar", ["-czf", archive, "-C", workspace, "."]);
    const acts = [
      { kind: "command", outcome: "success", data: { command: "rm -rf ./project" }, times: 1, deletes: "project" },
    ];
    startAgent(sandbox, { agentId, pack: "research", workspace, acts });
    await waitFor("the deletion", DELETED_WITHIN_MS, async () => (existsSync(project) ? undefined : true));
    // came after the archive: only what is kept of the damage has it
    const left = createHash("sha256")
      .update(readFileSync(path.join(workspace, "acts.json")))
      .digest("hex");
    return { what: `${agentId} deleted the project in its workspace`, facts: { agentId, workspace, archive, left } };
  },
});

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function runOrThrow(program: string, args: readonly string[]): void {
  if (!run(program, args)) throw new Error(`${program} ${args.join(" ")} failed`);
}
