import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { evidenceItem } from "../manifest.ts";
import { collectionRecord, recordsDir } from "./collection-record.ts";
import type { CollectionRecord } from "./collection-record.ts";

const facts = evidenceItem.pick({ name: true, description: true, metadata: true });

const journalLine = z.union([
  /** the first: what the collection is */
  z.strictObject({ record: collectionRecord, about: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kinds: z.array(z.strictObject({ name: z.string(), description: z.string() })) }),
  /** a kind that ended, well or not, as `collection.json` tells it */
  z.strictObject({ run: z.looseObject({ name: z.string() }) }),
  /** the file that holds what comes in, until all of it is there */
  z.strictObject({ incoming: z.string(), facts }),
  z.strictObject({ item: evidenceItem }),
]);
type JournalLine = z.input<typeof journalLine>;
export type ItemFacts = z.output<typeof facts>;

export interface ItemJournal {
  note(line: JournalLine): void;
}

export interface ReadJournal {
  readonly record: CollectionRecord | null;
  readonly about: Readonly<Record<string, unknown>>;
  readonly kinds: readonly { readonly name: string; readonly description: string }[];
  readonly runs: readonly { readonly name: string }[];
  readonly incoming: ReadonlyMap<string, ItemFacts>;
  readonly items: readonly z.output<typeof evidenceItem>[];
}

const fileOf = (home: string, id: string) => path.join(recordsDir(home), `${id}.items.jsonl`);

/**
 * Begins to write down, item by item, what an archive in the making holds, so that one whose process is killed can be
 * finished by somebody else.
 */
export function beginItemJournal(home: string, id: string): ItemJournal {
  const file = fileOf(home, id);
  writeFileSync(file, "", { mode: 0o600 });
  return {
    note: (line) => {
      try {
        // a line that the disk had no room for spoils itself, not the next one
        appendFileSync(file, `\n${JSON.stringify(line)}\n`);
      } catch {
        // its content is kept all the same, and named by its hash if it comes to that
      }
    },
  };
}

export function readItemJournal(home: string, id: string): ReadJournal {
  const file = fileOf(home, id);
  const read = {
    record: null as CollectionRecord | null,
    about: {} as Record<string, unknown>,
    kinds: [] as { name: string; description: string }[],
    runs: [] as { name: string }[],
    incoming: new Map<string, ItemFacts>(),
    items: [] as z.output<typeof evidenceItem>[],
  };
  if (!existsSync(file)) return read;
  for (const text of readFileSync(file, "utf8").split("\n")) {
    const line = parseLine(text);
    if (line === null) continue;
    if ("record" in line) Object.assign(read, line);
    else if ("kinds" in line) read.kinds.push(...line.kinds);
    else if ("run" in line) read.runs.push(line.run);
    else if ("incoming" in line) read.incoming.set(line.incoming, line.facts);
    else read.items.push(line.item);
  }
  return read;
}

/** @returns null for the line that the process was killed in */
function parseLine(text: string): z.output<typeof journalLine> | null {
  if (text === "") return null;
  try {
    return journalLine.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function removeItemJournal(home: string, id: string): void {
  rmSync(fileOf(home, id), { force: true });
}
