import path from "node:path";
import { entityName } from "@firebreak/protocol";
import { z } from "zod";
import { entryName, readNamedEntries } from "../named-entries.ts";
import type { NamedEntries } from "../named-entries.ts";

const tailSchema = z.strictObject({
  name: entryName,
  /** absolute, or beginning with `~/`; `*`, `**`, `?`, `{a,b}` as shells have them */
  paths: z.array(z.string().min(1).max(1024)).min(1).max(100),
  /** id of a field map */
  map: z.string().min(1).max(64),
  /** who every line is about, whatever it says */
  agent: entityName.optional(),
  pack: entityName.optional(),
  /** of times that name no zone, instead of the map's */
  timeZone: z.string().max(64).optional(),
  /** where to begin in files that are there when the tail is new; files that come later are read whole */
  start: z.enum(["end", "beginning"]).default("end"),
  /** an agent could put a link to any file in place of its log */
  followSymlinks: z.boolean().default(false),
});
export type TailConfig = z.infer<typeof tailSchema>;

const TAILS_MAX = 100;

export const tailsFile = (home: string): string => path.join(home, "tails.yaml");

/** Reads `tails.yaml` of the home. What is good is kept; each bad entry is left out and named. */
export function readTailsFile(home: string, userHome: string): Promise<NamedEntries<TailConfig>> {
  return readNamedEntries({
    file: tailsFile(home),
    key: "tails",
    max: TAILS_MAX,
    schema: tailSchema,
    complete: (entry) => {
      const paths = entry.paths.map((one) => one.replace(/^~(?=\/)/, userHome));
      const relative = paths.find((one) => !path.isAbsolute(one));
      if (relative === undefined) return { ...entry, paths };
      return { message: `the path ${relative} is not absolute`, remedy: "Begin it with / or ~/." };
    },
  });
}

/** @returns the paths of every tail, with their wildcards */
export async function listTailedPaths(home: string, userHome: string): Promise<string[]> {
  const { entries } = await readTailsFile(home, userHome);
  return entries.flatMap(({ paths }) => paths);
}
