import { existsSync, readFileSync, statSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import path from "node:path";
import { pageOf, receiptSummary, signedReceipt } from "@firebreak/protocol";
import type { ReceiptContent, ReceiptSummary } from "@firebreak/protocol";
import { keyIdOf, OperatorError } from "../../kernel/index.ts";
import { RECEIPT_KEY, verifyReceipt } from "../../killswitch/index.ts";
import type { ReceiptVerdict } from "../../killswitch/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { durationText, timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { printStop } from "../receipt.ts";

const LIMIT = { min: 1, max: 500 };
const FILE_BYTES_MAX = 16 * 1024 * 1024;

function provedWord({ verified, contradictedAt }: ReceiptSummary): string {
  if (contradictedAt !== null) return "CONTRADICTED";
  return verified === null ? "-" : verified ? "yes" : "NO";
}

const list: Command = {
  name: "receipt list",
  summary: "stops and resumes with what was proved, newest first",
  options: { limit: { type: "string", value: "N", summary: "no more than N (50)" } },
  examples: ["firebreak receipt list", "firebreak receipt list --limit 5 --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const page = await client.get(pageOf(receiptSummary), `/receipts?limit=${args.count("limit", LIMIT) ?? 50}`);
    output.result(page);
    if (page.items.length === 0) output.line("Nothing was stopped yet.");
    else {
      output.table(
        ["ID", "WHAT", "TARGET", "WHEN (UTC)", "PROVED", "SLOWEST", "BY", "REASON"],
        page.items.map((one) => [
          one.id,
          one.kind === "stop" ? `${one.level}${one.drill ? " (drill)" : ""}` : "resume",
          one.target === null ? "everything" : printable(`${one.scope} ${one.target}`),
          timeText(one.at),
          provedWord(one),
          one.slowestMs === null ? "-" : durationText(one.slowestMs),
          printable(one.by.name),
          printable(one.reason),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const show: Command = {
  name: "receipt show",
  summary: "one signed receipt; --json prints the file to hand on",
  description: [
    "When acts of a session are reported after it was proved stopped, the receipt stays as it was signed and a signed " +
      "addendum says what contradicts it: it is shown beside, and --addendum prints its file.",
  ],
  positionals: [{ name: "ID", summary: "of the stop (stp_…), or of the hold that was resumed (hld_…)" }],
  options: {
    addendum: { type: "boolean", summary: "what contradicts it, in its place; ends with 5 when nothing does" },
  },
  examples: [
    "firebreak receipt show stp_01… --json > receipt.json",
    "firebreak receipt show hld_01…",
    "firebreak receipt show stp_01… --addendum --json > addendum.json",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output, args, config } = context;
    const id = args.positional(0) ?? "";
    const place = `/receipts/${encodeURIComponent(id)}`;
    if (args.flag("addendum")) {
      const addendum = await client.get(signedReceipt, `${place}/addendum`);
      output.result(addendum);
      printVerdict(context, verifyReceipt(JSON.stringify(addendum)));
      return EXIT.ok;
    }
    const left = path.join(config.home, "receipts", `${path.basename(id)}.json`);
    const signed = existsSync(left)
      ? signedReceipt.parse(JSON.parse(readBounded(left)))
      : await client.get(signedReceipt, place);
    output.result(signed);
    printVerdict(context, verifyReceipt(JSON.stringify(signed)));
    await warnOfAddendum(context, id);
    return EXIT.ok;
  },
};

/** Without a server nobody knows of an addendum. */
async function warnOfAddendum({ client, output }: CommandContext, id: string): Promise<void> {
  if ((await client.find()) === null) return;
  try {
    await client.get(signedReceipt, `/receipts/${encodeURIComponent(id)}/addendum`);
  } catch (fault) {
    if (fault instanceof OperatorError && fault.exitCode === EXIT.notFound) return;
    throw fault;
  }
  output.note(
    `firebreak: CONTRADICTED: acts of a stopped session were reported after this proof. Take the stop for unverified; ` +
      `what contradicts it: firebreak receipt show ${printable(id)} --addendum`,
  );
}

const verify: Command = {
  name: "receipt verify",
  summary: "check a receipt's signature and sense, with the file alone",
  description: [
    "Works on any machine, without server and network. --key names the key that must have signed it; without it, compare " +
      "the printed key with the one you know (secrets/receipt-key.pub.pem of the installation).",
    "Ends with 1 when it was changed, contradicts itself, or is signed by another key.",
  ],
  positionals: [{ name: "FILE", summary: "a receipt, as `firebreak receipt show --json` prints it" }],
  options: { key: { type: "string", value: "KEY", summary: "id of the key that must have signed it" } },
  examples: ["firebreak receipt verify receipt.json", "firebreak receipt verify receipt.json --key 3f9a…"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output, workingDirectory } = context;
    const text = readBounded(path.resolve(workingDirectory, args.positional(0) ?? ""));
    const verdict = verifyReceipt(text, args.text("key"));
    output.result(verdict);
    printVerdict(context, verdict);
    return verdict.genuine ? EXIT.ok : EXIT.failed;
  },
};

function readBounded(file: string): string {
  try {
    if (statSync(file).size <= FILE_BYTES_MAX) return readFileSync(file, "utf8");
  } catch (fault) {
    throw new OperatorError(`${printable(file)} cannot be read.`, "Give the file of a receipt.", { cause: fault });
  }
  throw new OperatorError(`${printable(file)} is larger than any receipt.`, "Give the file of a receipt.");
}

function printVerdict({ output, config }: CommandContext, verdict: ReceiptVerdict): void {
  const { style } = output;
  if (verdict.content !== null) printContent(output, verdict.content);
  output.line(verdict.genuine ? style.green("Genuine: the signature holds.") : style.red("NOT GENUINE"));
  for (const finding of verdict.findings) output.line(`  ${printable(finding)}`);
  if (verdict.signedBy === null) return;
  const own = ownKeyId(path.join(config.home, "secrets", `${RECEIPT_KEY}.pub.pem`));
  const whose = own === null ? "" : own === verdict.signedBy ? ", which is this home's" : ", which is NOT this home's";
  output.line(`Signed by key ${verdict.signedBy}${whose}`);
}

function ownKeyId(file: string): string | null {
  if (!existsSync(file)) return null;
  return keyIdOf(createPublicKey(readFileSync(file, "utf8")));
}

function printContent(output: Output, content: ReceiptContent): void {
  if (content.kind === "stop") {
    if (content.drill) output.line("A drill.");
    printStop(output, content.receipt);
    return;
  }
  if (content.kind === "contradiction") {
    const { stopId, completedAt, foundAt, acts } = content;
    output.line(
      output.style.red(
        `Contradicts the receipt ${printable(stopId)}: it says stopped at ${timeText(completedAt)} UTC, and acts came after it.`,
      ),
    );
    for (const { eventId, kind, at, sessionId } of acts)
      output.line(
        `  ${printable(kind)} at ${timeText(at)} of session ${printable(sessionId)} (event ${printable(eventId)})`,
      );
    output.line(`Found at ${timeText(foundAt)} UTC. Take the stop for unverified.`);
    return;
  }
  const { holds, releasedAt, releasedBy, approvedBy, alone, reason, resumed } = content;
  output.line(`Resumed at ${timeText(releasedAt)} UTC by ${printable(releasedBy.name)}: ${printable(reason)}`);
  for (const one of approvedBy) output.line(`Approved by ${printable(one.name)}`);
  if (alone !== null) output.line(output.style.yellow(`By one person: ${printable(alone)}`));
  for (const hold of holds)
    output.line(`  ended ${hold.id}, ${hold.level} of ${printable(hold.target ?? "everything")}`);
  for (const one of resumed) output.line(`  ${printable(one.agentId)} (${one.sessionId}): ${one.state}`);
}

export const receiptCommands: readonly Command[] = [list, show, verify];
