import type { LogSource } from "../source.ts";
import { TILE_WIDTH } from "../tile.ts";
import { readJson } from "./read-json.ts";
import type { LoggedCustody } from "./verify-archive.ts";

/** The act of the audit log that stands for one line of a custody log. */
export const CUSTODY_ACTION = "evidence.custody";

/** Reads what a log says of the custody of one archive, entry by entry. The log must have been verified before. */
export async function readLoggedCustody(source: LogSource, size: number, archiveId: string): Promise<LoggedCustody[]> {
  const found: LoggedCustody[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    for (const entry of (await source.entries({ index, width })) ?? []) {
      if (entry === undefined || !entry.includes(CUSTODY_ACTION) || !entry.includes(archiveId)) continue;
      const line = readCustodyAct(entry, archiveId);
      if (line !== null) found.push(line);
    }
  }
  return found;
}

/** What an act of the log holds. An event of an agent holds more, so that none can pass for an act. */
const ACT_FIELDS = "action,actor,at,detail,target";

/** @returns null when the entry is something else */
function readCustodyAct(entry: Uint8Array, archiveId: string): LoggedCustody | null {
  const json = readJson(entry);
  const act = json.ok ? fieldsOf(json.value) : {};
  const { line, sha256 } = fieldsOf(act["detail"]);
  const isAct = Object.keys(act).toSorted().join(",") === ACT_FIELDS;
  const isCustody = isAct && act["action"] === CUSTODY_ACTION && act["target"] === archiveId;
  return isCustody && typeof line === "number" && typeof sha256 === "string" ? { line, sha256 } : null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
