import { findEndedSession, findEndedSessions, listSupervisors, listTreeOf } from "../../containment/index.ts";
import type { SupervisorEntry, SupervisorStatus } from "../../containment/index.ts";
import type { SessionSubject } from "../../evidence/index.ts";

/** Of sessions that ended, the output and the workspace are still there. */
const ENDED_MAX = 5;

/** @returns every session of the agent that is known on this machine: those that run, else the last that ended */
export function sessionsOfAgent(home: string, agentId: string): SessionSubject[] {
  const running = listSupervisors({ home }).filter((one) => one.agentId === agentId);
  if (running.length > 0) return running.map((one) => runningSession(home, one));
  return findEndedSessions(home, agentId).slice(0, ENDED_MAX).map(endedSession);
}

/** @returns null when no session of that id was ever seen on this machine */
export function sessionOfId(home: string, sessionId: string): SessionSubject | null {
  const running = listSupervisors({ home }).find((one) => one.sessionId === sessionId);
  if (running !== undefined) return runningSession(home, running);
  const ended = findEndedSession(home, sessionId);
  return ended === null ? null : endedSession(ended);
}

function runningSession(home: string, one: SupervisorStatus): SessionSubject {
  const { sessionId, agentId, outputLog, workspace } = one;
  if (one.tree === "elsewhere") {
    return { sessionId, agentId, processes: [], outputLog: null, workspace: null, elsewhere: one.host };
  }
  const processes = listTreeOf({ home, sessionId }) ?? [];
  return { sessionId, agentId, processes, outputLog, workspace, elsewhere: null };
}

function endedSession({ sessionId, agentId, outputLog, workspace }: SupervisorEntry): SessionSubject {
  return { sessionId, agentId, processes: [], outputLog, workspace, elsewhere: null };
}
