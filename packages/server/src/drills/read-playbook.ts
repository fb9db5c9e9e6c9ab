import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import type { DrillRecord } from "@firebreak/protocol";
import { codeOf } from "../kernel/index.ts";
import { hashPlaybook, parseDuration, readPlaybook } from "../playbooks/index.ts";

/** A playbook as a drill needs to know it. */
export interface PlaybookUnderTest {
  readonly identity: DrillRecord["playbook"];
  /** by step, what acts */
  readonly effectors: Readonly<Record<string, string>>;
  /** by phase, milliseconds */
  readonly phaseTimeBoxes: Readonly<Record<string, number>>;
}

/** Reads the playbooks of the directories; an earlier directory wins. What does not load is left to the linter. */
export async function readPlaybooks(dirs: readonly string[]): Promise<ReadonlyMap<string, PlaybookUnderTest>> {
  const found = new Map<string, PlaybookUnderTest>();
  for (const dir of dirs) {
    const files = await listFiles(dir);
    for (const file of files) {
      const text = await readFile(file, "utf8");
      const reading = readPlaybook(file, text);
      if (!reading.ok || found.has(reading.document.id)) continue;
      const { id, title, version, phases } = reading.document;
      found.set(id, {
        identity: { id, title, version, hash: hashPlaybook(text) },
        effectors: Object.fromEntries(phases.flatMap(({ steps }) => listActions(steps))),
        phaseTimeBoxes: Object.fromEntries(
          phases.flatMap(({ id: phase, timeBox = "" }): [string, number][] => {
            const ms = parseDuration(timeBox);
            return ms === null ? [] : [[phase, ms]];
          }),
        ),
      });
    }
  }
  return found;
}

async function listFiles(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => /\.ya?ml$/.test(name)).map((name) => path.join(dir, name));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
}

/** Also those in options, branches, approvals and for-each. */
function listActions(value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap(listActions);
  if (typeof value !== "object" || value === null) return [];
  const own: [string, string][] =
    "id" in value && "effector" in value && typeof value.id === "string" && typeof value.effector === "string"
      ? [[value.id, value.effector]]
      : [];
  return [...own, ...Object.values(value).flatMap(listActions)];
}
