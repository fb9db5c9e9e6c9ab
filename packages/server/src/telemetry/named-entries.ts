import { stat } from "node:fs/promises";
import { z } from "zod";
import { problemsOfSchema, readTextFile, readYaml } from "../kernel/index.ts";
import type { FileProblem } from "../kernel/index.ts";
import { isForLines } from "./maps/load-maps.ts";
import type { FieldMaps, LoadedMap } from "./maps/load-maps.ts";

export interface NamedEntries<Entry> {
  readonly entries: readonly Entry[];
  readonly problems: readonly FileProblem[];
  /** changes when the file does */
  readonly fingerprint: string;
}

/** Of the name of an entry in `tails.yaml` and `syslog.yaml`. */
export const entryName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -");

interface Reading<Entry extends { readonly name: string }> {
  readonly file: string;
  /** the file's one member: a list of entries */
  readonly key: string;
  readonly max: number;
  readonly schema: z.ZodType<Entry>;
  /** @returns what is wrong with an entry beyond its schema, or the entry as it counts */
  readonly complete: (entry: Entry) => Entry | { readonly message: string; readonly remedy: string };
}

/** Reads a YAML file of named entries. What is good is kept; each bad entry is left out and named with its place. */
export async function readNamedEntries<Entry extends { readonly name: string }>(
  reading: Reading<Entry>,
): Promise<NamedEntries<Entry>> {
  const { file, key, max, schema, complete } = reading;
  const fingerprint = await fingerprintFile(file);
  const nothing = (problems: readonly FileProblem[]) => ({ entries: [], problems, fingerprint });
  const read = await readTextFile(file);
  if (read.kind === "missing") return nothing([]);
  if (read.kind === "problem") return nothing([read.problem]);
  const yaml = readYaml(file, read.text, { merge: true });
  if (!yaml.ok) return nothing(yaml.problems);
  const outer = z.strictObject({ [key]: z.array(z.unknown()).max(max) }).safeParse(yaml.source.value);
  if (!outer.success) return nothing(problemsOfSchema(yaml.source, outer.error.issues));
  const entries = new Map<string, Entry>();
  const problems: FileProblem[] = [];
  for (const [index, given] of (outer.data[key] ?? []).entries()) {
    const parsed = schema.safeParse(given);
    if (!parsed.success) {
      problems.push(...problemsOfSchema(yaml.source, parsed.error.issues, [key, index]));
      continue;
    }
    const at = { file, ...yaml.source.positionOf([key, index]) };
    const { name } = parsed.data;
    const entry = entries.has(name)
      ? { message: `two entries are named ${name}`, remedy: "Give each its own name." }
      : complete(parsed.data);
    if ("remedy" in entry) problems.push({ ...at, ...entry });
    else entries.set(name, entry);
  }
  return { entries: [...entries.values()], problems, fingerprint };
}

export async function fingerprintFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return `${found?.size} ${found?.mtimeMs} ${found?.ino}`;
}

interface MappedEntry {
  readonly name: string;
  /** id of a field map */
  readonly map: string;
}

/** What works through one entry, by its field map. */
interface Worker<Entry> {
  readonly config: Entry;
  readonly map: LoadedMap;
  close(): Promise<void>;
}

/**
 * Ends the workers whose entry or map changed or is gone, and begins what is new. What broke in the file must not end what
 * worked before.
 *
 * @returns the problems of the file, and of entries whose map does not load
 */
export async function followEntries<Entry extends MappedEntry, W extends Worker<Entry>>(
  workers: Map<string, W>,
  read: NamedEntries<Entry> & { readonly file: string; readonly maps: FieldMaps["maps"] },
  begin: (entry: Entry, map: LoadedMap) => W,
): Promise<FileProblem[]> {
  const { file, entries, problems, maps } = read;
  const wanted = new Map(entries.map((entry) => [entry.name, entry]));
  for (const [name, worker] of workers) {
    const next = wanted.get(name);
    const isSame = JSON.stringify(next) === JSON.stringify(worker.config) && maps.get(worker.config.map) === worker.map;
    const isKept = next === undefined ? problems.length > 0 : isSame;
    if (isKept) continue;
    await worker.close();
    workers.delete(name);
  }
  const unmapped: FileProblem[] = [];
  for (const entry of entries) {
    const map = maps.get(entry.map);
    if (!isForLines(map)) unmapped.push(explainMap(file, entry, maps));
    else if (!workers.has(entry.name)) workers.set(entry.name, begin(entry, map));
  }
  return [...problems, ...unmapped];
}

function explainMap(file: string, { name, map }: MappedEntry, maps: FieldMaps["maps"]): FileProblem {
  return {
    file,
    line: 1,
    column: 1,
    message: `${name} names the field map ${map}, which does not load, or reads no lines`,
    remedy: `Name one of ${[...maps.keys()].join(", ")}, or add it to maps/ in the home.`,
  };
}
