import { pageOf, PERSON_ERASURE_ALSO, personErasure } from "@firebreak/protocol";
import type { PersonErasure } from "@firebreak/protocol";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const EXITS = [...ASKS_SERVER, "notFound"] as const;
const EXAMPLE_ID = "pse_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const ID = { name: "ID", summary: "of the erasure, pse_…" } as const;
const REASON = { type: "string", value: "TEXT", summary: "why, for the record (needed)" } as const;
const LOOK_EVERY_MS = 1_000;

const pathOf = ({ args }: CommandContext) => `/person-erasures/${encodeURIComponent(args.positional(0) ?? "")}`;

const find: Command = {
  name: "person find",
  summary: "look for what is kept of a person; changes nothing",
  description: [
    "The first step of an erasure: events, the archive, incidents and other records, originals of redaction, evidence and its copies. " +
      "Values are found whole, without regard to case: name every e-mail address, name and user id. Write a value to a file and use " +
      "--values-from to keep it out of the shell's history. Next: firebreak person erase.",
  ],
  options: {
    value: { type: "string", value: "TEXT", summary: "an e-mail address, a name, a user id; several with commas" },
    "values-from": { type: "string", value: "FILE", summary: "a file with a value a line" },
    pattern: { type: "string", value: "RE2", summary: "a regular expression of RE2, such as EMP-4711-[0-9]+" },
    also: { type: "string", value: "WHAT", summary: "evidence, acts: also erase these, or both with a comma" },
    reason: REASON,
    "no-wait": { type: "boolean", summary: "do not wait for what is found" },
  },
  examples: [
    'firebreak person find --value jane@example.org,u-20871 --reason "GDPR request 12"',
    'firebreak person find --values-from ./person.txt --also evidence --reason "GDPR request 12"',
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, client, output } = context;
    const [value, pattern, file] = [args.text("value"), args.text("pattern"), args.text("values-from")];
    const values = [...splitList(value), ...(file === undefined ? [] : readLines(file))];
    if (values.length === 0 && pattern === undefined) {
      throw usageError(find, "Say what to look for: --value, --values-from or --pattern.");
    }
    const body = {
      values,
      patterns: pattern === undefined ? [] : [pattern],
      also: readAlso(args.text("also")),
      reason: args.requiredText("reason", 3),
    };
    let view = await client.post(personErasure, "/person-erasures", body);
    while (view.state === "searching" && view.problem === null && !args.flag("no-wait")) {
      await sleep(LOOK_EVERY_MS);
      view = await client.get(personErasure, `/person-erasures/${view.id}`);
    }
    output.result(view);
    print(context, view);
    return EXIT.ok;
  },
};

const splitList = (text: string | undefined): string[] =>
  text === undefined
    ? []
    : text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch {
    throw usageError(find, `${printable(file)} cannot be read.`);
  }
}

function readAlso(text: string | undefined): string[] {
  const words = splitList(text);
  const known: readonly string[] = PERSON_ERASURE_ALSO;
  if (words.every((word) => known.includes(word))) return words;
  throw usageError(find, `--also takes ${known.join(", ")}.`);
}

const ACTS = {
  delete: "deleted",
  mask: "masked",
  destroy_keys: "keys destroyed",
  keep: "kept",
} as const satisfies Record<PersonErasure["stores"][number]["act"], string>;

function print({ output }: Pick<CommandContext, "output">, view: PersonErasure): void {
  output.line(`${view.id}: ${view.state}, asked by ${printable(view.requestedBy.name)}: ${printable(view.reason)}`);
  if (view.terms !== null) {
    output.line(`Looked for: ${[...view.terms.values, ...view.terms.patterns].map(printable).join(", ")}`);
  }
  if (view.problem !== null) output.line(output.style.red(printable(view.problem)));
  const isOver = view.state === "done";
  if (view.stores.length === 0 && view.state !== "searching") output.line("Nothing is kept that matches.");
  if (view.stores.length > 0) {
    output.table(
      ["WHERE", isOver ? "LEFT" : "FOUND", "ERASED", isOver ? "STAY" : "WOULD STAY", "HOW", "WHY SOME STAY"],
      view.stores.map((one) => [
        printable(one.store),
        String(one.matches),
        String(one.erased),
        String(one.stay),
        ACTS[one.act],
        one.why.length === 0 ? "-" : one.why.map(printable).join("; "),
      ]),
    );
  }
  if (view.state === "found") output.line(`Nothing was changed. To erase it: firebreak person erase ${view.id}`);
  if (view.approvalId !== null) output.line(`A second person has to approve ${view.approvalId}.`);
  if (isOver) for (const one of view.beyond) output.note(`Not reached: ${one}`);
}

const erase: Command = {
  name: "person erase",
  summary: "erase what was found of a person, for good",
  description: [
    "It begins when another administrator approves (firebreak approvals approve). Where nobody else could approve, --alone begins it " +
      "at once, and the record says so. What a legal hold is on stays, and is named. See firebreak person show for the report.",
  ],
  positionals: [ID],
  options: { alone: { type: "boolean", summary: "where no second person could approve" } },
  examples: [`firebreak person erase ${EXAMPLE_ID}`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const view = await client.post(personErasure, `${pathOf(context)}/carry-out`, { alone: args.flag("alone") });
    output.result(view);
    if (view.state === "erasing") output.line(`${view.id} has begun: firebreak person show ${view.id}`);
    else output.line(`A second person has to approve it: firebreak approvals approve ${view.approvalId ?? ""}`);
    return EXIT.ok;
  },
};

const show: Command = {
  name: "person show",
  summary: "what was found or erased of a person, and what stays",
  positionals: [ID],
  examples: [`firebreak person show ${EXAMPLE_ID}`, `firebreak person show ${EXAMPLE_ID} --json`],
  exits: EXITS,
  run: async (context) => {
    const view = await context.client.get(personErasure, pathOf(context));
    context.output.result(view);
    print(context, view);
    return EXIT.ok;
  },
};

const list: Command = {
  name: "person list",
  summary: "erasures of persons, those that are open first",
  examples: ["firebreak person list"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(personErasure), "/person-erasures");
    output.result(page);
    if (page.items.length === 0) output.line("No erasure of a person was asked for.");
    else {
      output.table(
        ["ID", "STATE", "ASKED (UTC)", "BY", "ERASED", "LEFT", "REASON"],
        page.items.map((one) => [
          one.id,
          one.state,
          timeText(one.requestedAt),
          printable(one.requestedBy.name),
          String(one.stores.reduce((sum, { erased }) => sum + erased, 0)),
          String(one.stores.reduce((sum, { matches }) => sum + matches, 0)),
          printable(one.reason),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const withdraw: Command = {
  name: "person withdraw",
  summary: "give an erasure up, and forget what was looked for",
  positionals: [ID],
  options: { reason: REASON },
  examples: [`firebreak person withdraw ${EXAMPLE_ID} --reason "it was another person"`],
  exits: EXITS,
  run: async (context) => {
    const { args, client, output } = context;
    const body = { reason: args.requiredText("reason", 3) };
    const view = await client.post(personErasure, `${pathOf(context)}/withdraw`, body);
    output.result(view);
    output.line(`${view.id} is withdrawn; what was looked for is forgotten.`);
    return EXIT.ok;
  },
};

export const personCommands: readonly Command[] = [find, erase, show, list, withdraw];
