import type { InvestigationEntry } from "@firebreak/protocol";
import { Link } from "wouter";
import { explorerPath, sessionPath } from "../../navigation.ts";

const AROUND_MS = 5 * 60_000;

/** Where an entry leads on to: its event, its place in the session, or what the agent did around it. */
export function EntryLinks({ entry: { ref, agentId, sessionId, sourceTime } }: { readonly entry: InvestigationEntry }) {
  const seq = /^event:(\d+)$/.exec(ref)?.[1];
  if (seq !== undefined) {
    return (
      <>
        <Link href={explorerPath({ event: seq, ...(agentId === null ? {} : { agent: agentId }) })}>the event</Link>
        {sessionId !== null && <Link href={`${sessionPath(sessionId)}?event=${seq}`}>in its session</Link>}
      </>
    );
  }
  const atMs = Date.parse(sourceTime);
  if (agentId === null || Number.isNaN(atMs)) return null;
  const since = new Date(atMs - AROUND_MS).toISOString();
  const until = new Date(atMs + AROUND_MS).toISOString();
  return <Link href={explorerPath({ agent: agentId, since, until })}>events around it</Link>;
}
