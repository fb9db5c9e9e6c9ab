import type { Hold } from "@firebreak/protocol";
import { messageOf } from "../../kernel/index.ts";
import type { Abort } from "./abort.ts";
import { emit, say } from "./report.ts";
import type { Session } from "./session.ts";

const ANSWER_MS = 2000;

/** Tells the agent that a stop of level deny covers it. What it does about it shows in what it does, not in its answer. */
export async function tellToAbort(session: Session, abort: Abort, holds: readonly Hold[]): Promise<void> {
  const outcome = "signal" in abort ? signalGroup(session, abort.signal) : await post(session, abort.url, holds);
  const how = "signal" in abort ? abort.signal : abort.url;
  emit(session, "abort_told", { how, outcome, holds: holds.map((hold) => hold.id) });
  say(session, `${session.entry.agentId} is told to abort (${how}): ${outcome}`);
}

function signalGroup({ entry }: Session, signal: NodeJS.Signals): string {
  if (entry.root === null) return "it does not run";
  try {
    process.kill(-entry.root.pid, signal);
    return "sent";
  } catch (fault) {
    return messageOf(fault);
  }
}

async function post({ entry, options }: Session, url: string, holds: readonly Hold[]): Promise<string> {
  const { sessionId, agentId } = entry;
  const body = JSON.stringify({
    abort: true,
    sessionId,
    agentId,
    holds: holds.map(({ id, reason }) => ({ id, reason })),
  });
  try {
    const response = await (options.fetchFrom ?? globalThis.fetch)(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return `it answered ${response.status}`;
  } catch (fault) {
    return messageOf(fault);
  }
}
