import { groupHolds, roleAllows } from "@firebreak/protocol";
import type { Hold, ResumeNeeds } from "@firebreak/protocol";
import { sql } from "kysely";
import { listUsers } from "../../access/index.ts";
import { listApprovals, personOf } from "../../approvals/index.ts";
import type { Answerer } from "../../approvals/index.ts";
import type { House } from "../house.ts";

export const RESUME_KIND = "killswitch.resume";
/** The least role that resumes. */
export const RESUME_ROLE = "commander";

type Guarded = Pick<Hold, "scope" | "target" | "incidentId">;
interface PolicyHouse {
  readonly database: Pick<House["database"], "kysely">;
  readonly killswitchPolicy: House["killswitchPolicy"];
}

/** One person must not come round the second by lowering the severity first. */
const wasSeverity1 = sql<boolean>`exists (
  select 1 from timeline
  where timeline.incident_id = incidents.id and timeline.kind = 'severity' and timeline.data->>'from' = '1')`;

/** @returns why resuming these holds takes two persons, or null when one is enough */
export async function guardOf(house: PolicyHouse, holds: readonly Guarded[]): Promise<string | null> {
  const { twoPersons, criticalPacks } = house.killswitchPolicy;
  if (twoPersons.includes("global") && holds.some((hold) => hold.scope === "global")) return "it stops everything";
  const critical = holds.find(({ scope, target }) => scope === "pack" && criticalPacks.includes(target ?? ""));
  if (twoPersons.includes("critical_packs") && critical !== undefined) return `${critical.target} is a critical pack`;
  const ids = holds.flatMap((hold) => hold.incidentId ?? []);
  if (!twoPersons.includes("severity_1") || ids.length === 0) return null;
  const incident = await house.database.kysely
    .selectFrom("incidents")
    .select("id")
    .where("id", "in", ids)
    .where((expression) => expression.or([expression("severity", "=", 1), wasSeverity1]))
    .executeTakeFirst();
  return incident === undefined ? null : `${incident.id} is or was of severity 1`;
}

/** @returns whether somebody besides this person could answer: an installation with one person must not be locked out */
export async function hasSecondPerson(house: PolicyHouse, person: string | null): Promise<boolean> {
  const users = await listUsers(house);
  return users.some((user) => user.disabledAt === null && roleAllows(user.role, RESUME_ROLE) && user.name !== person);
}

/** @returns the open question about resuming the stop that has this hold, or undefined */
export async function openQuestionAbout(house: Pick<PolicyHouse, "database">, reader: Answerer, stopKey: string) {
  const { items } = await listApprovals(house, reader, { kind: RESUME_KIND, state: "pending", target: stopKey });
  return items[0];
}

/** One name for a stop of several holds, whichever of them a person points at. */
export const stopKeyOf = (holds: readonly Pick<Hold, "id">[]): string =>
  holds.map((hold) => hold.id).toSorted()[0] ?? "";

/** What it takes of `reader` to resume this stop. */
export async function resumeNeeds(house: PolicyHouse, reader: Answerer, holds: readonly Hold[]): Promise<ResumeNeeds> {
  const why = await guardOf(house, holds);
  const holdId = holds[0]?.id ?? "";
  if (why === null) return { holdId, persons: 1, why, checklist: [], approvalId: null };
  const isAlone = !(await hasSecondPerson(house, personOf(reader.actor)));
  const question = await openQuestionAbout(house, reader, stopKeyOf(holds));
  return {
    holdId,
    persons: isAlone ? 1 : 2,
    why,
    checklist: [...house.killswitchPolicy.checklist],
    approvalId: question?.id ?? null,
  };
}

const NEEDS_MAX = 200;

/** The same for every stop in force. */
export function allResumeNeeds(house: House, reader: Answerer): Promise<ResumeNeeds[]> {
  const stops = groupHolds(house.killswitch.current().holds).slice(0, NEEDS_MAX);
  return Promise.all(stops.map((holds) => resumeNeeds(house, reader, holds)));
}
