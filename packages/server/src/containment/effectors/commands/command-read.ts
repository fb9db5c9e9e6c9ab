import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { messageOf } from "../../../kernel/index.ts";
import type { AddressOf } from "../databases/index.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { AddressRefused } from "../probes/reachable-address.ts";
import { refuseFolder, refusePath } from "../probes/readable-file.ts";
import type { Reading } from "./check-reading.ts";
import { checkReading } from "./check-reading.ts";
import { commandShape, folder, inHome, showCommand, timeoutMs } from "./command-parameters.ts";
import type { CommandMask } from "./command-parameters.ts";
import { GIT_ENVIRONMENT, PSQL_ENVIRONMENT } from "./reading-programs.ts";
import type { CommandRun } from "./run-command.ts";
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

export interface ReadingSurroundings {
  readonly mask: CommandMask;
  /** of a server that arguments name, which events may have filled */
  readonly addressOf: AddressOf;
}

/** Runs a program of the system that only reads. What it prints is kept without secrets. */
export function commandRead(surroundings: ReadingSurroundings): Effector {
  return defineProbe({
    name: "command.read",
    title: "Run a program that only reads",
    parameters: readingCommand,
    describe: (command) => `runs ${showCommand(command, surroundings.mask)}`,
    ask: (ctx, command) => read(ctx, command, surroundings),
  });
}

async function read(
  ctx: EffectorContext,
  command: ReadingCommand,
  { mask, addressOf }: ReadingSurroundings,
): Promise<EffectorOutcome> {
  const checked = checkReading({ ...command, args: command.args.map(inHome) });
  if (!checked.ok) return { ok: false, reason: "denied", message: checked.why };
  const { reading } = checked;
  const place = command.folder ?? "/";
  const refused = refusePaths(reading, place, ctx.home) ?? (await refuseRepository(ctx, reading, place));
  if (refused !== null) return { ok: false, reason: "denied", message: refused };
  const led = await leadToServer(reading, addressOf, ctx.signal);
  if (!led.ok) return led;
  const { timeoutMs: limitMs } = command;
  const result = await runCommand({ ...led, folder: place, timeoutMs: limitMs, signal: ctx.signal });
  const shown = showCommand(command, mask);
  if (result.kind === "failed") return { ok: false, reason: result.reason, message: `${shown}: ${result.message}` };
  const output = { exitCode: result.exitCode, output: readOutput(result.run, mask.maskText) };
  return { ok: true, output, message: `${shown} ended with ${result.exitCode}` };
}

type Led = { readonly ok: true } & Pick<CommandRun, "argv" | "environment">;

/** @returns the command, so that it connects to the address that was judged and looks up no name again */
async function leadToServer(
  { argv, name, server }: Reading,
  addressOf: AddressOf,
  signal: AbortSignal,
): Promise<Led | Extract<EffectorOutcome, { ok: false }>> {
  const environment = ENVIRONMENTS[name] ?? {};
  if (server === null) return { ok: true, argv, environment };
  try {
    const address = await addressOf(server.host, server.port, signal);
    if (name !== "redis-cli") return { ok: true, argv, environment: { ...environment, PGHOSTADDR: address } };
    const at = argv.indexOf("-h") + 1;
    return { ok: true, argv: argv.with(at, address), environment };
  } catch (fault) {
    const reason = fault instanceof AddressRefused ? "denied" : "unavailable";
    return { ok: false, reason, message: `${server.host}: ${messageOf(fault)}` };
  }
}

const ENVIRONMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  git: GIT_ENVIRONMENT,
  psql: PSQL_ENVIRONMENT,
};

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
