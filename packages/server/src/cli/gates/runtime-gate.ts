import { entityName } from "@firebreak/protocol";
import type { GateCheck } from "../../containment/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "../format.ts";
import { printable } from "../printable.ts";

/** What can be done with the gate of one agent runtime. Each prints, and ends with an exit code. */
export interface RuntimeGate {
  readonly install: (command: Command, context: CommandContext) => Promise<number>;
  readonly test: (command: Command, context: CommandContext) => Promise<number>;
  readonly coverage: (command: Command, context: CommandContext) => Promise<number>;
  readonly remove: (command: Command, context: CommandContext) => Promise<number>;
}

/** Something that a gate does or cannot do. */
export type CoverageRow = readonly [what: string, enforced: boolean, note: string];

export function withKillswitch<T>(
  { config, clock, newId, logger }: CommandContext,
  use: (killswitch: ReturnType<typeof openKillswitch>) => Promise<T>,
): Promise<T> {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  return use(killswitch).finally(() => killswitch.close());
}

export function printChecks({ output }: CommandContext, checks: readonly GateCheck[]): number {
  const { style } = output;
  output.table(
    ["", "THE GATE", "FOUND", "AFTER"],
    checks.map(({ what, passed, found, elapsedMs }) => [
      passed ? style.green("ok") : style.red("FAILED"),
      printable(what),
      printable(found),
      durationText(elapsedMs),
    ]),
  );
  return checks.length > 0 && checks.every(({ passed }) => passed) ? EXIT.ok : EXIT.failed;
}

export function printCoverage({ output }: CommandContext, installed: boolean, rows: readonly CoverageRow[]): void {
  const { style } = output;
  output.table(
    ["", "WHAT", "HOW"],
    rows.map(([what, enforced, note]) => [
      installed && enforced ? style.green("enforced") : style.yellow("not enforced"),
      what,
      note,
    ]),
  );
}

export function nameOption(command: Command, { args }: CommandContext, option: "agent" | "pack"): string | undefined {
  const text = args.text(option);
  if (text === undefined || entityName.safeParse(text).success) return text;
  throw usageError(command, `--${option} takes letters, digits and . _ : @ -, beginning with a letter or digit.`);
}
