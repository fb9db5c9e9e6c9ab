import { hostname } from "node:os";
import type { Hold, SessionView, StopResult } from "@firebreak/protocol";
import { holdCovers } from "@firebreak/protocol";
import { enforceHold, findSupervisor } from "../../containment/index.ts";
import type { EnforceOptions } from "../../containment/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import { listLiveSessions } from "../../telemetry/index.ts";
import type { House } from "../house.ts";

const DEADLINE_MS = 2_000;
/** A session that was silent for longer is on no list of what must be stopped. */
const LOST_MAX_MS = 24 * 60 * 60_000;

type Enforce = EnforceOptions & { readonly hold: Hold };

/**
 * Enforces a hold on this host, and waits for what supervisors on other hosts, who hear of it over the feed, say came of it.
 *
 * @returns one result per covered session; one on another host is stopped only when its supervisor has proved it
 */
export async function enforceEverywhere(house: House, options: Enforce): Promise<StopResult[]> {
  const [here, elsewhere] = await Promise.all([enforceHold(options), enforceElsewhere(house, options)]);
  return [...here, ...elsewhere];
}

async function enforceElsewhere(house: House, { hold, deadlineMs = DEADLINE_MS }: Enforce): Promise<StopResult[]> {
  if (hold.scope === "tool") return [];
  const startMs = house.clock.monotonicMs();
  const sessions = await findElsewhere(house, hold);
  const connected = sessions.filter(({ id }) => house.gateFeed.contactOf(id)?.connected === true);
  const ids = connected.map(({ id }) => id);
  const answers = await house.remoteStops.wait(hold.id, ids, deadlineMs);
  const elapsedMs = Math.round(house.clock.monotonicMs() - startMs);
  return sessions.map((session) => {
    const answer = answers.get(session.id);
    return answer === undefined ? withoutAnswer(house, session, hold) : withAnswer(session, answer, elapsedMs);
  });
}

/** Sessions that run, as far as anybody knows, and not under a supervisor of this home. */
async function findElsewhere({ config, clock, database, gateFeed, logger }: House, hold: Hold): Promise<SessionView[]> {
  try {
    const sessions = await listLiveSessions({ database }, { lostSinceMs: clock.now() - LOST_MAX_MS });
    return sessions.filter(
      ({ id, agentId, pack, host }) =>
        holdCovers(hold, { agent: agentId, pack: pack ?? undefined, session: id }) &&
        (host !== hostname() || gateFeed.contactOf(id) !== null) &&
        findSupervisor({ home: config.home, sessionId: id }) === null,
    );
  } catch (fault) {
    const problem = messageOf(fault);
    // the hold is in force and pushed; only who should answer for it is not known
    logger.error("the sessions on other hosts cannot be listed", { holdId: hold.id, problem });
    return [];
  }
}

function withAnswer({ agentId, pack, host }: SessionView, answer: StopResult, elapsedMs: number): StopResult {
  return { ...answer, agentId, pack, elapsedMs, proof: `${answer.proof}, as its supervisor on ${host} reports` };
}

function withoutAnswer(house: House, { id, agentId, pack, host }: SessionView, { level }: Hold): StopResult {
  const contact = house.gateFeed.contactOf(id);
  const isConnected = contact?.connected === true;
  const leaseMs = house.profile.leases.seconds * 1000;
  const untilMs = Math.max(contact?.leaseUntilMs ?? 0, house.startedAtMs + leaseMs);
  const lost =
    `is not connected; its lease ends at ${toIso(untilMs)} at the latest, and without one the tree stands still ` +
    "(with --on-lost-server deny, its gates deny)";
  return {
    sessionId: id,
    agentId,
    pack,
    level,
    state: isConnected ? "unverified" : "unreachable",
    elapsedMs: null,
    proof: `its supervisor on ${host} ${isConnected ? "was told and has not answered yet" : lost}`,
    processes: 0,
    remaining: [],
  };
}
