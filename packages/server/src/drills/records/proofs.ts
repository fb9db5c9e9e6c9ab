import type { DrillRecord, LastDrill, LastProven } from "@firebreak/protocol";
import type { Database } from "../../storage/index.ts";

/** What drills say of one playbook; null: none yet. */
export interface Proof {
  readonly lastProven: LastProven | null;
  readonly lastDrill: LastDrill | null;
}

/**
 * @param hashes by playbook, what its text is now
 * @returns by playbook, when it was last shown to work, and its newest drill
 */
export async function readProofs(
  database: Pick<Database, "kysely">,
  hashes: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Proof>> {
  const ids = [...hashes.keys()];
  if (ids.length === 0) return new Map();
  const newest = database.kysely
    .selectFrom("drills")
    .distinctOn("playbook_id")
    .selectAll()
    .where("playbook_id", "in", ids)
    .orderBy("playbook_id")
    .orderBy("ended_at", "desc")
    .orderBy("id", "desc");
  const [all, proving] = await Promise.all([
    newest.execute(),
    newest.where("result", "in", ["passed", "passed_in_part"]).execute(),
  ]);
  return new Map(
    all.map((row) => {
      const { playbook_id: playbookId } = row;
      const proof = proving.find((one) => one.playbook_id === playbookId);
      const lastDrill = { drillId: row.id, at: row.ended_at.toISOString(), result: row.result };
      const lastProven = proof === undefined ? null : toProven(proof.record, hashes.get(playbookId) ?? "");
      return [playbookId, { lastProven, lastDrill }];
    }),
  );
}

function toProven(record: DrillRecord, hashNow: string): LastProven | null {
  const { id, endedAt, playbook, seconds, result } = record;
  if (result !== "passed" && result !== "passed_in_part") return null;
  const { hash, version } = playbook;
  return { drillId: id, at: endedAt, hash, version, seconds, result, stale: hash !== hashNow };
}
