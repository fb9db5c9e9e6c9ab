import { existsSync } from "node:fs";
import { messageOf, OperatorError } from "../../../kernel/index.ts";
import type { LoadedPlaybook } from "../../../playbooks/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { readText } from "./check.ts";
import { rehearse } from "./rehearse.ts";
import type { Rehearsal } from "./rehearse.ts";

interface Tested {
  readonly playbookId: string;
  readonly title: string;
  readonly passed: boolean;
  /** what came otherwise than expected */
  readonly differences: readonly string[];
}

export const testCommand: Command = {
  name: "playbook test",
  summary: "simulate playbooks by the cases beside their files",
  description: [
    "The cases of NAME.yaml stand in NAME.test.yaml beside it: how the world is (outcomes), what persons say (answers), and how " +
      "the run and its steps must end (expect). The engine itself runs them and nothing acts. See docs/playbooks.md.",
    "No server is needed. Ends with 1 when something came otherwise than expected.",
  ],
  positionals: [
    { name: "ID", summary: "ids or files; left out, every playbook that has cases", optional: true, many: true },
  ],
  examples: ["firebreak playbook test", "firebreak playbook test my.yaml --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output } = context;
    const tested = await rehearse(context, async (rehearsal) => {
      const named = await Promise.all(args.positionals.map(rehearsal.find));
      const all =
        named.length > 0 ? named : [...rehearsal.playbooks.values()].filter((one) => existsSync(casesOf(one)));
      const results: Tested[] = [];
      for (const playbook of all) results.push(...(await testOne(context, rehearsal, playbook)));
      return results;
    });
    output.result(tested);
    const failed = tested.filter(({ passed }) => !passed).length;
    output.line(`${tested.length} case(s), ${failed} failed.`);
    return failed === 0 ? EXIT.ok : EXIT.failed;
  },
};

const casesOf = ({ file }: LoadedPlaybook) => file.replace(/(\.ya?ml)$/, ".test$1");

async function testOne(
  { output }: CommandContext,
  { simulation }: Rehearsal,
  playbook: LoadedPlaybook,
): Promise<Tested[]> {
  const { readCases, simulate } = await import("../../../simulation/index.ts");
  const file = casesOf(playbook);
  if (!existsSync(file))
    throw new OperatorError(`${printable(file)} does not exist.`, "Write the playbook's cases there.");
  const reading = readCases(await readText(file));
  if (!reading.ok)
    throw new OperatorError(`${printable(file)}: ${reading.problems.map(printable).join("; ")}`, "Mend the file.");
  const tested: Tested[] = [];
  for (const one of reading.cases) {
    const differences = await simulate(simulation, playbook, one).then(
      (result) => result.differences,
      (error: unknown) => [messageOf(error)],
    );
    const passed = differences.length === 0;
    tested.push({ playbookId: playbook.document.id, title: one.title, passed, differences });
    const paint = passed ? output.style.green : output.style.red;
    output.line(`${paint(passed ? "passed" : "failed")} ${playbook.document.id}: ${printable(one.title)}`);
    for (const difference of differences) output.line(`  ${printable(difference)}`);
  }
  return tested;
}
