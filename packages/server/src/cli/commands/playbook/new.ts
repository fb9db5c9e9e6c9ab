import { existsSync } from "node:fs";
import path from "node:path";
import { OperatorError, writeFileAtomic } from "../../../kernel/index.ts";
import { usageError } from "../../arguments.ts";
import type { Command } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";

export const newCommand: Command = {
  name: "playbook new",
  summary: "write a playbook to begin with, each part explained",
  positionals: [{ name: "ID", summary: "its name: small letters, digits and -, like leaked-key" }],
  options: {
    title: { type: "string", value: "TEXT", summary: "what people read (its name)" },
    out: { type: "string", value: "FILE", summary: "the file to write (ID.yaml)" },
  },
  examples: ['firebreak playbook new leaked-key --title "A key was leaked"'],
  exits: ALWAYS,
  run: async ({ args, output, workingDirectory }) => {
    const id = args.positional(0) ?? "";
    if (!/^[a-z][a-z0-9-]{0,59}$/.test(id)) {
      throw usageError(newCommand, "ID is small letters, digits and -, and begins with a letter.");
    }
    const file = path.resolve(workingDirectory, args.text("out") ?? `${id}.yaml`);
    if (existsSync(file)) {
      throw new OperatorError(`${printable(file)} exists already.`, "Name another file with --out.");
    }
    const { playbookTemplate } = await import("../../../playbooks/index.ts");
    writeFileAtomic(file, playbookTemplate(id, args.text("title") ?? id));
    output.result({ id, file });
    output.line(
      `${printable(path.relative(workingDirectory, file))} is written. Check it with firebreak playbook check.`,
    );
    return EXIT.ok;
  },
};
