import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PLAYBOOK_FORMATS } from "@firebreak/protocol";
import { OperatorError } from "../../../kernel/index.ts";
import { usageError } from "../../arguments.ts";
import type { Command } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { readPlace } from "./place.ts";

export const exportCommand: Command = {
  name: "playbook export",
  summary: "a playbook as a runbook to print or keep offline",
  description: [
    "Phases, steps with boxes to tick, the commands to type by hand, and the contacts and clocks of the profile. The " +
      "Markdown can be imported again; cacao is CACAO 2.0 JSON for other tools, and comes back as it was. No server is needed.",
  ],
  positionals: [{ name: "ID", summary: "its name, as its file says it" }],
  options: {
    format: { type: "string", value: "FORMAT", summary: `${PLAYBOOK_FORMATS.join(", ")} (md)` },
    out: { type: "string", value: "FILE", summary: "the file to write (ID.md, ID.pdf or ID.cacao.json)" },
  },
  examples: ["firebreak playbook export rogue-agent --format pdf --out rogue-agent.pdf"],
  exits: [...ALWAYS, "notFound"],
  run: async (context) => {
    const { args, clock, output, workingDirectory } = context;
    const id = args.positional(0) ?? "";
    const format = PLAYBOOK_FORMATS.find((one) => one === (args.text("format") ?? "md"));
    if (format === undefined) throw usageError(exportCommand, `--format is one of ${PLAYBOOK_FORMATS.join(", ")}.`);
    const { effectors, directories, profile } = await readPlace(context);
    const { exportPlaybook, loadPlaybooks } = await import("../../../playbooks/index.ts");
    const playbook = (await loadPlaybooks(directories, effectors)).playbooks.get(id);
    if (playbook === undefined) {
      throw new OperatorError(
        `There is no playbook ${printable(id)} that loads.`,
        "firebreak playbook check names those that do, and what is wrong with the others.",
        { exitCode: EXIT.notFound },
      );
    }
    const exported = await exportPlaybook(playbook, profile, { format, changedAt: clock.now() });
    const file = path.resolve(workingDirectory, args.text("out") ?? exported.filename);
    if (existsSync(file))
      throw new OperatorError(`${printable(file)} exists already.`, "Name another file with --out.");
    writeFileSync(file, Buffer.from(exported.content, exported.encoding), { flag: "wx" });
    output.result({ id, file, sha256: exported.sha256, steps: exported.entries });
    output.line(`${printable(path.relative(workingDirectory, file))} is written: ${exported.entries} step(s).`);
    return EXIT.ok;
  },
};
