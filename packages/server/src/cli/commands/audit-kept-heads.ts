import { lstatSync, readFileSync } from "node:fs";
import { findCheckpoints } from "@firebreak/verifier";
import type { Head } from "@firebreak/verifier";
import { runSystemProgram } from "../../containment/index.ts";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { printable } from "../printable.ts";

const BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const BRANCH = "audit-log";

/** @returns every checkpoint in the text; a text without one is given on as it is, to be told of */
export function headsIn(name: string, text: string): Head[] {
  const found = findCheckpoints(text);
  return found.length === 0 ? [{ name, note: text }] : found.map((note) => ({ name, note }));
}

/**
 * Reads checkpoints where they were shipped to.
 *
 * @param place a file, an address of http or https, or `git:REPOSITORY#BRANCH`
 * @throws OperatorError when nothing can be read there
 */
export async function readKeptHeads(place: string, at: (name: string) => string): Promise<string> {
  if (place.startsWith("git:")) return readFromGit(place.slice("git:".length), at);
  if (/^https?:\/\//.test(place)) return readFromUrl(place);
  try {
    const file = at(place);
    const { size } = lstatSync(file);
    if (size > BYTES_MAX) throw new Error(`it is larger than ${BYTES_MAX} bytes`);
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw unreadable(place, messageOf(fault));
  }
}

function unreadable(place: string, why: string): OperatorError {
  return new OperatorError(
    `No checkpoints can be read from ${printable(place)}: ${printable(why)}`,
    "Name a file, an address, or git:REPOSITORY#BRANCH.",
  );
}

async function readFromUrl(url: string): Promise<string> {
  const { sendRequest } = await import("../../audit/index.ts");
  const answer = await sendRequest({ method: "GET", url, timeoutMs: TIMEOUT_MS, bytesMax: BYTES_MAX }).catch(
    (fault: unknown) => {
      throw unreadable(url, messageOf(fault));
    },
  );
  if (answer.status !== 200) throw unreadable(url, `it answers ${answer.status}`);
  return answer.text;
}

/** Reads objects alone: nothing of the repository is run. */
async function readFromGit(place: string, at: (name: string) => string): Promise<string> {
  const [repository = "", branch = BRANCH] = place.split("#");
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(branch)) throw unreadable(`git:${place}`, "that is no name of a branch");
  const git = async (args: readonly string[], input = ""): Promise<string> => {
    const options = { input, timeoutMs: TIMEOUT_MS, outputBytesMax: BYTES_MAX };
    const run = await runSystemProgram(["git", "-C", at(repository), ...args], options);
    if (run.code !== 0) throw unreadable(`git:${place}`, (run.problem ?? run.stderr).trim().slice(-300));
    return run.stdout;
  };
  const listed = await git(["ls-tree", `refs/heads/${branch}`, "checkpoints/"]);
  const objects = [...listed.matchAll(/^\d+ blob ([\da-f]{40,64})\t/gm)].map(([, object = ""]) => object);
  // an empty line before each, so that they can be told from one another
  return git(["cat-file", "--batch="], objects.map((object) => `${object}\n`).join(""));
}
