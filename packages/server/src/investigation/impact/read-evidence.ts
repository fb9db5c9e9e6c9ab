import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import type { ImpactStatement } from "@firebreak/protocol";
import { ARCHIVE_FILES, parseManifest } from "@firebreak/verifier";
import { z } from "zod";
import { codeOf } from "../../kernel/index.ts";
import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";
import { findCredential } from "./path-kinds.ts";
import { stateOf } from "./state-impact.ts";

const ARCHIVES_MAX = 20;
const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;
const ITEM_BYTES_MAX = 16 * 1024 * 1024;
const NAMES_MAX = 200;

/** What the item `process-tree.json` of an archive holds of each process, as far as it is wanted here. */
const processTree = z.object({
  processes: z
    .array(
      z.object({
        pid: z.number(),
        environment: z.array(z.string()).catch([]),
        openFiles: z.array(z.object({ target: z.string() })).catch([]),
      }),
    )
    .max(100_000),
});

/** The collector puts this in the place of a value that is a secret by its name or form. */
const SECRET = /^([A-Za-z_][\w.-]{0,127})=.*\[REDACTED: (?:KEY|PWD)/;

/** Name of a variable or path of an open file: the archives that hold it, and how many processes had it. */
type Holders = Map<string, { readonly archives: Set<string>; processes: number }>;

/**
 * Credentials that lay within reach of the agent's processes when evidence was collected: the names of secret variables of
 * their environments, and files they held open. That they were used, no archive says.
 */
export async function stateReachable(
  ctx: ReadContext,
  { incident }: Scope,
): Promise<{ statements: ImpactStatement[]; limits: string[] }> {
  const archives = await ctx.database.kysely
    .selectFrom("evidence_archives")
    .select(["id", "directory"])
    .where("incident_id", "=", incident.id)
    .orderBy("collected_at")
    .limit(ARCHIVES_MAX)
    .execute();
  const variables: Holders = new Map();
  const files: Holders = new Map();
  const limits: string[] = [];
  for (const { id, directory } of archives) {
    const problem = await readArchive(id, directory, { variables, files });
    if (problem !== null) limits.push(`Evidence ${id}: ${problem}`);
  }
  const why = "in the processes when evidence was collected; that it was used is not known";
  const stated = (kind: string, holders: Holders, says: (name: string) => string) =>
    [...holders].slice(0, NAMES_MAX).map(([name, held]) =>
      stateOf({
        section: "credentials",
        kind,
        subject: name,
        text: `${says(name)} (${held.processes === 1 ? "1 process" : `${held.processes} processes`})`,
        certainty: "possible",
        why,
        classes: ["secret"],
        links: [...held.archives].map((id) => ({ kind: "evidence", id })),
      }),
    );
  return {
    statements: [
      ...stated("variable", variables, (name) => `The secret in the variable ${name} lay within reach`),
      ...stated("open_file", files, (name) => `${name} was held open (${findCredential(name)?.says ?? "credentials"})`),
    ],
    limits,
  };
}

/** @returns what is wrong, or null */
async function readArchive(
  id: string,
  directory: string,
  { variables, files }: { readonly variables: Holders; readonly files: Holders },
): Promise<string | null> {
  const manifestBytes = await readPlain(path.join(directory, ARCHIVE_FILES.manifest), MANIFEST_BYTES_MAX);
  if (manifestBytes === null) return "its manifest could not be read here";
  const manifest = parseManifest(manifestBytes);
  if (!manifest.ok) return `its manifest ${manifest.why}`;
  for (const { name, sha256 } of manifest.value.items) {
    if (sha256 === null || path.posix.basename(name) !== "process-tree.json") continue;
    const bytes = await readPlain(path.join(directory, ARCHIVE_FILES.blobs, sha256), ITEM_BYTES_MAX);
    if (bytes === null) return `${name} could not be read here`;
    if (createHash("sha256").update(bytes).digest("hex") !== sha256)
      return `${name} is not what was collected; verify it`;
    const tree = processTree.safeParse(parseJson(bytes));
    if (!tree.success) return `${name} is not in the form of this version`;
    for (const { environment, openFiles } of tree.data.processes) {
      hold(
        variables,
        id,
        environment.flatMap((pair) => SECRET.exec(pair)?.[1] ?? []),
      );
      hold(
        files,
        id,
        openFiles.map(({ target }) => target).filter((target) => findCredential(target) !== undefined),
      );
    }
  }
  return null;
}

/** Of one process. */
function hold(holders: Holders, archive: string, names: readonly string[]): void {
  for (const name of new Set(names)) {
    const known = holders.get(name) ?? { archives: new Set<string>(), processes: 0 };
    known.archives.add(archive);
    known.processes += 1;
    if (holders.size < NAMES_MAX) holders.set(name, known);
  }
}

/** @returns null when there is no such file, or it is a link or too large: an archive may have been changed by anybody */
async function readPlain(file: string, bytesMax: number): Promise<Buffer | null> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = await handle.stat();
      return facts.isFile() && facts.size <= bytesMax ? await handle.readFile() : null;
    } finally {
      await handle.close();
    }
  } catch (fault) {
    if (codeOf(fault) === undefined) throw fault;
    return null;
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
