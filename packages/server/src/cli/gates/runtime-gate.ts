import { entityName } from "@firebreak/protocol";
import type { GateRuntime } from "@firebreak/protocol";
import { GATE_COVERAGE, recordGate, recordGateTest } from "../../containment/index.ts";
import type { GateCheck, RecordedGate } from "../../containment/index.ts";
import { toIso } from "../../kernel/index.ts";
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

export function withKillswitch<T>(
  { config, clock, newId, logger }: CommandContext,
  use: (killswitch: ReturnType<typeof openKillswitch>) => Promise<T>,
): Promise<T> {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  return use(killswitch).finally(() => killswitch.close());
}

function allPassed(checks: readonly GateCheck[]): boolean {
  return checks.length > 0 && checks.every(({ passed }) => passed);
}

type Installed = Pick<RecordedGate, "runtime" | "agent" | "pack" | "place">;

/** Remembers a gate and its self-test, for `gate coverage` and the server. */
export function noteInstalled({ config, clock }: CommandContext, gate: Installed, checks: readonly GateCheck[]): void {
  const at = toIso(clock.now());
  recordGate(config.home, { ...gate, installedAt: at, test: { at, passed: allPassed(checks) } });
}

export function noteTested(
  { config, clock }: CommandContext,
  gate: Pick<Installed, "runtime" | "place">,
  checks: readonly GateCheck[],
): void {
  recordGateTest(config.home, gate, { at: toIso(clock.now()), passed: allPassed(checks) });
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
  return allPassed(checks) ? EXIT.ok : EXIT.failed;
}

/** @returns what the gate enforces and what it cannot see, for machines */
export function coverageOf(runtime: GateRuntime, installed: boolean) {
  return GATE_COVERAGE[runtime].map(([what, enforced, note]) => ({ what, enforced: installed && enforced, note }));
}

export function printCoverage({ output }: CommandContext, runtime: GateRuntime, installed: boolean): void {
  const { style } = output;
  output.table(
    ["", "WHAT", "HOW"],
    coverageOf(runtime, installed).map(({ what, enforced, note }) => [
      enforced ? style.green("enforced") : style.yellow("not enforced"),
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
