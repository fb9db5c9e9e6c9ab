import { join } from "node:path";
import { entityName } from "@firebreak/protocol";
import type { HoldScope } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";

export interface KillswitchPaths {
  readonly dir: string;
  readonly journal: string;
  readonly snapshot: string;
  readonly flags: string;
  readonly lock: string;
  /** bytes given back to the file system when a stop finds the disk full */
  readonly reserve: string;
}

/** @param home FIREBREAK_HOME */
export function killswitchPaths(home: string): KillswitchPaths {
  const dir = join(home, "killswitch");
  return {
    dir,
    journal: join(dir, "journal.jsonl"),
    snapshot: join(dir, "state.json"),
    flags: join(dir, "flags"),
    lock: join(dir, "journal.lock"),
    reserve: join(dir, "reserve"),
  };
}

/** @returns the name of the flag file a shell tests: `global`, `pack.NAME`, `agent.ID`, `session.ID`, `tool.NAME` */
export function flagName(scope: HoldScope, target: string | null): string {
  return target === null ? "global" : `${scope}.${target}`;
}

/** @throws FirebreakError invalid_body when the target does not fit the scope or could leave the flags directory */
export function checkTarget(scope: HoldScope, target: string | null): void {
  if (scope === "global") {
    if (target !== null) throw new FirebreakError("invalid_body", "a global stop has no target; leave it out");
    return;
  }
  if (target === null) throw new FirebreakError("invalid_body", `a stop of one ${scope} needs its name as target`);
  const parsed = entityName.safeParse(target);
  if (!parsed.success) {
    throw new FirebreakError(
      "invalid_body",
      `"${target.slice(0, 128)}" cannot name a ${scope}: ${parsed.error.issues[0]?.message ?? "not a name"}`,
    );
  }
}
