import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { DrillRecord } from "@firebreak/protocol";
import { codeOf } from "../kernel/index.ts";
import { hashPlaybook, parseDuration, readPlaybook } from "../playbooks/index.ts";

/** A playbook as a drill needs to know it. */
export interface PlaybookUnderTest {
  readonly identity: DrillRecord["playbook"];
  /** by step, what acts */
  readonly effectors: Readonly<Record<string, string>>;
  /** by step, the lines of its check-list */
  readonly checklists: Record<string, string[]>;
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
        effectors: ofSteps(phases, (step) => (typeof step.effector === "string" ? step.effector : undefined)),
        checklists: ofSteps(phases, (step) => texts.safeParse(step.checklist).data),
        phaseTimeBoxes: Object.fromEntries(
          phases.flatMap(({ id: phase, timeBox = "" }): [string, number][] => {
            const ms = parseDuration(timeBox);
            return ms === null ? [] : [[phase, ms]];
          }),
        ),
      });
    }
  }
  // a playbook may run others, whose steps ask persons too
  const checklists = Object.fromEntries([...found.values()].flatMap((playbook) => Object.entries(playbook.checklists)));
  const effectors = Object.fromEntries([...found.values()].flatMap((playbook) => Object.entries(playbook.effectors)));
  return new Map(
    [...found].map(([id, playbook]) => [
      id,
      {
        ...playbook,
        checklists: { ...checklists, ...playbook.checklists },
        effectors: { ...effectors, ...playbook.effectors },
      },
    ]),
  );
}

async function listFiles(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => /(?<!\.test)\.ya?ml$/.test(name)).map((name) => path.join(dir, name));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
}

const texts = z.array(z.string());

interface AnyStep {
  readonly id: string;
  readonly effector?: unknown;
  readonly checklist?: unknown;
}

/** By the id of each step, also of those in options, branches, approvals and for-each. */
function ofSteps<T>(phases: unknown, read: (step: AnyStep) => T | undefined): Record<string, T> {
  const found: Record<string, T> = {};
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isStep(value)) {
      const fact = read(value);
      if (fact !== undefined) found[value.id] = fact;
    }
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(phases);
  return found;
}

function isStep(value: object): value is AnyStep {
  return "id" in value && typeof value.id === "string";
}
