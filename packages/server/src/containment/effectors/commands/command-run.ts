import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { commandShape, folder, inHome, showCommand, timeoutMs } from "./command-parameters.ts";
import type { CommandMask } from "./command-parameters.ts";
import type { CommandWords } from "./refuse-shell.ts";
import { refuseShell } from "./refuse-shell.ts";
import { readOutput, runCommand } from "./run-command.ts";

const TIMEOUT_MS = 300_000;
const UNDO_TIMEOUT_MS = 60_000;

const command = z.strictObject(commandShape).superRefine((words, issues) => {
  const refused = refuseShell(words);
  if (refused === null) return;
  issues.addIssue({ code: "custom", message: refused.why, path: refused.at < 0 ? ["program"] : ["args", refused.at] });
});
const runParameters = z
  .strictObject({
    ...commandShape,
    folder,
    timeoutMs: timeoutMs.default(TIMEOUT_MS),
    /** any other exit code is a failure */
    expectExit: z.number().int().min(0).max(255).default(0),
    /** takes back what the command did; must bear being run twice, and after a command that failed half-way */
    undo: command.optional(),
  })
  .superRefine((words, issues) => {
    const refused = refuseShell(words);
    if (refused === null) return;
    issues.addIssue({
      code: "custom",
      message: refused.why,
      path: refused.at < 0 ? ["program"] : ["args", refused.at],
    });
  });
type RunParameters = z.output<typeof runParameters>;

const record = z.object({ hasEnded: z.boolean() });

/** Runs any program, and another one to take it back. That it began is on record before it does. */
export function commandRun(mask: CommandMask): Effector {
  const show = (words: CommandWords) => showCommand(words, mask);
  return defineEffector({
    name: "command.run",
    title: "Run a program that changes something",
    destroysEvidence: true,
    idempotent: false,
    expiry: "none",
    parameters: runParameters,
    blastRadius: async (_ctx, { program }) => ({ ...TOUCHES_NOTHING, services: [program] }),
    preview: async (_ctx, parameters) => [
      `runs ${show(parameters)}${parameters.folder === undefined ? "" : ` in ${parameters.folder}`}`,
      parameters.undo === undefined ? "nothing takes it back" : `undo runs ${show(parameters.undo)}`,
    ],
    apply: (ctx, parameters) => apply(ctx, parameters, mask),
    verify: async (ctx, { expectExit }, output) => verify(ctx, expectExit, output),
    undo: (ctx, parameters, output) => undo(ctx, parameters, output, mask),
  });
}

async function apply(ctx: EffectorContext, parameters: RunParameters, mask: CommandMask): Promise<EffectorOutcome> {
  writeEffectRecord(ctx, { hasEnded: false });
  const result = await run(parameters, parameters, parameters.timeoutMs, ctx.signal);
  const shown = showCommand(parameters, mask);
  if (result.kind === "failed") {
    const { reason, isStarted } = result;
    if (!isStarted) removeEffectRecord(ctx);
    const outcome = { ok: false, reason, message: `${shown}: ${result.message}`, output: {} } as const;
    return isStarted ? takeBack(ctx, parameters, outcome, mask) : outcome;
  }
  const { exitCode } = result;
  const output = { exitCode, output: readOutput(result.run, mask.maskText) };
  if (exitCode === parameters.expectExit) {
    writeEffectRecord(ctx, { hasEnded: true });
    return { ok: true, output, message: `${shown} ended with ${exitCode}` };
  }
  const message = `${shown} ended with ${exitCode}, not with ${parameters.expectExit}`;
  return takeBack(ctx, parameters, { ok: false, reason: "failed", message, output }, mask);
}

function run(
  { program, args }: CommandWords,
  { folder: place = "/" }: Pick<RunParameters, "folder">,
  timeBoxMs: number,
  signal: AbortSignal,
) {
  return runCommand({ argv: [inHome(program), ...args.map(inHome)], folder: place, timeoutMs: timeBoxMs, signal });
}

/** A command that failed may have done a part of what it does. */
async function takeBack(
  ctx: EffectorContext,
  parameters: RunParameters,
  outcome: Extract<EffectorOutcome, { ok: false }>,
  mask: CommandMask,
): Promise<EffectorOutcome> {
  if (parameters.undo === undefined) {
    return { ...outcome, message: `${outcome.message}; what it did until then stands, and nobody knows what it was` };
  }
  const unwinding = { ...ctx, signal: AbortSignal.timeout(UNDO_TIMEOUT_MS) };
  const undone = await undo(unwinding, parameters, outcome.output ?? {}, mask);
  const message = `${outcome.message}; ${undone.message}`;
  return undone.ok ? { ...outcome, message } : { ...outcome, message, remains: true };
}

function verify(ctx: EffectorContext, expectExit: number, output: EffectorOutput): EffectorOutcome {
  const ended = output["exitCode"];
  if (readEffectRecord(ctx, record)?.hasEnded === true && ended === expectExit)
    return { ok: true, output, message: `it ended with ${expectExit}, which is all that is known of it` };
  return { ok: false, reason: "unverified", message: "it is not known to have ended as it should", output };
}

async function undo(
  ctx: EffectorContext,
  parameters: RunParameters,
  output: EffectorOutput,
  mask: CommandMask,
): Promise<EffectorOutcome> {
  if (readEffectRecord(ctx, record) === null) return { ok: true, output, message: "nothing is to be taken back" };
  if (parameters.undo === undefined) {
    const message = "no command was given that would take it back; what it did stands";
    return { ok: false, reason: "unavailable", message, output };
  }
  const shown = showCommand(parameters.undo, mask);
  const result = await run(parameters.undo, parameters, UNDO_TIMEOUT_MS, ctx.signal);
  if (result.kind === "failed")
    return { ok: false, reason: result.reason, message: `${shown}: ${result.message}`, output };
  if (result.exitCode !== 0)
    return { ok: false, reason: "failed", message: `${shown} ended with ${result.exitCode}`, output };
  removeEffectRecord(ctx);
  return { ok: true, output, message: `${shown} took it back` };
}
