import type { LegalHoldScope } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Schema, Trx } from "../../storage/index.ts";
import type { Store } from "../stores.ts";

/** A legal hold as what it holds: an incident's is of its agents, from a day before it began to its end. */
export interface ActiveHold {
  readonly id: string;
  readonly caseId: string;
  readonly scope: LegalHoldScope;
  readonly target: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** agents that the target stands for: of the incident, of the pack, or the agent itself */
  readonly agents: readonly string[];
  /** of an incident that no agent is named in: everything of its time */
  readonly ofAllAgents: boolean;
  /** of an incident: when it happened */
  readonly window: { readonly fromMs: number; readonly toMs: number };
}

const DAY_MS = 86_400_000;
const ALWAYS = { fromMs: -Infinity, toMs: Infinity };

/** Lets nobody apply or release a hold until this transaction is over. */
export async function lockHolds(trx: Trx): Promise<void> {
  await sql`lock table legal_holds in share mode`.execute(trx);
}

/** @returns every legal hold in force */
export async function readActiveHolds(kysely: Kysely<Schema>): Promise<ActiveHold[]> {
  const rows = await kysely
    .selectFrom("legal_holds")
    .selectAll()
    .where("released_at", "is", null)
    .orderBy("id")
    .execute();
  return Promise.all(
    rows.map(async (row) => {
      const target = row.target ?? "";
      const subject = await readSubject(kysely, row.scope, target);
      return {
        id: row.id,
        caseId: row.case_id,
        scope: row.scope,
        target,
        fromMs: row.range_from?.getTime() ?? -Infinity,
        toMs: row.range_to?.getTime() ?? Infinity,
        ...subject,
      };
    }),
  );
}

type Subject = Pick<ActiveHold, "agents" | "ofAllAgents" | "window">;

async function readSubject(kysely: Kysely<Schema>, scope: LegalHoldScope, target: string): Promise<Subject> {
  const none = { agents: [], ofAllAgents: false, window: ALWAYS };
  switch (scope) {
    case "agent":
      return { ...none, agents: [target] };
    case "pack": {
      const rows = await kysely.selectFrom("agents").select("id").where("pack", "=", target).execute();
      return { ...none, agents: rows.map(({ id }) => id) };
    }
    case "incident":
      return readIncident(kysely, target);
    case "all":
    case "session":
    case "evidence":
      return none;
    default:
      return scope satisfies never;
  }
}

/** An incident that is not there (any more) holds everything: what it was about cannot be told. */
async function readIncident(kysely: Kysely<Schema>, id: string): Promise<Subject> {
  const incident = await kysely
    .selectFrom("incidents")
    .select(["agent_id", "began_at", "closed_at", "resolved_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (incident === undefined) return { agents: [], ofAllAgents: true, window: ALWAYS };
  const alerts = await kysely
    .selectFrom("alerts")
    .select("agent_id")
    .distinct()
    .where("incident_id", "=", id)
    .execute();
  const agents = [incident.agent_id, ...alerts.map(({ agent_id }) => agent_id)].filter((agent) => agent !== null);
  const end = incident.closed_at ?? incident.resolved_at;
  return {
    agents: [...new Set(agents)],
    ofAllAgents: agents.length === 0,
    window: { fromMs: incident.began_at.getTime() - DAY_MS, toMs: end?.getTime() ?? Infinity },
  };
}

const TRUE = sql<boolean>`true`;
const FALSE = sql<boolean>`false`;
const any = (parts: readonly RawBuilder<boolean>[]) =>
  parts.length === 0 ? FALSE : sql<boolean>`(${sql.join(parts, sql` or `)})`;

/** @returns whether a row of the store, as `t`, is held by one of these; true where that cannot be told */
export function isHeld(store: Store, holds: readonly ActiveHold[]): RawBuilder<boolean> {
  return any(holds.map((hold) => sql<boolean>`(${overlaps(store, hold)} and ${isInScope(store, hold)})`));
}

function overlaps(store: Store, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  const from = fromMs === -Infinity ? TRUE : sql<boolean>`${sql.raw(store.ended)} >= ${toIso(fromMs)}`;
  const to = toMs === Infinity ? TRUE : sql<boolean>`${sql.raw(store.began)} <= ${toIso(toMs)}`;
  return sql<boolean>`${from} and ${to}`;
}

function isInScope(store: Store, hold: ActiveHold): RawBuilder<boolean> {
  switch (hold.scope) {
    case "all":
      return TRUE;
    case "agent":
      return isOfAgents(store, hold.agents);
    case "pack":
      return any([names(store, "pack", hold.target), isOfAgents(store, hold.agents)]);
    case "session":
      return names(store, "session_id", hold.target);
    case "incident": {
      const itsAgents = hold.ofAllAgents ? TRUE : isOfAgents(store, hold.agents);
      return any([mentions(store, hold.target), sql<boolean>`(${overlaps(store, hold.window)} and ${itsAgents})`]);
    }
    case "evidence":
      return mentions(store, hold.target);
    default:
      return hold.scope satisfies never;
  }
}

const isOfAgents = (store: Store, agents: readonly string[]) =>
  any(agents.map((agent) => names(store, "agent_id", agent)));

/** Rows without such a column are held when they mention the name anywhere: rather too much than too little. */
function names(store: Store, column: "agent_id" | "pack" | "session_id", value: string): RawBuilder<boolean> {
  return store.ofAgent ? sql<boolean>`t.${sql.ref(column)} = ${value}` : mentions(store, value);
}

function mentions(store: Store, text: string): RawBuilder<boolean> {
  // an event is of who it says it is of, not of whom it speaks
  if (store.ofAgent) return FALSE;
  const inside = (alias: string) => sql<boolean>`position(${text} in ${sql.ref(alias)}::text) > 0`;
  const children = store.children.map(
    ({ table, column }) =>
      sql<boolean>`exists (select from ${sql.table(table)} c where c.${sql.ref(column)} = t.${sql.ref(store.key)} and ${inside("c")})`,
  );
  return any([inside("t"), ...children]);
}

/** A line of the archive: its text, and when what it tells of began and ended. */
export interface ArchivedLine {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @returns the first hold that holds a line of the archive, or undefined */
export function holdOfLine(line: ArchivedLine, holds: readonly ActiveHold[]): ActiveHold | undefined {
  return holds.find((hold) => meets(line, hold) && isLineInScope(line, hold));
}

const meets = (line: ArchivedLine, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): boolean =>
  line.toMs >= fromMs && line.fromMs <= toMs;

function isLineInScope(line: ArchivedLine, hold: ActiveHold): boolean {
  const speaksOf = (name: string) => line.text.includes(JSON.stringify(name).slice(1, -1));
  switch (hold.scope) {
    case "all":
      return true;
    case "agent":
    case "pack":
    case "session":
    case "evidence":
      return speaksOf(hold.target) || hold.agents.some(speaksOf);
    case "incident":
      return speaksOf(hold.target) || (meets(line, hold.window) && (hold.ofAllAgents || hold.agents.some(speaksOf)));
    default:
      return hold.scope satisfies never;
  }
}
