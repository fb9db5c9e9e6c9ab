import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { commandShape, folder, inHome, showCommand, timeoutMs } from "./command-parameters.ts";
import type { CommandMask } from "./command-parameters.ts";
import type { CommandWords } from "./refuse-shell.ts";
import { refuseShell } from "./refuse-shell.ts";
import { endMarked, newMark, readOutput, runCommand } from "./run-command.ts";

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

/** `mark`: what tells the command's processes from others, should Firebreak die before they do */
const record = z.object({ hasEnded: z.boolean(), mark: z.string() });

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
  const running = await endEarlier(readEffectRecord(ctx, record));
  if (running !== null) return running;
  const mark = newMark();
  writeEffectRecord(ctx, { hasEnded: false, mark });
  const result = await run(parameters, { ...parameters, mark }, ctx.signal);
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
    writeEffectRecord(ctx, { hasEnded: true, mark });
    return { ok: true, output, message: `${shown} ended with ${exitCode}` };
  }
  const message = `${shown} ended with ${exitCode}, not with ${parameters.expectExit}`;
  return takeBack(ctx, parameters, { ok: false, reason: "failed", message, output }, mask);
}

function run(
  { program, args }: CommandWords,
  { folder: place = "/", timeoutMs: timeBoxMs, mark }: Pick<RunParameters, "folder" | "timeoutMs"> & { mark: string },
  signal: AbortSignal,
) {
  const argv = [inHome(program), ...args.map(inHome)];
  return runCommand({ argv, folder: place, timeoutMs: timeBoxMs, mark, signal });
}

/** After a crash an earlier try may run still: beside the next one, or doing again what is taken back. */
async function endEarlier(
  known: z.output<typeof record> | null,
): Promise<Extract<EffectorOutcome, { ok: false }> | null> {
  const left = known === null || known.hasEnded ? [] : await endMarked(known.mark);
  if (left.length === 0) return null;
  const message = `an earlier try of the command runs still and cannot be ended: ${left.join(", ")}`;
  return { ok: false, reason: "conflict", message };
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
  const known = readEffectRecord(ctx, record);
  if (known === null) return { ok: true, output, message: "nothing is to be taken back" };
  const running = await endEarlier(known);
  if (running !== null) return { ...running, output };
  if (parameters.undo === undefined) {
    const message = "no command was given that would take it back; what it did stands";
    return { ok: false, reason: "unavailable", message, output };
  }
  const shown = showCommand(parameters.undo, mask);
  const { folder: place } = parameters;
  const limits = { folder: place, timeoutMs: UNDO_TIMEOUT_MS, mark: newMark() };
  const result = await run(parameters.undo, limits, ctx.signal);
  if (result.kind === "failed")
    return { ok: false, reason: result.reason, message: `${shown}: ${result.message}`, output };
  if (result.exitCode !== 0)
    return { ok: false, reason: "failed", message: `${shown} ended with ${result.exitCode}`, output };
  removeEffectRecord(ctx);
  return { ok: true, output, message: `${shown} took it back` };
}
