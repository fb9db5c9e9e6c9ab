import { randomUUID } from "node:crypto";
import { actionPreview, actionView, effectorView, pageOf } from "@firebreak/protocol";
import type { ActionPreview, ActionView, EffectorView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, ParsedArguments } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration } from "../read-time.ts";
import { readParameters } from "../read-parameters.ts";

const LIMIT = { min: 1, max: 500 };
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const ACTION = { name: "ID", summary: "its id, act_…" } as const;
/** The server answers when the effector has acted; a snapshot of a large container takes minutes. */
const APPLY_TIMEOUT_MS = 330_000;

const effectors: Command = {
  name: "effectors",
  summary: "what can act here, what each takes, and what it lacks",
  examples: ["firebreak effectors", "firebreak effectors --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(effectorView), "/effectors");
    output.result(page);
    output.table(
      ["EFFECTOR", "DOES", "TAKES", "ROLE", "STATE"],
      page.items.map((one) => [
        one.name,
        one.title,
        Object.keys(parametersOf(one)).join(" "),
        one.role,
        one.missing.length === 0 ? "ready" : `needs: ${one.missing.map(({ what }) => printable(what)).join("; ")}`,
      ]),
    );
    return EXIT.ok;
  },
};

function parametersOf({ parameters }: Pick<EffectorView, "parameters">): Readonly<Record<string, unknown>> {
  const { properties } = parameters;
  return typeof properties === "object" && properties !== null ? { ...properties } : {};
}

const act: Command = {
  name: "act",
  summary: "apply one effector now, without a playbook",
  description: [
    "Everything that acts is listed by firebreak effectors. What is applied stays in effect until it is undone (firebreak " +
      "actions undo) or its time is over, also across restarts: it is compared with the real world, and applied again when it " +
      "is gone. What destroys evidence needs the role commander.",
    "Parameters are key=value; a list is given by repeating its key, anything else as key:=JSON.",
  ],
  positionals: [
    { name: "EFFECTOR", summary: "its name, like maintenance.lock" },
    { name: "KEY=VALUE", summary: "a parameter", many: true, optional: true },
  ],
  options: {
    preview: { type: "boolean", summary: "say what it would do; change nothing" },
    for: { type: "string", value: "TIME", summary: "how long: 30m, 2h, 7d; else until it is undone" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    incident: { type: "string", value: "ID", summary: "the incident it belongs to" },
    key: { type: "string", value: "TEXT", summary: "the same key again does nothing twice" },
  },
  examples: [
    'firebreak act maintenance.lock lock=deploys --for 1h --reason "a leak is looked into"',
    "firebreak act maintenance.lock lock=deploys --preview",
  ],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const name = args.positional(0) ?? "";
    const { items } = await client.get(pageOf(effectorView), "/effectors");
    const properties = parametersOf(items.find((one) => one.name === name) ?? { parameters: {} });
    const parameters = readParameters(act, args.positionals.slice(1), properties);
    if (args.flag("preview")) {
      const path = `/effectors/${encodeURIComponent(name)}/preview`;
      const preview = await client.post(actionPreview, path, { parameters });
      output.result(preview);
      printPreview(context, preview);
      return preview.obstacles.length === 0 ? EXIT.ok : EXIT.failed;
    }
    const action = await client.post(
      actionView,
      "/actions",
      { effector: name, parameters, ...requestOf(args) },
      APPLY_TIMEOUT_MS,
    );
    output.result(action);
    printAction(context, action);
    return action.state === "in_force" || action.state === "done" ? EXIT.ok : EXIT.failed;
  },
};

function requestOf(args: ParsedArguments) {
  const time = args.text("for");
  const lastsMs = time === undefined ? undefined : readDuration(time);
  if (time !== undefined && lastsMs === undefined) {
    throw usageError(act, `--for takes a time such as 30m, 2h or 7d, not "${printable(time)}".`);
  }
  const incident = args.text("incident");
  return {
    reason: args.requiredText("reason", 3),
    idempotencyKey: args.text("key") ?? randomUUID(),
    ...(lastsMs === undefined ? {} : { forSeconds: lastsMs / 1000 }),
    ...(incident === undefined ? {} : { incidentId: incident }),
  };
}

function printPreview({ output }: CommandContext, preview: ActionPreview): void {
  output.line(output.style.bold(`${preview.effector}: ${preview.title}`));
  for (const change of preview.changes) output.line(`- ${printable(change)}`);
  for (const [kind, names] of Object.entries(preview.blastRadius)) {
    if (names.length > 0) output.line(`Touches ${names.length} ${kind}: ${names.map(printable).join(", ")}`);
  }
  if (preview.destroysEvidence) output.line(output.style.red("Destroys evidence: take a snapshot before."));
  for (const obstacle of preview.obstacles) output.line(output.style.red(`Would be refused: ${printable(obstacle)}.`));
}

function printAction({ output }: CommandContext, action: ActionView): void {
  const until = action.expiresAt === null ? "" : `, until ${timeText(action.expiresAt)} UTC`;
  output.line(output.style.bold(`${action.id}  ${action.effector}: ${action.state.replace("_", " ")}${until}`));
  if (action.message !== null) output.line(printable(action.message));
  if (action.nextTryAt !== null) output.line(`Tried again at ${timeText(action.nextTryAt)} UTC.`);
}

const list: Command = {
  name: "actions list",
  summary: "what is in force, until when, and by whom",
  options: {
    all: { type: "boolean", summary: "those that are over too" },
    incident: { type: "string", value: "ID", summary: "only of one incident" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: ["firebreak actions list", "firebreak actions list --all --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const query = new URLSearchParams({
      live: String(!args.flag("all")),
      limit: String(args.count("limit", LIMIT) ?? 50),
    });
    const incident = args.text("incident");
    if (incident !== undefined) query.set("incident", incident);
    const page = await client.get(pageOf(actionView), `/actions?${query.toString()}`);
    output.result(page);
    if (page.items.length === 0) output.line(args.flag("all") ? "There is none." : "Nothing is in force.");
    else {
      output.table(
        ["ID", "EFFECTOR", "STATE", "UNTIL (UTC)", "BY", "WHAT"],
        page.items.map((one) => [
          one.id,
          one.effector,
          one.state.replace("_", " "),
          one.expiresAt === null ? "undone" : timeText(one.expiresAt),
          printable(one.requestedBy.name),
          printable(Object.values(one.blastRadius).flat().join(", ")),
        ]),
      );
    }
    if (page.next !== null) output.note("There are more; --limit shows up to 500.");
    return EXIT.ok;
  },
};

const show: Command = {
  name: "actions show",
  summary: "one, with what it did, why, and how it stands",
  positionals: [ACTION],
  examples: ["firebreak actions show act_01KDY8M3T0XV5C8QJ2N4R6W9ZB"],
  exits: EXITS,
  run: async (context) => {
    const { client, output, args } = context;
    const action = await client.get(actionView, `/actions/${encodeURIComponent(args.positional(0) ?? "")}`);
    output.result(action);
    printAction(context, action);
    output.line(`${printable(JSON.stringify(action.parameters))} on ${printable(action.host)}`);
    for (const change of action.changes) output.line(`- ${printable(change)}`);
    const by = printable(action.requestedBy.name);
    output.line(`Asked for by ${by} at ${timeText(action.requestedAt)} UTC: ${printable(action.reason)}`);
    if (action.verifiedAt !== null) output.line(`Last seen in effect at ${timeText(action.verifiedAt)} UTC`);
    if (action.endReason !== null) {
      output.line(`Taken back by ${printable(action.endedBy?.name ?? "firebreak")}: ${printable(action.endReason)}`);
    }
    return EXIT.ok;
  },
};

const undo: Command = {
  name: "actions undo",
  summary: "take one back; repeated until it works",
  positionals: [ACTION],
  options: { reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" } },
  examples: ['firebreak actions undo act_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "the leak is closed"'],
  exits: EXITS,
  run: async (context) => {
    const { client, output, args } = context;
    const path = `/actions/${encodeURIComponent(args.positional(0) ?? "")}/undo`;
    const action = await client.post(actionView, path, { reason: args.requiredText("reason", 3) }, APPLY_TIMEOUT_MS);
    output.result(action);
    printAction(context, action);
    return action.state === "undoing" ? EXIT.failed : EXIT.ok;
  },
};

export const actionCommands: readonly Command[] = [effectors, act, list, show, undo];
