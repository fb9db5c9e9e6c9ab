import { readFileSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../../kernel/index.ts";
import { toIso } from "../../kernel/index.ts";
import { ArchiveWriter } from "../archive-writer.ts";
import { FILES, evidenceManifest } from "../manifest.ts";
import { archiveDirectory, isSealed, isUnderWay, readCollectionRecords } from "./collection-record.ts";
import type { CollectionRecord } from "./collection-record.ts";
import { readItemJournal } from "./item-journal.ts";
import { recoverItems } from "./recover-items.ts";
import { COLLECTION_ITEM, describeCollectionItem, sealArchiveOf } from "./seal-collection.ts";

/** Stands in an archive that lacks what its collection would have had. */
const INTERRUPTED_ITEM = "interrupted";

/**
 * Seals what a collection had that was cut off, in its own name. What it did not come to is an item each, and that it was cut
 * off is one too, unless only the sealing was left to do.
 */
export async function finishCutOff(
  { home, clock }: { readonly home: string; readonly clock: Clock },
  record: CollectionRecord,
  problem: string,
): Promise<void> {
  const directory = archiveDirectory(home, record.id);
  const journal = readItemJournal(home, record.id);
  const empty = new ArchiveWriter(directory, clock);
  const items = await recoverItems(empty.directory, journal, toIso(clock.now()));
  const writer = new ArchiveWriter(directory, clock, { items });
  const ended = new Set(journal.runs.map(({ name }) => name));
  const [current, ...rest] = journal.kinds.filter(({ name }) => !ended.has(name));
  if (current !== undefined) writer.addFailure(current, "its process ended before all of it was collected");
  for (const kind of rest) writer.addFailure(kind, "its process ended before it was collected");
  const isWhole =
    journal.kinds.length > 0 && current === undefined && items.every((item) => journal.items.includes(item));
  if (!isWhole)
    writer.addFailure({ name: INTERRUPTED_ITEM, description: "the collection, which was cut off" }, problem);
  if (!items.some(({ name }) => name === COLLECTION_ITEM)) {
    const at = toIso(clock.now());
    const account = { ...journal.about, collectors: journal.runs, interrupted: { problem, finishedAt: at } };
    writer.addBytes(describeCollectionItem(), Buffer.from(`${JSON.stringify(account, null, 2)}\n`));
  }
  sealArchiveOf({ home, clock }, record, writer, `${record.reason} (finished after it was cut off)`);
}

/** @returns whether a collection of that id was begun and its process did not come to its end */
export function wasCutOff(home: string, id: string): boolean {
  const record = readCollectionRecords(home).find((one) => one.id === id);
  if (!isSealed(home, id)) return record !== undefined && !isUnderWay(record);
  const file = path.join(archiveDirectory(home, id), FILES.manifest);
  const { evidence_items: items } = evidenceManifest.parse(JSON.parse(readFileSync(file, "utf8")));
  return items.some(({ name, status }) => name === INTERRUPTED_ITEM && status === "failed");
}
