import path from "node:path";
import type { RunView } from "@firebreak/protocol";
import { OperatorError } from "../../../kernel/index.ts";
import type { LoadedPlaybook } from "../../../playbooks/index.ts";
import type { SimulationCase } from "../../../simulation/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { readParameters } from "../../read-parameters.ts";
import { printable } from "../../printable.ts";
import { readText } from "./check.ts";
import { rehearse } from "./rehearse.ts";

export const simulateCommand: Command = {
  name: "playbook simulate",
  summary: "run a playbook in which nothing acts, and see its way",
  description: [
    "The engine itself runs it, on a database of its own that goes afterwards: what acts only says that it did, persons do and " +
      "approve what they are asked, a decision takes its first option, and time is moved instead of waited for. A file of " +
      "cases (see firebreak playbook test) says how the world is and what persons answer; its first case is taken.",
    "No server is needed. Ends with 1 when the run does not end as completed.",
  ],
  positionals: [
    { name: "ID", summary: "the id of a playbook, or its file" },
    { name: "KEY=VALUE", summary: "an input", many: true, optional: true },
  ],
  options: {
    case: { type: "string", value: "FILE", summary: "a file of cases; the first is taken" },
  },
  examples: [
    "firebreak playbook simulate rogue-agent agentId=scout",
    "firebreak playbook simulate my.yaml --case my.test.yaml",
  ],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output } = context;
    const { simulate } = await import("../../../simulation/index.ts");
    const { run } = await rehearse(context, async ({ simulation, find }) => {
      const playbook = await find(args.positional(0) ?? "");
      return simulate(simulation, playbook, await readCase(context, playbook));
    });
    output.result(run);
    for (const line of linesOf(run)) output.line(line);
    return run.state === "completed" ? EXIT.ok : EXIT.failed;
  },
};

async function readCase(
  { args, workingDirectory }: CommandContext,
  { document }: LoadedPlaybook,
): Promise<SimulationCase> {
  const { readCases, simulationCase } = await import("../../../simulation/index.ts");
  const types = Object.entries(document.inputs).map(
    ([name, { type }]) => [name, { type: type === "list" ? "array" : type }] as const,
  );
  const given = readParameters(simulateCommand, args.positionals.slice(1), Object.fromEntries(types));
  const { inputs } = simulationCase.parse({ inputs: given });
  const file = args.text("case");
  if (file === undefined) return simulationCase.parse({ inputs });
  const reading = readCases(await readText(path.resolve(workingDirectory, file)));
  if (!reading.ok)
    throw new OperatorError(`${printable(file)}: ${reading.problems.map(printable).join("; ")}`, "Mend the file.");
  const [first] = reading.cases;
  if (first === undefined) throw new OperatorError(`${printable(file)} has no case.`, "Write one.");
  return { ...first, inputs: { ...first.inputs, ...inputs } };
}

/** @returns one line for each step that came to something, then how the run ended */
function linesOf(run: RunView): string[] {
  const steps = run.steps.map(({ id, state, reason, title, message }) => {
    const why = reason === null ? "" : ` (${reason})`;
    return `${state.padEnd(12)} ${printable(id)}: ${printable(title)}${why}${message ? ` — ${printable(message)}` : ""}`;
  });
  return [...steps, `The run is ${run.state}${run.reason === null ? "" : ` (${run.reason})`}.`];
}
