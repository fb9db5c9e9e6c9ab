import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { ProcessIdentity } from "@firebreak/protocol";
import { messageOf } from "../../kernel/index.ts";
import { createTreeHandle, killTree, listTree, spawnInTree } from "../process-tree/index.ts";
import { writeSupervisorEntry } from "../registry.ts";
import { childEnvironment } from "./child-environment.ts";
import { EXIT_CANNOT_RUN } from "./options.ts";
import { drain, passThrough } from "./pass-through.ts";
import { emit, say } from "./report.ts";
import type { Session } from "./session.ts";
import { watchOver } from "./watch-over.ts";

const KILL_LEFTOVERS_MS = 3000;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How one start of the agent went. */
export interface AgentRun extends Exit {
  /** as a shell would say it */
  readonly exitCode: number;
  /** members that outlived the root and were killed */
  readonly leftovers: readonly ProcessIdentity[];
  /** nothing is left of the tree */
  readonly verified: boolean;
}

/** Starts the agent, watches over it until it ends, and leaves nothing of it behind. */
export async function runOnce(session: Session, agentToken: string | null): Promise<AgentRun> {
  const { enforcement } = session;
  const child = startAgent(session, agentToken);
  const exited = waitForExit(child);
  // a stop may have come between the last look and the start
  void enforcement.reconcile();
  const stopPassing = passThrough(session, child);
  const stopWatching = watchOver(session);
  try {
    const exit = await exited;
    await enforcement.settled();
    return await finish(session, child, exit);
  } catch (fault) {
    say(session, `${session.options.command[0] ?? ""}: ${messageOf(fault)}`);
    return { code: null, signal: null, exitCode: EXIT_CANNOT_RUN, leftovers: [], verified: true };
  } finally {
    stopWatching();
    stopPassing();
  }
}

function startAgent(session: Session, agentToken: string | null): ChildProcess {
  const { options, entry } = session;
  const { child, root } = spawnInTree({
    command: options.command,
    enclosure: session.enclosure,
    cwd: options.cwd,
    env: childEnvironment(session, agentToken),
    stdio: [options.stdio.stdin, "pipe", "pipe"],
  });
  session.entry = { ...entry, root, tag: null, seen: [] };
  session.handle = createTreeHandle({ ...session.handle, root, tag: null, seen: [] });
  writeSupervisorEntry(options.home, session.entry);
  releaseTag(session);
  emit(session, "started", {
    command: options.command.slice(0, 64),
    pid: root?.pid ?? null,
    cgroup: entry.cgroup !== null || session.enclosure.scope !== null,
    isolate: [...session.enclosure.isolate],
  });
  return child;
}

/** Only when the registry does not name it any more. */
export function releaseTag(session: Session): void {
  session.heldTag?.release();
  session.heldTag = null;
}

async function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

async function finish(session: Session, child: ChildProcess, exit: Exit): Promise<AgentRun> {
  const { options, entry } = session;
  const leftovers = listTree(session.handle);
  const emptied = await killTree(session.handle, { deadlineMs: KILL_LEFTOVERS_MS, clock: options.clock });
  await drain(child);
  emit(session, "exited", {
    code: exit.code,
    signal: exit.signal,
    leftovers: leftovers.length,
    stopped: emptied.verified,
    proof: emptied.proof,
    dropped: session.spool.dropped,
  });
  if (!emptied.verified) {
    say(session, `${emptied.remaining.length} process(es) of ${entry.agentId} could not be ended: ${emptied.proof}`);
  }
  const exitCode = exit.code ?? 128 + (exit.signal === null ? 0 : constants.signals[exit.signal]);
  return { ...exit, exitCode, leftovers, verified: emptied.verified };
}
