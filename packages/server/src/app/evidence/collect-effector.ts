import { createHash } from "node:crypto";
import { evidenceLevel, formatId } from "@firebreak/protocol";
import type { EvidenceId } from "@firebreak/protocol";
import { z } from "zod";
import { TOUCHES_NOTHING, defineEffector } from "../../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { wasCutOff } from "../../evidence/index.ts";
import type { EvidenceSummary, SessionSubject } from "../../evidence/index.ts";
import { processSurroundings } from "../../kernel/index.ts";
import type { Profile, ReadSecret } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { collectInThread } from "./collect-in-thread.ts";
import type { ThreadOptions } from "./in-thread.ts";
import { sessionOfId, sessionsOfAgent } from "./sessions-of.ts";

const evidenceParameters = z.strictObject({
  /** without it, of this host */
  agentId: z.string().min(1).nullish(),
  sessionId: z.string().nullish(),
  reason: z.string().max(1000),
  level: evidenceLevel.default("quick"),
  /** instead of the level's; keep it below the step's time box, so that the archive is sealed within it */
  timeLimitSeconds: z.number().int().min(1).max(86_400).optional(),
});
/** A step that is cut off every time collects no more. */
const ROUNDS_MAX = 10;
type Parameters = z.output<typeof evidenceParameters>;

export interface CollectEffectorSurroundings extends ThreadOptions {
  readonly database: Database;
  readonly profile: Pick<Profile, "name" | "effectors" | "evidence">;
  readonly profilesDir: string;
  readonly readSecret: ReadSecret;
}

/** What a step collects before something is destroyed: of every session of an agent, or of this host, in one archive. */
export function evidenceCollect(surroundings: CollectEffectorSurroundings): Effector {
  return defineEffector({
    name: "evidence.collect",
    title: "Collect evidence of an agent or of this host",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters: evidenceParameters,
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async (ctx, parameters) => {
      const { agentId, level } = parameters;
      if (!isOfAgent(agentId)) return [`collects the evidence (${level}) of this host into a new archive`];
      const ids = sessionsOf(ctx, parameters).map(({ sessionId }) => sessionId);
      return ids.length === 0 ? [] : [`collects the evidence (${level}) of ${ids.join(", ")} into a new archive`];
    },
    apply: async (ctx, parameters) => {
      const sessions = sessionsOf(ctx, parameters);
      if (sessions.length === 0 && isOfAgent(parameters.agentId)) {
        return { ok: false, reason: "not_found", message: "no session of the agent is known on this machine" };
      }
      return describe(await collect(surroundings, ctx, parameters, sessions));
    },
    verify: async (_ctx, _parameters, output) => ({ ok: true, output, message: "The archives are sealed." }),
    undo: { stays: "Evidence is never removed." },
  });
}

async function collect(
  { database, profile, profilesDir, readSecret, evidenceWorkerFile }: CollectEffectorSurroundings,
  ctx: EffectorContext,
  { agentId, level, reason, timeLimitSeconds }: Parameters,
  sessions: readonly SessionSubject[],
): Promise<EvidenceSummary> {
  const { home, clock, actor, incidentId, signal } = ctx;
  const { userHome } = processSurroundings();
  const { name, effectors } = profile;
  const place = { home, userHome, profilesDir, profile: { name, effectors } };
  return collectInThread(
    { context: { home, database, clock, actor }, place, readSecret, evidenceWorkerFile },
    {
      incidentId,
      reason,
      level,
      sessions,
      signal,
      archiveId: archiveIdOf(ctx),
      agentIds: isOfAgent(agentId) ? [agentId] : [],
      sessionId: sessions.length === 1 ? (sessions[0]?.sessionId ?? null) : null,
      settings: profile.evidence,
      timeLimitMs: timeLimitSeconds === undefined ? undefined : timeLimitSeconds * 1000,
    },
  );
}

/**
 * The same step of the same run gives the same archive, however often it is applied. After one that was cut off, and is sealed
 * as it is, comes another: what may still be had is collected.
 */
function archiveIdOf(ctx: EffectorContext): EvidenceId {
  for (let round = 1; ; round += 1) {
    const id = archiveIdOfRound(ctx, round);
    if (round === ROUNDS_MAX || !wasCutOff(ctx.home, id)) return id;
  }
}

function archiveIdOfRound({ runId, stepId }: EffectorContext, round: number): EvidenceId {
  const again = round === 1 ? "" : `/${round}`;
  const digest = createHash("sha256").update(`${runId}/${stepId}/evidence${again}`).digest();
  return formatId("evidence", digest.readUIntBE(16, 6), digest);
}

const isOfAgent = (agentId: string | null | undefined): agentId is string => typeof agentId === "string";

/** Every session of the agent that is known on this machine, since containment stops the agent; else the named one. */
function sessionsOf({ home }: EffectorContext, { agentId, sessionId }: Parameters): SessionSubject[] {
  if (!isOfAgent(agentId)) return [];
  const sessions = sessionsOfAgent(home, agentId);
  if (sessions.length > 0) return sessions;
  if (sessionId === null || sessionId === undefined) return [];
  const nothing = { processes: [], outputLog: null, workspace: null, elsewhere: null };
  return [sessionOfId(home, sessionId) ?? { sessionId, agentId, ...nothing }];
}

function describe({ id, manifestSha256, items, degradedItems }: EvidenceSummary): EffectorOutcome {
  const gaps = degradedItems === 0 ? "" : `, ${degradedItems} of them incomplete`;
  return { ok: true, output: { archives: [{ id, manifestSha256 }] }, message: `${items} items in ${id}${gaps}` };
}
