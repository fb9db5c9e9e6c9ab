import { INTAKE_LIMITS, agentEventInput } from "@firebreak/protocol";
import { countKeysOfJson } from "./check-event.ts";

const ISSUES_MAX = 3;
const NAME_CHARACTERS_MAX = 64;

/** @returns why a parsed value is not an event, for the one who sent it: where, what, and how to mend it */
export function explainRefusal(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `this is ${nameType(value)}, not an event; send an object such as {"agent":{"id":"scout-1"},"kind":"command"}`;
  }
  // The schema walks values by recursion: what nests too deep must not reach it.
  if (countKeysOfJson(value, INTAKE_LIMITS.jsonDepthMax) < 0) return explainShape(value);
  const { error } = agentEventInput.safeParse(value);
  if (error === undefined) return "this is not an event Firebreak can store";
  const issues = error.issues.slice(0, ISSUES_MAX).map((issue) => explainIssue(issue));
  const more = error.issues.length - issues.length;
  return issues.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function nameType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

type Issue = NonNullable<ReturnType<typeof agentEventInput.safeParse>["error"]>["issues"][number];

function explainIssue(issue: Issue): string {
  const path = issue.path.map((part) => String(part)).join(".");
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.slice(0, ISSUES_MAX).map((key) => JSON.stringify(cutName(key)));
    const home = path === "" ? "put fields of your own under data" : `${path} takes only pack, id, session and run`;
    return `unknown field ${keys.join(", ")}${path === "" ? "" : ` in ${path}`}: ${home}`;
  }
  return path === "" ? issue.message : `${cutName(path)}: ${issue.message}`;
}

function cutName(name: string): string {
  const text = name.toWellFormed();
  return text.length <= NAME_CHARACTERS_MAX ? text : `${text.slice(0, NAME_CHARACTERS_MAX)}…`;
}

function explainShape(value: object): string {
  const faults = { deep: false, proto: false, infinite: false };
  findFaults(value, INTAKE_LIMITS.jsonDepthMax, faults);
  if (faults.deep)
    return `the event nests deeper than ${INTAKE_LIMITS.jsonDepthMax} levels; flatten it or send the inner part as text`;
  if (faults.proto) return 'the key "__proto__" is not allowed; rename it';
  return "a number is too large for JSON's double precision; send it as text";
}

/** Stops descending at the limit, so hostile nesting costs at most `levels` frames. */
function findFaults(
  value: unknown,
  levels: number,
  faults: { deep: boolean; proto: boolean; infinite: boolean },
): void {
  if (typeof value === "number" && !Number.isFinite(value)) faults.infinite = true;
  if (typeof value !== "object" || value === null) return;
  if (levels <= 0) {
    faults.deep = true;
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") faults.proto = true;
    findFaults(member, levels - 1, faults);
  }
}
