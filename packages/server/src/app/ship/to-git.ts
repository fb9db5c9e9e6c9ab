import { runSystemProgram } from "../../containment/index.ts";
import type { ShipmentSetting } from "../../kernel/index.ts";
import type { Ship } from "./destination.ts";

const TIMEOUT_MS = 60_000;
/** No hook of the repository runs, nobody is asked for anything, and no helper is started by the form of an address. */
const SAFE = [
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "core.askPass=true",
  "-c",
  "core.sshCommand=ssh -oBatchMode=yes",
  "-c",
  "protocol.ext.allow=never",
];

/**
 * Commits the checkpoint to a branch of its own, as `checkpoints/SIZE`, and pushes it where that is wished. Index and work tree
 * of the repository are not touched.
 */
export function shipToGit({ repository, branch, pushTo }: Extract<ShipmentSetting, { kind: "git" }>): Ship {
  const git = async (args: readonly string[], input = ""): Promise<string> => {
    const run = await runSystemProgram(["git", "-C", repository, ...SAFE, ...args], { input, timeoutMs: TIMEOUT_MS });
    if (run.code === 0) return run.stdout;
    throw new Error(`git ${args[0] ?? ""}: ${(run.problem ?? run.stderr).trim().slice(-300)}`);
  };
  const ref = `refs/heads/${branch}`;
  return async ({ size, note, at }) => {
    const known = await git(["for-each-ref", "--format=%(objectname)", ref]);
    await git(["fast-import", "--quiet"], commitOf({ ref, parent: known.trim(), size, note, at }));
    if (pushTo !== undefined) await git(["push", "--quiet", "--no-verify", pushTo, `${ref}:${ref}`]);
  };
}

interface Commit {
  readonly ref: string;
  /** empty for the first */
  readonly parent: string;
  readonly size: number;
  readonly note: string;
  readonly at: number;
}

/** @returns the commit as `git fast-import` takes it */
function commitOf({ ref, parent, size, note, at }: Commit): string {
  const message = `Checkpoint of ${size} entries\n`;
  return [
    `commit ${ref}`,
    `committer Firebreak <firebreak@localhost> ${Math.floor(at / 1000)} +0000`,
    `data ${Buffer.byteLength(message)}\n${message}`,
    ...(parent === "" ? [] : [`from ${parent}`]),
    `M 100644 inline checkpoints/${size}`,
    `data ${Buffer.byteLength(note)}\n${note}`,
    "",
  ].join("\n");
}
