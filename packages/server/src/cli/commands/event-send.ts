import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { EVENT_KINDS, INTAKE_LIMITS, intakeReceipt } from "@firebreak/protocol";
import type { IntakeReceipt } from "@firebreak/protocol";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { RefusedError } from "../client.ts";
import { splitBatches } from "../event-batches.ts";
import type { EventBatch } from "../event-batches.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
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

export const eventSendCommands: readonly Command[] = [send];
