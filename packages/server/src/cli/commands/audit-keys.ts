import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cosignaturesView, rotatedKeyView } from "@firebreak/protocol";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const rotateKey: Command = {
  name: "audit rotate-key",
  summary: "sign the log with a new key, to which the old one hands over",
  description: [
    "The old key signs that the new one follows it; that note is an entry of the log and goes with every export, so that who " +
      "knows the old key goes on to the new one by itself. For --overlap-days both sign every checkpoint; then the old key is removed.",
    "`audit verify` and firebreak-verify say key_replaced of a key to which no known key handed over.",
  ],
  options: {
    "overlap-days": { type: "string", value: "DAYS", summary: "days in which the old key signs too (7)" },
    out: { type: "string", value: "FILE", summary: "write the note of the change there" },
  },
  examples: ["firebreak audit rotate-key", "firebreak audit rotate-key --overlap-days 30 --out key-change"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, workingDirectory }) => {
    const overlapDays = Number(args.text("overlap-days") ?? 7);
    if (!Number.isInteger(overlapDays) || overlapDays < 0 || overlapDays > 365) {
      throw usageError(rotateKey, "--overlap-days is a whole number from 0 to 365.");
    }
    const rotated = await client.post(rotatedKeyView, "/audit/rotate-key", { overlapDays });
    const out = args.text("out");
    if (out !== undefined) writeFileSync(path.resolve(workingDirectory, out), rotated.change);
    output.result(rotated);
    output.line(`old key ${printable(rotated.from)}`);
    output.line(`new key ${printable(rotated.to)}`);
    output.line(`Both sign until ${timeText(rotated.overlapUntil)}.`);
    return EXIT.ok;
  },
};

const cosign: Command = {
  name: "audit cosign",
  summary: "bring cosignatures of witnesses for a checkpoint of this log",
  description: [
    "FILE holds a signed checkpoint of this log with lines of witnesses under it (C2SP tlog-cosignature). Kept are valid " +
      "lines of witnesses that the profile names. Witnesses with an address are asked by the server itself.",
  ],
  positionals: [{ name: "FILE", summary: "the checkpoint with its cosignatures" }],
  options: {},
  examples: ["firebreak audit cosign checkpoint.cosigned"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, workingDirectory }) => {
    const file = path.resolve(workingDirectory, args.positional(0) ?? "");
    const kept = await client.post(cosignaturesView, "/audit/cosignatures", { checkpoint: readNote(file) });
    output.result(kept);
    output.line(`Kept: ${printable(kept.witnesses.join(", "))}`);
    return EXIT.ok;
  },
};

function readNote(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(fault)}`, "Name a file that this user may read.");
  }
}

export const auditKeyCommands: readonly Command[] = [rotateKey, cosign];
