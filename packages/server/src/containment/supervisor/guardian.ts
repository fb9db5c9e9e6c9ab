import { spawn } from "node:child_process";
import type { SupervisorOptions } from "./options.ts";

/** Waits for a word on its input; when that ends without one, whoever should have sent it was killed. */
const WAIT = 'read -r word && exit 0; exec "$@"';

/**
 * A process that outlives a supervisor that is killed, and runs `orphanCommand` then, which freezes what it left behind.
 * It waits in a shell, which needs a megabyte, in a session of its own, so that no terminal's signals reach it.
 *
 * @returns what lets it go when the supervisor ends in order
 */
export function startGuardian({ orphanCommand, env }: SupervisorOptions): () => void {
  if (orphanCommand === undefined) return () => {};
  const guardian = spawn("/bin/sh", ["-c", WAIT, "sh", ...orphanCommand], {
    cwd: "/",
    detached: true,
    env: { PATH: env["PATH"], HOME: env["HOME"], FIREBREAK_HOME: env["FIREBREAK_HOME"] },
    stdio: ["pipe", "ignore", "ignore"],
  });
  // without it the tree stands still when somebody comes by, as ever
  guardian.on("error", () => {});
  guardian.stdin.on("error", () => {});
  guardian.unref();
  return () => {
    guardian.stdin.end("over\n");
  };
}
