import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf, OperatorError } from "../../../kernel/index.ts";
import type { KnownEffectors, PlaybookProblem } from "../../../playbooks/index.ts";
import type { Command } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { readPlace, showProblem } from "./place.ts";

export const checkCommand: Command = {
  name: "playbook check",
  summary: "read playbooks; name and mend what is wrong with them",
  description: [
    "Each fault is named with file, line and column and how to mend it: an unknown effector or parameter, evidence that is " +
      "destroyed before it is kept, an approval or time box that is missing. Ends with 1 when there is an error; warnings " +
      "do not keep a playbook from running. No server is needed.",
  ],
  positionals: [
    {
      name: "FILE",
      summary: "a playbook, or a folder of them (those of the home and of the profile)",
      optional: true,
      many: true,
    },
  ],
  examples: ["firebreak playbook check", "firebreak playbook check rogue-agent.yaml --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output, workingDirectory } = context;
    const place = await readPlace(context);
    const named = args.positionals.map((file) => path.resolve(workingDirectory, file));
    const checked = await checkAll(named.length > 0 ? named : place.directories, place.effectors);
    output.result(checked);
    for (const problem of checked.problems) showProblem(context, problem);
    const errors = checked.problems.filter(({ level }) => level === "error").length;
    const warnings = checked.problems.length - errors;
    output.line(`${checked.playbooks.length} playbook(s) load, ${errors} error(s), ${warnings} warning(s).`);
    return errors === 0 ? EXIT.ok : EXIT.failed;
  },
};

interface Checked {
  readonly playbooks: readonly { readonly id: string; readonly file: string }[];
  readonly problems: readonly PlaybookProblem[];
}

async function checkAll(places: readonly string[], effectors: KnownEffectors): Promise<Checked> {
  const { checkPlaybook, loadPlaybooks } = await import("../../../playbooks/index.ts");
  const playbooks: { id: string; file: string }[] = [];
  const problems: PlaybookProblem[] = [];
  for (const place of places) {
    if (await isFile(place)) {
      const result = checkPlaybook(place, await readText(place), effectors);
      problems.push(...result.problems);
      if (result.playbook !== null) playbooks.push({ id: result.playbook.document.id, file: place });
      continue;
    }
    const loaded = await loadPlaybooks([place], effectors);
    problems.push(...loaded.problems);
    playbooks.push(...[...loaded.playbooks.values()].map(({ document, file }) => ({ id: document.id, file })));
  }
  return { playbooks, problems };
}

async function isFile(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isFile();
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || !/\.ya?ml$/.test(place)) return false;
    throw new OperatorError(`${printable(place)} does not exist.`, "Name a playbook's file, or a folder of them.");
  }
}

/** @throws OperatorError when the file cannot be read or is no text */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new OperatorError(
      `${printable(file)} cannot be read: ${printable(messageOf(error))}`,
      "Name a text file in UTF-8 that you may read.",
    );
  }
}
