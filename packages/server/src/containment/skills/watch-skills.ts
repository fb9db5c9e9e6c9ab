import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { AgentEventInput } from "@firebreak/protocol";
import { z } from "zod";
import { canonicalJson, ensurePrivateDir, messageOf, toIso, writeFileAtomic } from "../../kernel/index.ts";
import type { Clock, EffectorSettings } from "../../kernel/index.ts";
import { compareWithBaseline } from "./baseline.ts";
import { isSame } from "./compare-skills.ts";
import type { SkillDifference } from "./compare-skills.ts";
import { ScanFault } from "./scan-folder.ts";
import { SignatureFault } from "./manifest.ts";

const NAMES_MAX = 50;
/** What is shown of a path or message: an event has its limit, and the comparison shows all. */
const SHOWN_CHARACTERS_MAX = 300;
const reported = z.record(z.string(), z.string());

export interface SkillWatch {
  readonly home: string;
  readonly clock: Clock;
  readonly settings: EffectorSettings["skills"];
  /** takes an event for good, or throws */
  readonly report: (event: AgentEventInput) => Promise<void>;
}

/**
 * Compares every folder of the profile that has a baseline with it, and reports what differs as an event of its agent, once
 * for each difference. The rule `skill_integrity_failed` makes an alert of it.
 */
export async function compareFolders({ home, clock, settings, report }: SkillWatch): Promise<void> {
  const file = path.join(home, "skills", "reported.json");
  const known = readReported(file);
  const faults: unknown[] = [];
  for (const folder of settings.folders) {
    try {
      const facts = await factsOf(home, folder.path);
      const digest = facts === null ? "" : createHash("sha256").update(canonicalJson(facts)).digest("hex");
      if ((known[folder.path] ?? "") === digest) continue;
      if (facts !== null) {
        const data = { event_type: "skill_integrity_failed", folder: folder.path, ...facts };
        const agent = { id: folder.agent };
        await report({ id: `skills-${digest.slice(0, 40)}`, time: toIso(clock.now()), agent, kind: "file", data });
      }
      known[folder.path] = digest;
      ensurePrivateDir(path.dirname(file));
      writeFileAtomic(file, JSON.stringify(known), { durable: true });
    } catch (fault) {
      // one folder must not keep the others from being looked at
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw new Error(faults.map(messageOf).join("; "));
}

function readReported(file: string): Record<string, string> {
  try {
    return reported.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // told again rather than not at all
    return {};
  }
}

type Facts = Readonly<Record<string, z.core.util.JSONType>>;

/** @returns what an event tells; null when all is as it was, or there is no baseline */
async function factsOf(home: string, folder: string): Promise<Facts | null> {
  try {
    const difference = await compareWithBaseline(home, folder);
    return difference === null || isSame(difference) ? null : tell(difference);
  } catch (fault) {
    if (!(fault instanceof SignatureFault) && !(fault instanceof ScanFault)) throw fault;
    return { message: `skill integrity check failed: ${messageOf(fault)}` };
  }
}

function tell({ added, modified, removed, changes, findings }: SkillDifference): Facts {
  const details = changes
    .slice(0, NAMES_MAX)
    .map(({ path: place, change, was, is }) => ({ path: show(place), change, was, is }));
  const found = findings
    .slice(0, NAMES_MAX)
    .map(({ code, path: place, message }) => ({ code, path: show(place), message: show(message) }));
  const counts = `${added.length} added, ${modified.length} changed, ${removed.length} removed`;
  const [first] = [...findings, ...changes];
  return {
    message: `skill integrity check failed: ${counts}${first === undefined ? "" : `; ${show(first.message)}`}`,
    added_skills: added.slice(0, NAMES_MAX),
    modified_skills: modified.slice(0, NAMES_MAX),
    removed_skills: removed.slice(0, NAMES_MAX),
    changes: details,
    findings: found,
  };
}

const show = (text: string) => text.slice(0, SHOWN_CHARACTERS_MAX);
