import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { EVENT_KINDS, eventView, INTAKE_LIMITS, intakeReceipt, pageOf } from "@firebreak/protocol";
import type { EventView, IntakeReceipt } from "@firebreak/protocol";
import { messageOf, OperatorError, toIso } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { RefusedError } from "../client.ts";
import { splitBatches } from "../event-batches.ts";
import type { EventBatch } from "../event-batches.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

/** What is read at once; more comes in several files, or from the agent itself. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;

const send: Command = {
  name: "events send",
  summary: "send telemetry (JSON or JSON lines) from a file or a pipe",
  description: [
    "One event a line, or one JSON document: an event or an array of them. What is good is stored; each line that is " +
      "not is named with what is wrong with it, and the command then ends with 1. Sending the same events again " +
      "stores nothing twice when they carry ids.",
    `An event needs agent.id and kind; kinds are ${EVENT_KINDS.join(", ")}.`,
  ],
  positionals: [{ name: "FILE", summary: "a file; - is standard input" }],
  examples: [
    `echo '{"agent":{"id":"scout"},"kind":"command","data":{"command":"ls"}}' | firebreak events send -`,
    "firebreak events send audit.jsonl",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { output, args } = context;
    const receipt = await sendAll(context, readWhole(args.positional(0) ?? "-"));
    output.result(receipt);
    output.line(`${receipt.accepted} stored, ${receipt.duplicates} known already, ${receipt.rejectedTotal} refused.`);
    for (const refused of receipt.rejected)
      output.line(output.style.red(`  line ${refused.line}: ${printable(refused.message)}`));
    const untold = receipt.rejectedTotal - receipt.rejected.length;
    if (untold > 0) output.line(output.style.red(`  and ${untold} more`));
    return receipt.rejectedTotal === 0 ? EXIT.ok : EXIT.failed;
  },
};

function readWhole(file: string): Buffer {
  try {
    if (file === "-") return readFileSync(0);
    const descriptor = openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, more than ${FILE_BYTES_MAX}; split it`);
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (fault) {
    const what = file === "-" ? "Standard input" : printable(file);
    throw new OperatorError(`${what} cannot be read: ${messageOf(fault)}.`, "Name a file that you can read, or -.", {
      cause: fault,
    });
  }
}

/** Sends as many requests as the limits of one need, and adds their receipts up. */
async function sendAll({ client }: CommandContext, bytes: Buffer): Promise<IntakeReceipt> {
  const total = { accepted: 0, duplicates: 0, rejected: [] as IntakeReceipt["rejected"], rejectedTotal: 0 };
  for (const batch of splitBatches(bytes, INTAKE_LIMITS)) {
    const receipt = await client
      .postRaw(intakeReceipt, "/events", batch.contentType, batch.body)
      .catch((fault: unknown) => receiptOfRefusal(fault, batch));
    total.accepted += receipt.accepted;
    total.duplicates += receipt.duplicates;
    total.rejectedTotal += receipt.rejectedTotal;
    const place = (refused: { line: number; message: string }) => ({
      ...refused,
      line: refused.line + batch.linesBefore,
    });
    total.rejected.push(...receipt.rejected.map(place));
  }
  return total;
}

const REFUSED_LINE = /^line (\d+)$/;

/** A request of which nothing could be stored is refused whole; the other requests of the same file count all the same. */
function receiptOfRefusal(fault: unknown, batch: EventBatch): IntakeReceipt {
  if (!(fault instanceof RefusedError) || fault.code !== "invalid_body" || batch.lines === null) throw fault;
  const rejected = fault.errors.flatMap(({ where, message }) => {
    const line = REFUSED_LINE.exec(where)?.[1];
    return line === undefined ? [] : [{ line: Number(line), message }];
  });
  if (rejected.length === 0) throw fault;
  return { accepted: 0, duplicates: 0, rejected, rejectedTotal: Math.max(batch.lines, rejected.length) };
}

const POLL_MS = 500;
/** While following, events whose source clock is up to this late are still shown. */
const FOLLOW_LATENESS_MS = 60_000;
const FOLLOW_LIMIT = 500;
const LIMIT = { min: 1, max: 500 };
const TEXT_CHARACTERS_MAX = 200;

const tail: Command = {
  name: "events tail",
  summary: "the latest events; --follow goes on until Ctrl-C",
  description: ["Oldest first. --json prints one event a line, so that it can be piped on."],
  options: {
    agent: { type: "string", value: "ID", summary: "of one agent" },
    kind: { type: "string", value: "KIND", summary: "of one kind, for example command" },
    follow: { type: "boolean", short: "f", summary: "go on as events arrive" },
    limit: { type: "string", value: "N", summary: "how many to begin with (20)" },
  },
  examples: [
    "firebreak events tail --agent scout",
    "firebreak events tail -f --kind command",
    "firebreak events tail --json",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const limit = context.args.count("limit", LIMIT) ?? 20;
    const first = await fetchEvents(context, { limit });
    if (first.length === 0 && !context.args.flag("follow")) context.output.note("No such event yet.");
    let last = printNewer(context, first, -1);
    while (context.args.flag("follow")) {
      await wait(POLL_MS);
      const since = toIso(context.clock.now() - FOLLOW_LATENESS_MS);
      last = printNewer(context, await fetchEvents(context, { limit: FOLLOW_LIMIT, since }), last);
    }
    return EXIT.ok;
  },
};

async function fetchEvents(
  { client, args }: CommandContext,
  { limit, since }: { readonly limit: number; readonly since?: string },
): Promise<EventView[]> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ["agent", "kind"]) {
    const value = args.text(name);
    if (value !== undefined) query.set(name, value);
  }
  if (since !== undefined) query.set("since", since);
  return (await client.get(pageOf(eventView), `/events?${query.toString()}`)).items;
}

/** Prints what is newer than `last` in the order of arrival. @returns the newest sequence number seen */
function printNewer({ output }: CommandContext, events: readonly EventView[], last: number): number {
  const newer = events.filter((event) => event.seq > last).toSorted((a, b) => a.seq - b.seq);
  for (const event of newer) {
    if (output.json) output.raw(`${JSON.stringify(event)}\n`);
    const what = event.data["command"] ?? event.data["content"] ?? event.data["message"] ?? event.resource ?? "";
    const text = printable(typeof what === "string" ? what : JSON.stringify(what)).slice(0, TEXT_CHARACTERS_MAX);
    output.line(`${timeText(event.time)}  ${event.agent.id}  ${event.kind}  ${event.outcome}  ${text}`);
  }
  return newer.at(-1)?.seq ?? last;
}

export const eventsCommands: readonly Command[] = [send, tail];
