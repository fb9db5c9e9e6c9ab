import type { AgentView, Hold } from "@firebreak/protocol";
import { HOLD_LEVELS, entityName, holdCovers } from "@firebreak/protocol";
import { z } from "zod";
import { defineProbe, listSupervisedTrees } from "../../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import type { Database } from "../../storage/index.ts";
import { HEARTBEAT_SILENCE_MAX_MS, listAgents, listLiveSessions } from "../../telemetry/index.ts";
import { asking } from "./event-questions.ts";

const AGENTS_MAX = 500;

/** Which agents run, here or on other hosts, and what holds them. */
export function agentStatus(database: Database): Effector {
  return defineProbe({
    name: "agent.status",
    title: "Say which agents run and what holds them",
    parameters: z.strictObject({ agentId: entityName.optional() }),
    describe: ({ agentId }) => `looks at ${agentId ?? "every agent"}: processes, sessions and holds`,
    ask: (ctx, { agentId }) => asking(ctx, () => look(database, ctx, agentId)),
  });
}

async function look(database: Database, ctx: EffectorContext, agentId: string | undefined): Promise<EffectorOutcome> {
  const holds = currentHolds(ctx);
  const known = await listKnown(database, holds, agentId);
  const live = await listLiveSessions({ database }, { lostSinceMs: ctx.clock.now() - HEARTBEAT_SILENCE_MAX_MS });
  const trees = listSupervisedTrees(ctx);
  const seen = [...known.map(({ id }) => id), ...trees.map((tree) => tree.agentId)];
  const ids = [...new Set(seen)].filter((id) => agentId === undefined || id === agentId);
  if (agentId !== undefined && ids.length === 0) {
    return { ok: false, reason: "not_found", message: `no agent ${agentId} was ever seen` };
  }
  const agents = ids.slice(0, AGENTS_MAX).map((id) => {
    const own = trees.filter((tree) => tree.agentId === id);
    const processes = own.reduce((sum, tree) => sum + tree.processes.length, 0);
    const subject = { agent: id, pack: known.find((one) => one.id === id)?.pack ?? own[0]?.pack ?? undefined };
    const bearing = holds.filter(
      (hold) => holdCovers(hold, subject) || own.some((tree) => hold.target === tree.sessionId),
    );
    const here = new Set(own.map(({ sessionId }) => sessionId));
    const elsewhere = live.some((one) => one.agentId === id && one.state === "running" && !here.has(one.id));
    const running = elsewhere || own.some((tree) => tree.processes.length > 0 && !tree.isFrozen);
    return { agentId: id, running, processes, holds: bearing.map((hold) => hold.id), level: strictest(bearing) };
  });
  const running = agents.filter((one) => one.running).length;
  const complete = ids.length <= AGENTS_MAX;
  return { ok: true, output: { agents, running, complete }, message: `${running} of ${agents.length} agent(s) run` };
}

function currentHolds(ctx: EffectorContext): readonly Hold[] {
  const killswitch = openKillswitch(ctx);
  try {
    return killswitch.current().holds;
  } finally {
    killswitch.close();
  }
}

async function listKnown(
  database: Database,
  holds: readonly Hold[],
  agentId: string | undefined,
): Promise<AgentView[]> {
  const found: AgentView[] = [];
  let after: string | undefined;
  do {
    const page = await listAgents({ database }, { after, limit: AGENTS_MAX }, holds);
    found.push(...page.items.filter(({ id }) => agentId === undefined || id === agentId));
    after = page.next ?? undefined;
  } while (after !== undefined && found.length <= AGENTS_MAX);
  return found;
}

/** @returns an empty text when nothing holds it */
function strictest(holds: readonly Hold[]): string {
  const rank = Math.max(-1, ...holds.map(({ level }) => HOLD_LEVELS.indexOf(level)));
  return HOLD_LEVELS[rank] ?? "";
}
