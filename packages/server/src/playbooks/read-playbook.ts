import { createHash } from "node:crypto";
import type { z } from "zod";
import { PHASES, STEP_TYPES, playbookDocument } from "./format.ts";
import type { PlaybookDocument } from "./format.ts";
import { failing } from "./problem.ts";
import type { DocumentPath, Finding, PlaybookProblem } from "./problem.ts";
import { placeFinding, readYaml } from "./yaml-source.ts";
import type { YamlSource } from "./yaml-source.ts";

export type PlaybookReading =
  | { readonly ok: true; readonly document: PlaybookDocument; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly PlaybookProblem[] };

const PROBLEMS_MAX = 50;

/** @returns the SHA-256 of the playbook's text, in hexadecimal: the version a run keeps */
export function hashPlaybook(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Reads one playbook's text; every problem names line, column and what mends it. */
export function readPlaybook(file: string, text: string): PlaybookReading {
  const reading = readYaml(file, text);
  if (!reading.ok) return reading;
  const { source } = reading;
  const parsed = playbookDocument.safeParse(source.value);
  if (parsed.success) return { ok: true, document: parsed.data, source };
  const findings = parsed.error.issues.map((issue) => describeIssue(source.value, issue));
  return { ok: false, problems: findings.slice(0, PROBLEMS_MAX).map((finding) => placeFinding(file, source, finding)) };
}

function readMember(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** What to write where a key is missing; these carry what the key is for. */
const MISSING_REMEDIES: Readonly<Record<string, string>> = {
  timeBox: "add how long the step may take, for example `timeBox: 10s`",
  undo: "say what undoes it: `undo: auto`, or `undo: none` when it stays in effect or cannot be undone",
  effector: "name what acts, for example `effector: agent.freeze`",
  of: "name the action to verify, for example `of: freeze`",
  instructions: "write what the person must do",
  phases: `add phases; each has an id (${PHASES.join(", ")}) and steps`,
};

function describeIssue(value: unknown, issue: z.core.$ZodIssue): Finding {
  const path = issue.path.filter((segment) => typeof segment !== "symbol");
  const at = describePlace(value, path);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return failing(
      [...path, key],
      `${at} has no field named ${issue.keys.join(", ")}`,
      "remove it, or mend its spelling",
    );
  }
  const key = String(path.at(-1) ?? "");
  if (readPath(value, path) === undefined) {
    return failing(path, `${at} is missing`, MISSING_REMEDIES[key] ?? `add \`${key}\``);
  }
  if (issue.code === "invalid_union" && key === "type") {
    return failing(path, `${at} is no type of step`, `use one of ${STEP_TYPES.join(", ")}`);
  }
  return failing(path, `${at}: ${issue.message}`, REMEDIES[key] ?? "write it as the JSON Schema of playbooks says");
}

/** @returns `timeBox of step freeze` rather than positions, where the step says its id */
function describePlace(value: unknown, path: DocumentPath): string {
  if (path.length === 0) return "the playbook";
  const id = path[2] === "steps" ? readPath(value, [...path.slice(0, 4), "id"]) : undefined;
  if (typeof id !== "string") return path.join(".");
  const rest = path.slice(4).join(".");
  return rest === "" ? `step ${id}` : `${rest} of step ${id}`;
}

function readPath(value: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>((found, key) => readMember(found, String(key)), value);
}

const REMEDIES: Readonly<Record<string, string>> = {
  id: "use lower-case letters, digits, - and _; a phase's id is one of " + PHASES.join(", "),
  timeBox: "write a whole number and its unit: 250ms, 10s, 5m or 2h",
  retryDelay: "write a whole number and its unit: 250ms, 10s, 5m or 2h",
  undo: "write `undo: auto` or `undo: none`",
  onFailure: "write stop, continue or fail_at_end",
  onTimeout: "write stop, continue or fail_at_end",
};
