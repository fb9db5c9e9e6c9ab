import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { refuseFolder, refusePath } from "../probes/readable-file.ts";
import type { Reading } from "./check-reading.ts";
import { checkReading } from "./check-reading.ts";
import { commandShape, folder, inHome, showCommand, timeoutMs } from "./command-parameters.ts";
import type { CommandMask } from "./command-parameters.ts";
import { GIT_ENVIRONMENT, PSQL_ENVIRONMENT } from "./reading-programs.ts";
import { readOutput, runCommand } from "./run-command.ts";

const TIMEOUT_MS = 30_000;

const readingCommand = z
  .strictObject({ ...commandShape, folder, timeoutMs: timeoutMs.default(TIMEOUT_MS) })
  .superRefine((command, issues) => {
    const checked = checkReading(command);
    if (checked.ok) return;
    issues.addIssue({
      code: "custom",
      message: checked.why,
      path: checked.at < 0 ? ["program"] : ["args", checked.at],
    });
  });
type ReadingCommand = z.output<typeof readingCommand>;

/** Runs a program of the system that only reads. What it prints is kept without secrets. */
export function commandRead(mask: CommandMask): Effector {
  return defineProbe({
    name: "command.read",
    title: "Run a program that only reads",
    parameters: readingCommand,
    describe: (command) => `runs ${showCommand(command, mask)}`,
    ask: (ctx, command) => read(ctx, command, mask),
  });
}

async function read(ctx: EffectorContext, command: ReadingCommand, mask: CommandMask): Promise<EffectorOutcome> {
  const checked = checkReading({ ...command, args: command.args.map(inHome) });
  if (!checked.ok) return { ok: false, reason: "denied", message: checked.why };
  const { reading } = checked;
  const place = command.folder ?? "/";
  const refused = refusePaths(reading, place, ctx.home) ?? (await refuseRepository(ctx, reading, place));
  if (refused !== null) return { ok: false, reason: "denied", message: refused };
  const result = await runCommand({
    argv: reading.argv,
    folder: place,
    timeoutMs: command.timeoutMs,
    signal: ctx.signal,
    environment: environmentOf(reading),
  });
  const shown = showCommand(command, mask);
  if (result.kind === "failed") return { ok: false, reason: result.reason, message: `${shown}: ${result.message}` };
  const output = { exitCode: result.exitCode, output: readOutput(result.run, mask.maskText) };
  return { ok: true, output, message: `${shown} ended with ${result.exitCode}` };
}

function environmentOf({ name }: Reading): Readonly<Record<string, string>> {
  if (name === "git") return GIT_ENVIRONMENT;
  return name === "psql" ? PSQL_ENVIRONMENT : {};
}

/** What a program is given by name is judged as `log.search` judges its file: by where it really lies. */
function refusePaths({ paths, isRecursive }: Reading, place: string, home: string): string | null {
  const given = isRecursive && paths.length === 0 ? ["."] : paths;
  for (const path of given) {
    const real = realPathOf(resolve(place, path));
    const refused = refusePath(real, home) ?? (isRecursive ? refuseFolder(real, home) : null);
    if (refused !== null) return refused;
  }
  return null;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Filters are programs that a repository's own settings name; nothing else of them is heeded here. */
async function refuseRepository(ctx: EffectorContext, { name }: Reading, place: string): Promise<string | null> {
  if (name !== "git") return null;
  const ask = (args: readonly string[]) =>
    runCommand({
      argv: ["git", ...args],
      folder: place,
      timeoutMs: 5000,
      signal: ctx.signal,
      environment: GIT_ENVIRONMENT,
    });
  const inside = await ask(["rev-parse", "--git-dir"]);
  if (inside.kind === "failed" || inside.exitCode !== 0) return `${place} is no repository that git trusts`;
  const filters = await ask(["config", "--name-only", "--get-regexp", "^filter\\..*\\.(clean|smudge|process)$"]);
  // 1: there is none
  if (filters.kind === "ended" && filters.exitCode === 1) return null;
  return `the settings of the repository in ${place} name programs (filter.*), which git would run`;
}
