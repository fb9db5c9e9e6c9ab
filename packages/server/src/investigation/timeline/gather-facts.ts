import type { Actor, StopResult } from "@firebreak/protocol";
import { sql } from "kysely";
import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";
import { draftOf } from "./entry.ts";
import type { Draft } from "./entry.ts";
import { RANKS } from "./position.ts";

const ROWS_MAX = 1_000;

/** What stands in few rows, read as a whole: sessions, the proofs of stops, evidence, and acts of people and rules. */
export async function gatherFacts(ctx: ReadContext, scope: Scope): Promise<Draft[]> {
  const parts = await Promise.all([readStops(ctx, scope), readEvidence(ctx, scope), readActs(ctx, scope)]);
  return [...draftSessions(scope), ...parts.flat()];
}

function draftSessions({ sessions, fromMs }: Scope): Draft[] {
  return sessions.flatMap((session) => {
    const shared = { source: "session", from: session.host, agentId: session.agent_id, sessionId: session.id } as const;
    const links = [{ kind: "session" as const, id: session.id }];
    const entry = (moment: string, at: Date, text: string) =>
      at.getTime() < fromMs
        ? []
        : [
            draftOf(
              { atMs: at.getTime(), rank: RANKS.session, id: `${session.id}/${moment}` },
              { ...shared, links, ref: `session:${session.id}/${moment}`, kind: moment, text },
            ),
          ];
    const how = session.exit_signal ?? (session.exit_code === null ? null : `exit code ${session.exit_code}`);
    return [
      ...entry(
        "started",
        session.started_at,
        `Session started on ${session.host}: ${session.command.join(" ").slice(0, 300)}`,
      ),
      ...(session.ended_at === null || session.state === "lost"
        ? []
        : entry("ended", session.ended_at, `Session ended${how === null ? "" : ` (${how})`}`)),
    ];
  });
}

async function readStops({ database }: ReadContext, { incident }: Scope): Promise<Draft[]> {
  const rows = await database.kysely
    .selectFrom("stops")
    .leftJoin("receipts", "receipts.id", "stops.id")
    .select(["stops.id", "stops.hold", "stops.requested_at", "stops.results", "receipts.id as receiptId"])
    .where("stops.incident_id", "=", incident.id)
    .orderBy("requested_at")
    .limit(ROWS_MAX)
    .execute();
  return rows.flatMap((stop) =>
    stop.results.slice(0, ROWS_MAX).map((result, index) => {
      const atMs = stop.requested_at.getTime() + Math.round(result.elapsedMs ?? 0);
      return draftOf(
        { atMs, rank: RANKS.stop, id: `${stop.id}/${index}` },
        {
          ref: `stop:${stop.id}/${index}`,
          source: "stop",
          kind: "proof",
          from: "killswitch",
          actor: stop.hold.actor,
          agentId: result.agentId,
          sessionId: result.sessionId,
          text: sayResult(result, stop.receiptId !== null),
          outcome: result.state,
          links: [
            { kind: "stop", id: stop.id },
            { kind: "session", id: result.sessionId },
            ...(stop.receiptId === null ? [] : [{ kind: "receipt" as const, id: stop.receiptId }]),
          ],
        },
      );
    }),
  );
}

function sayResult(result: StopResult, isSigned: boolean): string {
  const took = result.elapsedMs === null ? "" : ` after ${Math.round(result.elapsedMs * 10) / 10} ms`;
  const left = result.remaining.length === 0 ? "" : `, ${result.remaining.length} still there`;
  return `${result.agentId}: ${result.level} ${result.state}${took}, by ${result.proof}${left}${isSigned ? "; receipt signed" : ""}`;
}

async function readEvidence({ database }: ReadContext, { incident }: Scope): Promise<Draft[]> {
  const rows = await database.kysely
    .selectFrom("evidence_archives")
    .selectAll()
    .where("incident_id", "=", incident.id)
    .orderBy("collected_at")
    .limit(ROWS_MAX)
    .execute();
  return rows.map((row) =>
    draftOf(
      { atMs: row.collected_at.getTime(), rank: RANKS.evidence, id: row.id },
      {
        ref: `evidence:${row.id}`,
        source: "evidence",
        kind: "collected",
        from: "evidence",
        actor: row.collected_by,
        agentId: row.agent_id,
        sessionId: row.session_id,
        text: `Evidence collected: ${row.items} items, ${row.degraded_items} not whole (${row.reason}); manifest SHA-256 ${row.manifest_sha256}`,
        links: [{ kind: "evidence", id: row.id }],
      },
    ),
  );
}

/** Acts that the incident's own record or another source tells of already. */
const TOLD = [
  "incident.%", "review.%", "timeline.mark", "impact.compute", "alert.%", "action.%", "reaction.%", "approval.%", "playbook.run",
  "playbook.step", "playbook.answer_step", "killswitch.stop", "killswitch.resume", "killswitch.release", "evidence.collect",
  "session.%",
]; // prettier-ignore

interface Act {
  readonly seq: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: string;
  readonly target: string;
  readonly leafHash: string;
}

async function readActs({ database }: ReadContext, { incident }: Scope): Promise<Draft[]> {
  const { rows } = await sql<Act>`
    with things as (
      select ${incident.id}::text as id
      union select id from alerts where incident_id = ${incident.id}
      union select id from playbook_runs where incident_id = ${incident.id}
      union select id from approvals where incident_id = ${incident.id}
      union select id from actions where incident_id = ${incident.id}
      union select id from reactions where incident_id = ${incident.id}
      union select id from stops where incident_id = ${incident.id}
      union select id from holds where incident_id = ${incident.id}
      union select id from evidence_archives where incident_id = ${incident.id}
      union select id from deliveries where incident_id = ${incident.id}
    )
    select seq, at, actor, action, target, encode(leaf_hash, 'hex') as "leafHash"
    from audit_log join things on things.id = audit_log.target
    where not action like any(${TOLD}::text[])
    order by seq limit ${ROWS_MAX}`.execute(database.kysely);
  return rows.map((act) =>
    draftOf(
      { atMs: act.at.getTime(), rank: RANKS.act, id: act.seq },
      {
        ref: `act:${act.seq}`,
        source: "act",
        kind: act.action,
        from: "audit log",
        actor: act.actor,
        text: `${act.action} of ${act.target}`,
        links: [{ kind: "audit", id: act.seq }],
        leafHash: act.leafHash,
      },
    ),
  );
}
