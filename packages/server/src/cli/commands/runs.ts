import { pageOf, playbookDetail, runPreview, runView } from "@firebreak/protocol";
import type { PlaybookDetail, RunView, StepView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readParameters } from "../read-parameters.ts";

const LIMIT = { min: 1, max: 200 };
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const RUN = { name: "RUN", summary: "its id, run_…" } as const;
const STEP = { name: "STEP", summary: "the step's id" } as const;
const EXAMPLE = "run_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const REASON: Option = { type: "string", value: "TEXT", summary: "why, for the record (needed)" };

const pathOf = ({ args }: CommandContext) => `/runs/${encodeURIComponent(args.positional(0) ?? "")}`;
const stepPathOf = (context: CommandContext) =>
  `${pathOf(context)}/steps/${encodeURIComponent(context.args.positional(1) ?? "")}`;

const list: Command = {
  name: "runs list",
  summary: "playbook runs, the newest first",
  options: {
    incident: { type: "string", value: "ID", summary: "only of one incident" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: ["firebreak runs list", "firebreak runs list --incident INC-2026-0042 --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const query = new URLSearchParams({ limit: String(args.count("limit", LIMIT) ?? 50) });
    const incident = args.text("incident");
    if (incident !== undefined) query.set("incident", incident);
    const page = await client.get(pageOf(runView), `/runs?${query.toString()}`);
    output.result(page);
    if (page.items.length === 0) output.line("There is none.");
    else {
      output.table(
        ["ID", "STATE", "STEPS", "OWNER", "REQUESTED (UTC)", "PLAYBOOK"],
        page.items.map((run) => [
          run.id,
          stateText(run),
          `${run.steps.filter((step) => step.state === "succeeded").length} of ${run.steps.length}`,
          printable(run.owner ?? "-"),
          timeText(run.requestedAt),
          printable(run.playbookTitle),
        ]),
      );
    }
    return EXIT.ok;
  },
};

function stateText(run: RunView): string {
  const state = run.state.replaceAll("_", " ");
  const reason = run.reason === null ? "" : ` (${run.reason.replaceAll("_", " ")})`;
  return `${state}${reason}${run.paused === null ? "" : ", paused"}`;
}

const show: Command = {
  name: "runs show",
  summary: "one run: what each step did, and what waits for whom",
  positionals: [RUN],
  examples: [`firebreak runs show ${EXAMPLE}`],
  exits: EXITS,
  run: async (context) => {
    const run = await context.client.get(runView, pathOf(context));
    context.output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

function printRun({ output }: CommandContext, run: RunView): void {
  const { style } = output;
  output.line(style.bold(`${printable(run.playbookTitle)}: ${stateText(run)}`));
  const owner = run.owner === null ? "" : `, ${printable(run.owner)} is answerable`;
  output.line(`${run.id}, asked for by ${printable(run.requestedBy.name)}${owner}`);
  if (run.paused !== null) {
    output.line(style.yellow(`Paused by ${printable(run.paused.by.name)}: ${printable(run.paused.reason)}`));
  }
  if (run.lockedBy !== null) output.line(style.yellow(`Waits for the run ${run.lockedBy} to end.`));
  for (const lock of run.locks) output.line(`Locks ${printable(lock)}`);
  output.table(
    ["STEP", "STATE", "FOR", "WHAT"],
    run.steps.map((step) => [step.id, stepText(step), printable(step.assignee ?? "-"), printable(step.title)]),
  );
  for (const step of run.steps) {
    if (step.message !== null && step.message !== "") output.line(`${step.id}: ${printable(step.message)}`);
    if (step.state !== "waiting") continue;
    if (step.approvalId !== null) output.line(`${step.id}: firebreak approvals show ${step.approvalId}`);
    for (const line of checklistOf(step)) output.line(`${step.id}: to check: ${printable(line)}`);
  }
}

function stepText({ state, reason }: StepView): string {
  return reason === null ? state : `${state} (${reason.replaceAll("_", " ")})`;
}

function checklistOf({ input }: StepView): string[] {
  const { checklist } = input;
  return Array.isArray(checklist) ? checklist.map(String) : [];
}

const start: Command = {
  name: "runs start",
  summary: "start a playbook, or let it say what it would do",
  description: ["Inputs are key=value; a list is given by repeating its key, anything else as key:=JSON."],
  positionals: [
    { name: "PLAYBOOK", summary: "its id, like rogue-agent" },
    { name: "KEY=VALUE", summary: "an input", many: true, optional: true },
  ],
  options: {
    incident: { type: "string", value: "ID", summary: "the incident it is about" },
    observe: { type: "boolean", summary: "each step only says what it would do" },
  },
  examples: [
    "firebreak runs start rogue-agent agentId=scout --incident INC-2026-0042",
    "firebreak runs start rogue-agent agentId=scout --incident INC-2026-0042 --observe",
  ],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const playbook = await client.get(playbookDetail, `/playbooks/${encodeURIComponent(args.positional(0) ?? "")}`);
    const run = await client.post(runView, "/runs", {
      playbookId: playbook.id,
      incidentId: args.text("incident") ?? null,
      inputs: readParameters(start, args.positionals.slice(1), propertiesOf(playbook)),
      observe: args.flag("observe"),
    });
    output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

const preview: Command = {
  name: "runs preview",
  summary: "what a run would do, ask and lock; nothing is done",
  description: ["All branches are shown. What earlier steps would find is not known before."],
  positionals: start.positionals ?? [],
  options: { incident: { type: "string", value: "ID", summary: "the incident it is about" } },
  examples: ["firebreak runs preview rogue-agent agentId=scout"],
  exits: EXITS,
  run: async ({ args, client, output }) => {
    const path = `/playbooks/${encodeURIComponent(args.positional(0) ?? "")}`;
    const playbook = await client.get(playbookDetail, path);
    const inputs = readParameters(preview, args.positionals.slice(1), propertiesOf(playbook));
    const incidentId = args.text("incident") ?? null;
    const outlook = await client.post(runPreview, `${path}/preview`, { inputs, incidentId });
    output.result(outlook);
    output.table(
      ["STEP", "IN", "WOULD"],
      outlook.steps.map((step) => [
        step.id,
        printable(step.option ?? step.parent ?? step.phase),
        printable(step.changes.join("; ") || step.note || step.doing),
      ]),
    );
    for (const ask of outlook.asks) {
      const whom = `${ask.people} × ${ask.role ?? "whoever may run playbooks"}`;
      output.line(`Would ask ${printable(whom)} (${ask.stepId}): ${printable(ask.what)}`);
    }
    for (const one of outlook.cannotUndo) {
      output.line(
        output.style.yellow(`Cannot be undone: ${one.stepId}, ${printable(one.title)}: ${printable(one.why)}.`),
      );
    }
    for (const step of outlook.steps) {
      for (const obstacle of step.obstacles) {
        output.line(output.style.red(`Would be refused now: ${step.id}: ${printable(obstacle)}`));
      }
    }
    for (const lock of outlook.locks) output.line(`Would lock ${printable(lock)}`);
    if (outlook.lockedBy !== null)
      output.line(output.style.yellow(`Would wait for the run ${outlook.lockedBy} to end.`));
    return EXIT.ok;
  },
};

const undo: Command = {
  name: "runs undo",
  summary: "take back what a run that has ended did, or one phase",
  description: [
    "The last step first, as far as the steps say undo: auto; what could not be undone is named. A run that goes on is aborted " +
      "instead. Takes the role commander.",
  ],
  positionals: [RUN],
  options: {
    phase: { type: "string", value: "PHASE", summary: "only this phase: contain, recover …" },
    reason: REASON,
  },
  examples: [`firebreak runs undo ${EXAMPLE} --phase contain --reason "it was the wrong host"`],
  exits: EXITS,
  run: async (context) => {
    const phase = context.args.text("phase");
    const body = { reason: context.args.requiredText("reason", 3), ...(phase === undefined ? {} : { phase }) };
    const run = await context.client.post(runView, `${pathOf(context)}/undo`, body);
    context.output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

function propertiesOf({ inputs }: PlaybookDetail): Readonly<Record<string, unknown>> {
  return Object.fromEntries(inputs.map(({ name, type }) => [name, { type: type === "list" ? "array" : type }]));
}

interface Words {
  readonly verb: "pause" | "resume" | "abort" | "skip" | "retry";
  readonly summary: string;
  readonly description: string;
  readonly ofStep?: boolean;
}

/** A command that says one thing of a run or of a step, and why. */
function controlCommand({ verb, summary, description, ofStep = false }: Words): Command {
  return {
    name: `runs ${verb}`,
    summary,
    description: [description],
    positionals: ofStep ? [RUN, STEP] : [RUN],
    options: { reason: REASON },
    examples: [`firebreak runs ${verb} ${EXAMPLE}${ofStep ? " restart" : ""} --reason "looked at it with Ada"`],
    exits: EXITS,
    run: async (context) => {
      const reason = context.args.requiredText("reason", 3);
      const path = `${ofStep ? stepPathOf(context) : pathOf(context)}/${verb}`;
      const run = await context.client.post(runView, path, { reason });
      context.output.result(run);
      printRun(context, run);
      return EXIT.ok;
    },
  };
}

const handOver: Command = {
  name: "runs hand-over",
  summary: "make another person answerable for a run or a step",
  positionals: [RUN, { name: "USER", summary: "the name of the user who takes it" }],
  options: {
    step: { type: "string", value: "STEP", summary: "only this step; else the whole run" },
    reason: REASON,
  },
  examples: [`firebreak runs hand-over ${EXAMPLE} bea --reason "my shift ends"`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const stepId = args.text("step");
    const run = await client.post(runView, `${pathOf(context)}/hand-over`, {
      to: args.positional(1) ?? "",
      reason: args.requiredText("reason", 3),
      ...(stepId === undefined ? {} : { stepId }),
    });
    output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

const RESULTS = ["done", "not_done", "skip", "again"] as const;

const answer: Command = {
  name: "runs answer",
  summary: "say what became of a step that waits for a person",
  description: [
    "What the step asks you to write down is key=value; of an interrupted step, what later steps read of its output. A step with a check-list is done only when every line of it was " +
      "checked; firebreak runs show prints them. An interrupted step may be run again.",
  ],
  positionals: [RUN, STEP, { name: "KEY=VALUE", summary: "what was seen", many: true, optional: true }],
  options: {
    result: { type: "string", value: "RESULT", summary: `${RESULTS.join(", ")} (done)` },
    note: { type: "string", value: "TEXT", summary: "what you did, for the record (needed)" },
    checked: { type: "boolean", summary: "everything on its check-list was checked" },
    option: { type: "string", value: "ID", summary: "what was decided, of a decision" },
  },
  examples: [
    `firebreak runs answer ${EXAMPLE} notify-owner --note "called the owner" --checked`,
    `firebreak runs answer ${EXAMPLE} how-bad --option leak --note "saw it in the proxy's log"`,
  ],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const result = args.text("result") ?? "done";
    const note = args.requiredText("note", 1);
    if (!RESULTS.some((known) => known === result)) {
      throw usageError(answer, `--result is one of ${RESULTS.join(", ")}.`);
    }
    const option = args.text("option");
    const asked = await client.get(runView, pathOf(context));
    const step = asked.steps.find(({ id }) => id === args.positional(1));
    const run = await client.post(runView, `${stepPathOf(context)}/complete`, {
      note,
      result,
      checked: step !== undefined && args.flag("checked") ? checklistOf(step) : [],
      captured: readParameters(answer, args.positionals.slice(2), capturedProperties(step)),
      ...(option === undefined ? {} : { option }),
    });
    output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

function capturedProperties(step: StepView | undefined): Readonly<Record<string, unknown>> {
  const capture = step?.input["capture"];
  if (!Array.isArray(capture)) return {};
  return Object.fromEntries(
    capture.flatMap((one: unknown) =>
      typeof one === "object" && one !== null && "name" in one ? [[String(one.name), one]] : [],
    ),
  );
}

const signal: Command = {
  name: "runs signal",
  summary: "tell a run what one of its steps waits for",
  description: [
    "What comes before the step waits is kept. The same signal with the same values changes nothing; with others it is refused.",
  ],
  positionals: [
    RUN,
    { name: "SIGNAL", summary: "its name in the playbook" },
    { name: "KEY=VALUE", summary: "what later steps read of it", many: true, optional: true },
  ],
  examples: [`firebreak runs signal ${EXAMPLE} restored host=db-2`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const path = `${pathOf(context)}/signals/${encodeURIComponent(args.positional(1) ?? "")}`;
    const run = await client.post(runView, path, readParameters(signal, args.positionals.slice(2), {}));
    output.result(run);
    printRun(context, run);
    return EXIT.ok;
  },
};

export const runsCommands: readonly Command[] = [
  list,
  show,
  preview,
  start,
  answer,
  signal,
  controlCommand({
    verb: "pause",
    summary: "let nothing begin in a run until it is resumed",
    description: "What runs may end. Time boxes of persons go on.",
  }),
  controlCommand({
    verb: "resume",
    summary: "let a paused run go on",
    description: "The run goes on where it stood.",
  }),
  controlCommand({
    verb: "skip",
    ofStep: true,
    summary: "pass over a step that waits, has not begun, or failed",
    description:
      "The run goes on without it. A required step takes the role commander, and its run ends completed_with_exceptions at best.",
  }),
  controlCommand({
    verb: "retry",
    ofStep: true,
    summary: "have a step that did not succeed done once more",
    description:
      "Also in a run that ended with it: what never ran because of it follows. An approval is asked for anew.",
  }),
  handOver,
  undo,
  controlCommand({
    verb: "abort",
    summary: "end a run and undo what its steps say",
    description:
      "Nothing begins any more; steps with undo: auto are undone, the last one first. Takes the role commander.",
  }),
];
