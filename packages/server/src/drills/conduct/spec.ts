import { readFileSync } from "node:fs";
import { z } from "zod";
import { drillRecord } from "@firebreak/protocol";
import { drillDocument } from "../format.ts";

/** What the process in the sandbox is told by the one that made it; lies in the sandbox's folder. */
export const drillSpec = z.strictObject({
  drillId: z.string(),
  folder: z.string(),
  isolation: z.enum(["namespaces", "folder"]),
  /** the program `firebreak` */
  program: z.string(),
  rogueAgent: z.string(),
  profileName: z.string(),
  profilesDir: z.string(),
  realHome: z.string(),
  searchPath: z.string(),
  firebreakVersion: z.string(),
  system: z.string(),
  playbook: drillRecord.shape.playbook,
  /** by step, what acts */
  effectors: z.record(z.string(), z.string()),
  /** by step, the lines of its check-list */
  checklists: z.record(z.string(), z.array(z.string())),
  /** by phase, milliseconds */
  phaseTimeBoxes: z.record(z.string(), z.number()),
  drill: drillDocument,
  drillHash: z.string(),
});
export type DrillSpec = z.output<typeof drillSpec>;

export const SPEC_FILE = "drill.json";
export const RECORD_FILE = "record.json";

export function readSpec(file: string): DrillSpec {
  return drillSpec.parse(JSON.parse(readFileSync(file, "utf8")));
}
