import { pageOf, provenPlaybook, refusedPlaybook } from "@firebreak/protocol";
import { z } from "zod";
import type { Command } from "../../command.ts";
import { ASKS_SERVER, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { sayProof } from "./proof.ts";

const library = pageOf(provenPlaybook).extend({ refused: z.array(refusedPlaybook) });

export const listCommand: Command = {
  name: "playbook list",
  summary: "the playbooks that the server has, and those it refused",
  examples: ["firebreak playbook list", "firebreak playbook list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(library, "/playbooks");
    output.result(page);
    output.table(
      ["PLAYBOOK", "VERSION", "STEPS", "PROVEN", "TITLE"],
      page.items.map((playbook) => [
        playbook.id,
        String(playbook.version),
        String(playbook.steps.length),
        sayProof(playbook),
        printable(playbook.title),
      ]),
    );
    for (const { file, problems } of page.refused) {
      const [first] = problems;
      const why = first === undefined ? "" : `: line ${first.line}: ${first.message}`;
      output.line(output.style.red(`${printable(file)} is refused${printable(why)}`));
    }
    return EXIT.ok;
  },
};
