import { provenPlaybookDetail } from "@firebreak/protocol";
import type { PlaybookStepView, ProvenPlaybookDetail } from "@firebreak/protocol";
import type { Command } from "../../command.ts";
import { ASKS_SERVER, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { sayProof } from "./proof.ts";

export const showCommand: Command = {
  name: "playbook show",
  summary: "one playbook: its phases and steps, in order",
  positionals: [{ name: "ID", summary: "its name, as firebreak playbook list shows it" }],
  options: { text: { type: "boolean", summary: "its text as it lies in the file" } },
  examples: ["firebreak playbook show rogue-agent", "firebreak playbook show rogue-agent --text"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ args, client, output }) => {
    const detail = await client.get(provenPlaybookDetail, `/playbooks/${encodeURIComponent(args.positional(0) ?? "")}`);
    output.result(detail);
    if (args.flag("text")) for (const line of detail.text.split("\n")) output.line(printable(line));
    else for (const line of linesOf(detail)) output.line(line);
    return EXIT.ok;
  },
};

function linesOf(playbook: ProvenPlaybookDetail): readonly string[] {
  const { title, version, description, phases, steps, problems } = playbook;
  return [
    printable(title),
    ...description.split("\n").map((line) => `  ${printable(line)}`),
    `  version ${version}, proven: ${sayProof(playbook)}`,
    ...phases.flatMap(({ id, timeBox }) => [
      "",
      `${id}${timeBox === null ? "" : ` (${timeBox})`}`,
      ...steps.filter((step) => step.phase === id).map(stepLine),
    ]),
    ...problems.map(({ line, message }) => `line ${line}: ${printable(message)}`),
  ];
}

function stepLine({ id, type, title, depth, effector, timeBox }: PlaybookStepView): string {
  const acts = effector === null ? type : `${type} ${effector}`;
  return `${"  ".repeat(depth + 1)}${id}: ${printable(title)} [${acts}, ${timeBox}]`;
}
