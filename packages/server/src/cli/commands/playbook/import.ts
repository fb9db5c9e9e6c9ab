import { existsSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { PlaybookImport } from "@firebreak/protocol";
import { OperatorError, processSurroundings, writeFileAtomic } from "../../../kernel/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { readText } from "./check.ts";
import { readPlace, showProblem } from "./place.ts";

export const importCommand: Command = {
  name: "playbook import",
  summary: "make playbooks of a runbook in Markdown, or of CACAO",
  description: [
    "Headings become phases, numbered and bold steps become steps, blocks of code become commands: those that Firebreak knows " +
      "become its own acts, with a preview and a way back; any other is proposed and runs only after an approval; what needs " +
      "a shell is a step by hand, word for word. Tables of what to do become decisions, check-lists stay check-lists.",
    "It says line by line what became what. What it does not understand is kept in the description: nothing is dropped. " +
      "Dangerous commands, secrets and evidence that is kept too late are named with a better way. Ends with 1 when a " +
      "playbook must be mended before it can run.",
    "Without --out nothing is written. No server is needed; nothing of the runbook is run.",
  ],
  positionals: [{ name: "FILE", summary: "a runbook in Markdown, or a CACAO 2.0 playbook in JSON" }],
  options: {
    out: { type: "string", value: "FILE|DIR", summary: "where to write; a folder when there are several" },
    force: { type: "boolean", summary: "write over files that exist" },
  },
  examples: [
    "firebreak playbook import runbook.md",
    "firebreak playbook import runbook.md --out ~/.firebreak/playbooks",
    "firebreak playbook import runbook.md --json",
  ],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output, workingDirectory } = context;
    const file = path.resolve(workingDirectory, args.positional(0) ?? "");
    const [{ importFile }, place, text] = await Promise.all([
      import("../../../playbooks/index.ts"),
      readPlace(context),
      readText(file),
    ]);
    const { effectors } = place;
    const imported = await importFile(text, { file, effectors, home: processSurroundings().userHome });
    const out = args.text("out");
    const files = out === undefined ? [] : filesFor(context, imported, path.resolve(workingDirectory, out));
    for (const { name, yaml } of files) {
      await mkdir(path.dirname(name), { recursive: true });
      writeFileAtomic(name, yaml);
    }
    output.result({ ...imported, files: files.map(({ name }) => name) });
    showReport(context, imported, text.split(/\r\n?|\n/));
    for (const { name } of files) output.line(`${printable(path.relative(workingDirectory, name))} is written.`);
    if (out === undefined) output.line("Nothing was written: name a folder with --out.");
    return imported.playbooks.some(({ problems }) => problems.some(({ level }) => level === "error"))
      ? EXIT.failed
      : EXIT.ok;
  },
};

function filesFor(
  { args }: CommandContext,
  { playbooks }: PlaybookImport,
  out: string,
): readonly { readonly name: string; readonly yaml: string }[] {
  const isFolder = !/\.ya?ml$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
  if (!isFolder && playbooks.length > 1) {
    throw new OperatorError(
      `The runbook holds ${playbooks.length} playbooks, and ${printable(out)} is one file.`,
      "Name a folder with --out.",
    );
  }
  const files = playbooks.map(({ id, yaml }) => ({ name: isFolder ? path.join(out, `${id}.yaml`) : out, yaml }));
  const taken = args.flag("force") ? undefined : files.find(({ name }) => existsSync(name));
  if (taken !== undefined) {
    throw new OperatorError(
      `${printable(taken.name)} exists already. Nothing was written.`,
      "Name another folder, or write over it with --force.",
    );
  }
  return files;
}

const TEXT_MAX = 48;

function showReport(context: CommandContext, imported: PlaybookImport, source: readonly string[]): void {
  const { output } = context;
  output.table(
    ["LINES", "BECAME", "PLAYBOOK", "STEP", "ACTS BY", "THE LINE", "NOTE"],
    imported.lines.map(({ from, to, became, playbook, step, effector, detail }) => [
      from === to ? String(from) : `${from}-${to}`,
      became,
      playbook ?? "(all)",
      step ?? "",
      effector ?? "",
      printable((source[from - 1] ?? "").trim()).slice(0, TEXT_MAX),
      printable(detail),
    ]),
  );
  for (const { playbook, step, note } of imported.added)
    output.line(`added to ${playbook}: ${step} (${printable(note)})`);
  for (const { line, message, remedy } of imported.warnings) {
    output.line(output.style.yellow(`line ${line}: ${printable(message)}`));
    output.line(`  ${printable(remedy)}`);
  }
  for (const { id, problems } of imported.playbooks) {
    for (const problem of problems) showProblem(context, { ...problem, file: `${id}.yaml` });
  }
  const unread = imported.lines.filter(({ understood }) => !understood).length;
  const counts = imported.playbooks.map(({ id, steps }) => `${id} (${steps} steps)`).join(", ");
  output.line(`${imported.playbooks.length} playbook(s): ${counts}.`);
  output.line(
    `${imported.warnings.length} warning(s); ${unread === 0 ? "every line was understood." : `${unread} place(s) were not understood and are kept in the description.`}`,
  );
}
