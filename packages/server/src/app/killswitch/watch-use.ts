import { sql } from "kysely";
import type { House } from "../house.ts";
import { endOwnAlert, raiseOwnAlert } from "../own-alerts.ts";
import type { OwnAlert } from "../own-alerts.ts";

type UseHouse = Pick<House, "database" | "clock" | "newId" | "killswitch" | "killswitchPolicy" | "startedAtMs">;

const DAY_MS = 86_400_000;

/** How the kill switch is used, as its policy wants it told: @returns a pass that tells of each change once */
export function createUseWatch(house: UseHouse): () => Promise<void> {
  const told = new Map<string, boolean>();
  const settle = async (key: string, alert: Omit<OwnAlert, "key"> | null) => {
    if (told.get(key) === (alert !== null)) return;
    await (alert === null ? endOwnAlert(house, key) : raiseOwnAlert(house, { key, ...alert }));
    told.set(key, alert !== null);
  };
  return async () => {
    await settle("prolonged_global_disable", prolonged(house));
    await settle("frequent_activations", await frequent(house));
    await settle("killswitch-drill-overdue", await drillOverdue(house));
  };
}

type Alert = Omit<OwnAlert, "key">;

function prolonged({ killswitch, killswitchPolicy, clock }: UseHouse): Alert | null {
  const limitMs = killswitchPolicy.prolongedGlobalMs;
  const old = killswitch
    .current()
    .holds.find((hold) => hold.scope === "global" && clock.now() - Date.parse(hold.at) > limitMs);
  if (old === undefined) return null;
  return {
    title: `Everything has been stopped for more than ${Math.round(limitMs / 60_000)} min`,
    text: `${old.id}, by ${old.actor.name}: ${old.reason}. Resume it when it is safe, or stop less.`,
    severity: 3,
  };
}

/** One automatic stop sets several holds; drills are meant. */
async function frequent({ database, killswitchPolicy, clock }: UseHouse): Promise<Alert | null> {
  const since = new Date(clock.now() - DAY_MS);
  const { rows } = await sql<{ count: string }>`
    select count(distinct case when actor->>'kind' = 'playbook'
      then concat_ws('/', coalesce(incident_id, id), scope, target) else id end) as count
    from holds where at > ${since} and not exists (select 1 from stops where stops.hold_id = holds.id and stops.drill)`.execute(
    database.kysely,
  );
  const count = Number(rows[0]?.count ?? 0);
  if (count <= killswitchPolicy.activationsPerDayMax) return null;
  return {
    title: `More than ${killswitchPolicy.activationsPerDayMax} stops in 24 hours`,
    text: `${count} stops since yesterday at this time. Find what they have in common: firebreak receipt list.`,
    severity: 3,
  };
}

/** A drill is a verified stop of real agents that somebody made as one. Before the first, the clock runs from the first start. */
async function drillOverdue({ database, killswitchPolicy, clock, startedAtMs }: UseHouse): Promise<Alert | null> {
  const days = killswitchPolicy.drillEveryDays;
  if (days === null) return null;
  const { rows } = await sql<{ drilled: Date | null; began: Date | null }>`
    select (select max(completed_at) from stops where drill and verified and results <> '[]'::jsonb) as drilled,
      (select min(at) from audit_log) as began`.execute(database.kysely);
  const [row] = rows;
  const lastMs = row?.drilled?.getTime() ?? row?.began?.getTime() ?? startedAtMs;
  if (clock.now() - lastMs <= days * DAY_MS) return null;
  const last =
    row?.drilled === null || row?.drilled === undefined
      ? "There was none yet"
      : `The last was ${row.drilled.toISOString()}`;
  return {
    title: `A drill of the kill switch is due every ${days} days`,
    text: `${last}. Stop a pack that can bear it: firebreak stop --pack NAME --drill --for 5m --reason drill.`,
    severity: 4,
  };
}
