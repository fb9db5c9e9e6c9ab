import type { PlaybookDocument } from "./format.ts";
import { placeSteps } from "./placed-step.ts";
import { warning } from "./problem.ts";
import type { Finding } from "./problem.ts";

/** What effectors of one family act on: two runs that use it at once may fight. Reading and telling is no act. */
const FAMILIES: Readonly<Record<string, string>> = {
  agent: "agents",
  stop: "agents",
  process: "agents",
  service: "services",
  systemd: "services",
  launchd: "services",
  docker: "containers",
  firewall: "the packet filter",
  host: "the packet filter",
  skill: "skills",
  credential: "credentials",
  disk: "files",
  file: "files",
  git: "files",
  backup: "data",
  redis: "data",
  mcp: "configuration",
};

/**
 * Playbooks that answer the same rule, act on the same kind of thing and share no lock: both would act at once.
 *
 * @returns findings of the later one, by its id
 */
export function lintRivals(documents: readonly PlaybookDocument[]): ReadonlyMap<string, readonly Finding[]> {
  const findings = new Map<string, Finding[]>();
  documents.forEach((document, index) => {
    const own = documents.slice(0, index).flatMap((other) => {
      const rule = document.appliesTo.rules.find((one) => other.appliesTo.rules.includes(one));
      if (rule === undefined || document.locks.some((lock) => other.locks.includes(lock))) return [];
      const target = targetsOf(document).find((one) => targetsOf(other).includes(one));
      if (target === undefined) return [];
      const message = `${other.id} answers the rule ${rule} too, and both act on ${target}`;
      return [warning(["appliesTo", "rules"], message, "give both the same lock under `locks`, or keep one of them")];
    });
    if (own.length > 0) findings.set(document.id, own);
  });
  return findings;
}

function targetsOf(document: PlaybookDocument): string[] {
  return placeSteps(document).flatMap(({ step }) => {
    if (step.type !== "action") return [];
    const family = FAMILIES[step.effector.split(".")[0] ?? ""];
    return family === undefined ? [] : [family];
  });
}
