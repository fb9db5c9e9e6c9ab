import { readFileSync } from "node:fs";
import { severity } from "@firebreak/protocol";
import type { Severity } from "@firebreak/protocol";
import { messageOf, OperatorError, readYaml } from "../kernel/index.ts";
import { usageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { printable } from "./printable.ts";

export const SEVERITY_OPTION = {
  type: "string",
  value: "WORD=N",
  repeatable: true,
  summary: "the sender's WORD is severity N (1 to 4)",
} as const;

export function readSeverity(command: Command, text: string): [string, Severity] {
  const [, word = "", level] = /^([^=]+)=([1-4])$/.exec(text) ?? [];
  const known = severity.safeParse(Number(level));
  if (!known.success)
    throw usageError(command, `--severity takes WORD=N with N from 1 to 4, not "${printable(text)}".`);
  return [word, known.data];
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function readStale(command: Command, text: string): number | null {
  if (text === "never") return null;
  const [, count, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  if (unit !== "m" && unit !== "h" && unit !== "d") {
    throw usageError(command, `--stale-after takes a time such as 30m, 5h or 2d, or never, not "${printable(text)}".`);
  }
  return Number(count) * UNITS_MS[unit];
}

/** JSON is YAML too. */
export function readDocument(file: string): unknown {
  const read = readYaml(file, readText(file));
  if (read.ok) return read.source.value;
  const [problem] = read.problems;
  const where = problem === undefined ? printable(file) : `${printable(file)}:${problem.line}:${problem.column}`;
  throw new OperatorError(
    `${where}: ${problem?.message ?? "it cannot be read"}`,
    problem?.remedy ?? "Correct the file.",
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (fault) {
    throw new OperatorError(
      `${printable(file)} cannot be read: ${messageOf(fault)}.`,
      "Name a file that you can read.",
      {
        cause: fault,
      },
    );
  }
}
