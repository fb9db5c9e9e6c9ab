import type { House } from "../house.ts";
import { endOwnAlert, raiseOwnAlert } from "../own-alerts.ts";

const KEY = "retention_copies";
const TOLD_MAX = 20;

/** Tells people of copies that a store did not let go, or does not hold: once, and again when that changes. */
export function createCopyTeller(house: House): () => Promise<void> {
  let told = "";
  return async () => {
    const text = await readProblems(house);
    if (text === told) return;
    if (text === "") await endOwnAlert(house, KEY);
    else {
      await raiseOwnAlert(house, {
        key: KEY,
        title: "Copies of evidence in an object store are not as they should be",
        text: `${text}\nSee \`firebreak retention copies\`.`,
        severity: 4,
      });
    }
    told = text;
  };
}

async function readProblems({ database }: House): Promise<string> {
  const rows = await database.kysely
    .selectFrom("evidence_copies")
    .select(["archive_id", "place", "state", "last_error", "hold", "hold_error"])
    .where((where) =>
      where.or([
        where.and([where("state", "=", "deleting"), where("last_error", "is not", null)]),
        where("hold", "=", "refused"),
      ]),
    )
    .orderBy("archive_id")
    .limit(TOLD_MAX)
    .execute();
  return rows
    .flatMap(({ archive_id: id, place, state, last_error: why, hold, hold_error: held }) => [
      ...(state === "deleting" && why !== null ? [`${id} in ${place} is not deleted: ${why}`] : []),
      ...(hold === "refused" ? [`${id} in ${place} is under no legal hold there: ${held ?? ""}`] : []),
    ])
    .join("\n");
}
