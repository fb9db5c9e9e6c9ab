import { stat } from "node:fs/promises";
import path from "node:path";
import { entityName } from "@firebreak/protocol";
import { z } from "zod";
import { problemsOfSchema, readTextFile, readYaml } from "../../kernel/index.ts";
import type { FileProblem } from "../../kernel/index.ts";

const tailSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -"),
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

export const TAILS_FILE = "tails.yaml";
const TAILS_MAX = 100;

export interface TailsFile {
  readonly tails: readonly TailConfig[];
  readonly problems: readonly FileProblem[];
  /** changes when the file does */
  readonly fingerprint: string;
}

/** Reads `tails.yaml` of the home. What is good is kept; each bad entry is left out and named. */
export async function readTailsFile(home: string, userHome: string): Promise<TailsFile> {
  const file = path.join(home, TAILS_FILE);
  const fingerprint = await fingerprintTailsFile(home);
  const read = await readTextFile(file);
  if (read.kind === "missing") return { tails: [], problems: [], fingerprint };
  if (read.kind === "problem") return { tails: [], problems: [read.problem], fingerprint };
  const yaml = readYaml(file, read.text, { merge: true });
  if (!yaml.ok) return { tails: [], problems: yaml.problems, fingerprint };
  const outer = z.strictObject({ tails: z.array(z.unknown()).max(TAILS_MAX) }).safeParse(yaml.source.value);
  if (!outer.success) return { tails: [], problems: problemsOfSchema(yaml.source, outer.error.issues), fingerprint };
  const tails = new Map<string, TailConfig>();
  const problems: FileProblem[] = [];
  for (const [index, entry] of outer.data.tails.entries()) {
    const parsed = tailSchema.safeParse(entry);
    const at = { file, ...yaml.source.positionOf(["tails", index]) };
    if (!parsed.success) problems.push(...problemsOfSchema(yaml.source, parsed.error.issues, ["tails", index]));
    else if (tails.has(parsed.data.name)) {
      problems.push({ ...at, message: `two tails are named ${parsed.data.name}`, remedy: "Give each its own name." });
    } else {
      const paths = parsed.data.paths.map((one) => one.replace(/^~(?=\/)/, userHome));
      const relative = paths.find((one) => !path.isAbsolute(one));
      if (relative === undefined) tails.set(parsed.data.name, { ...parsed.data, paths });
      else problems.push({ ...at, message: `the path ${relative} is not absolute`, remedy: "Begin it with / or ~/." });
    }
  }
  return { tails: [...tails.values()], problems, fingerprint };
}

export async function fingerprintTailsFile(home: string): Promise<string> {
  const found = await stat(path.join(home, TAILS_FILE)).catch(() => undefined);
  return `${found?.size} ${found?.mtimeMs} ${found?.ino}`;
}
