import type { Hold } from "@firebreak/protocol";
import { formatId, holdCovers } from "@firebreak/protocol";
import { nodePlatform, openGateFeed } from "@firebreak/sdk/feed";
import type { GateFeed } from "@firebreak/sdk/feed";
import type { Clock } from "../../kernel/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";

/** A server elsewhere whose stops hold for a session here. */
export interface GoverningServer {
  readonly url: string;
  /** of whoever runs the supervisor; never handed to the agent */
  readonly token: string;
  /** its pinned public key, `ed25519:…` */
  readonly key: string;
  /** what happens while it is not heard: the tree stands still, or only its gates deny */
  readonly whenLost: (typeof WHEN_LOST)[number];
}

export const WHEN_LOST = ["freeze", "deny"] as const;

/** Where a supervisor sees the holds that it enforces. */
export type Stops = Pick<Killswitch, "current" | "watch">;

export interface ServerHolds {
  /** what the server set, and a hold of our own while there is no lease */
  current(): readonly Hold[];
  watch(listener: () => void): () => void;
  /** Waits until the server was heard, at most `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  close(): void;
}

interface GovernedSession {
  readonly agentId: string;
  readonly pack: string | null;
  readonly sessionId: string;
}

const LOOK_MS = 100;
/** The hold that no lease means; nobody can release it but the server by being heard. */
export const LOST_HOLD_ID = formatId("hold", 0, new Uint8Array(16).fill(1));

/** Follows the server's feed and says, as the journal does for its own, which holds cover the session. */
export function openServerHolds(server: GoverningServer, session: GovernedSession, clock: Clock): ServerHolds {
  const listeners = new Set<() => void>();
  let told = "";
  const feed = openGateFeed({
    url: server.url,
    token: server.token,
    serverKey: server.key,
    agent: session.agentId,
    pack: session.pack ?? undefined,
    session: session.sessionId,
    clock,
    platform: nodePlatform,
    onChange: () => look(),
  });
  const current = () => holdsOf(feed, server, session, clock);
  const look = () => {
    const sign = current()
      .map((hold) => hold.id)
      .join(" ");
    if (sign === told) return;
    told = sign;
    for (const listener of listeners) listener();
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  const watch = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    current,
    watch,
    ready: (timeoutMs) => waitUntilHeard(() => isHeard(feed, clock), watch, timeoutMs),
    close: () => {
      clearInterval(timer);
      feed.close();
    },
  };
}

/** @returns the journal's holds and the server's as one */
export function withServerHolds(killswitch: Killswitch, server: ServerHolds | null): Stops {
  if (server === null) return killswitch;
  const current = () => {
    const state = killswitch.current();
    return { ...state, holds: [...state.holds, ...server.current()] };
  };
  return {
    current,
    watch: (listener) => {
      const tell = () => listener(current());
      const ends = [killswitch.watch(tell), server.watch(tell)];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

function isHeard(feed: GateFeed, clock: Clock): boolean {
  return feed.said.ok && clock.monotonicMs() < feed.wordUntilMs;
}

function holdsOf(feed: GateFeed, server: GoverningServer, session: GovernedSession, clock: Clock): Hold[] {
  const { said, problem } = feed;
  const told = said.ok ? said.holds.filter((hold) => hold.scope !== "tool") : [];
  const holds = told.map(({ by, ...hold }): Hold => ({
    ...hold,
    ...placeOf(hold, session),
    epoch: 0,
    actor: { kind: "daemon", id: "server", name: by },
    incidentId: null,
    expiresAt: null,
  }));
  return isHeard(feed, clock) ? holds : [...holds, lostHold(said.ok ? problem : said.problem, server, session)];
}

/** The server tells only what covers this session, and may know more of its pack than we do. */
function placeOf(hold: Pick<Hold, "scope" | "target" | "level">, session: GovernedSession) {
  const { agentId, pack, sessionId } = session;
  const isOurs = holdCovers(hold, { agent: agentId, session: sessionId, pack: pack ?? undefined });
  return isOurs ? {} : { scope: "session" as const, target: sessionId };
}

function lostHold(problem: string | null, { url, whenLost }: GoverningServer, session: GovernedSession): Hold {
  return {
    id: LOST_HOLD_ID,
    epoch: 0,
    scope: "session",
    target: session.sessionId,
    level: whenLost,
    reason: `the server at ${url} gives no lease${problem === null ? "" : `: ${problem}`}`,
    actor: { kind: "daemon", id: "lease", name: "its lease" },
    incidentId: null,
    at: toIso(0),
    expiresAt: null,
  };
}

async function waitUntilHeard(isDone: () => boolean, watch: ServerHolds["watch"], timeoutMs: number): Promise<void> {
  if (isDone()) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      end();
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    const end = watch(() => {
      if (isDone()) finish();
    });
  });
}
