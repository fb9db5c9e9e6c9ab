import { z } from "zod";
import { failing } from "./problem.ts";
import type { Finding } from "./problem.ts";
import { findReferences } from "./references.ts";

type Path = readonly (string | number)[];

/**
 * Checks parameters against the effector's own schema. What a reference will hold is not known yet, so faults at a
 * reference are left to the run; names and everything written out are checked now.
 */
export function lintParameters(parameters: z.ZodType, given: Readonly<Record<string, unknown>>, at: Path): Finding[] {
  const references = findReferences(given).map((reference) => reference.at);
  const parsed = parameters.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const unknown = issues.some((issue) => issue.code === "unrecognized_keys") ? [] : unknownKeys(parameters, given);
  return [
    ...unknown.map((key) => unknownParameter([...at, key], key, parameters)),
    ...issues.flatMap((issue) => toFindings(issue, at, references, parameters)),
  ];
}

function toFindings(issue: z.core.$ZodIssue, at: Path, references: readonly Path[], parameters: z.ZodType): Finding[] {
  const path = issue.path.filter((segment) => typeof segment !== "symbol");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownParameter([...at, ...path, key], key, parameters));
  }
  if (references.some((reference) => overlaps(reference, path))) return [];
  const name = path.length === 0 ? "the parameters" : `parameter ${path.join(".")}`;
  return [failing([...at, ...path], `${name}: ${issue.message}`, remedyFor(parameters))];
}

function unknownParameter(path: Path, key: string, parameters: z.ZodType): Finding {
  return failing(path, `there is no parameter named ${key}`, remedyFor(parameters));
}

function remedyFor(parameters: z.ZodType): string {
  const names = parameters instanceof z.ZodObject ? Object.keys(parameters.shape) : [];
  return names.length > 0 ? `its parameters are: ${names.join(", ")}` : "see what the effector takes";
}

/** A plain `z.object` drops what it does not know without a word; here that is a mistake. */
function unknownKeys(parameters: z.ZodType, given: Readonly<Record<string, unknown>>): string[] {
  if (!(parameters instanceof z.ZodObject) || parameters.def.catchall !== undefined) return [];
  const shape: object = parameters.shape;
  return Object.keys(given).filter((key) => !Object.hasOwn(shape, key));
}

function overlaps(one: Path, other: Path): boolean {
  const shared = Math.min(one.length, other.length);
  return one.slice(0, shared).every((segment, index) => segment === other[index]);
}
