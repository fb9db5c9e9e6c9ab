import { createReadStream, lstatSync } from "node:fs";
import path from "node:path";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import type { ChainedLogVerdict } from "../../telemetry/index.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";

const chain: Command = {
  name: "audit chain",
  summary: "check a log of others whose lines are chained by hashes",
  description: [
    "Two formats are known: that of OpenClaw's telemetry plugin (prevHash, hash) and that of the security playbook " +
      "(prev_hash, chain_hash); each line is checked with the algorithm of its own. Needs no server.",
    "A line is broken when its content or the line before it is not what its hash was made of; unverifiable when the file " +
      "does not tell, as for numbers that Python may have written otherwise. What was cut off at the end no chain shows: " +
      "compare the last hash with a copy from elsewhere.",
    "Ends with 1 when a line is broken or unreadable, or when there is no chain at all.",
  ],
  positionals: [{ name: "FILE", summary: "the log, one JSON object a line" }],
  options: {},
  examples: ["firebreak audit chain ~/.openclaw/logs/telemetry.jsonl"],
  exits: ["ok", "failed", "usage"],
  run: async ({ output, args, workingDirectory }) => {
    const verdict = await check(path.resolve(workingDirectory, args.positional(0) ?? ""));
    output.result(verdict);
    for (const { line, verdict: what, reason } of verdict.findings)
      output.line(`line ${line}: ${what}: ${printable(reason)}`);
    const { intact, broken, unverifiable, unreadable, unchained } = verdict.lines;
    output.line(
      `${intact} lines intact, ${broken} broken, ${unverifiable} unverifiable, ${unreadable} unreadable, ${unchained} without a hash`,
    );
    if (verdict.head !== null) output.line(`last hash ${printable(verdict.head)}`);
    const isChain = intact + unverifiable > 0;
    return isChain && broken + unreadable === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function check(file: string): Promise<ChainedLogVerdict> {
  try {
    if (!lstatSync(file).isFile()) throw new Error("it is no plain file");
    const { checkChainedLog } = await import("../../telemetry/index.ts");
    return await checkChainedLog(createReadStream(file));
  } catch (fault) {
    throw new OperatorError(`${printable(file)} cannot be read: ${messageOf(fault)}`, "Name a log file.");
  }
}

export const auditChainCommands: readonly Command[] = [chain];
