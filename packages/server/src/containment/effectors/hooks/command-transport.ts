import { access, constants } from "node:fs/promises";
import type { CommandHook, ReadSecret } from "../../../kernel/index.ts";
import { messageOf } from "../../../kernel/index.ts";
import type { EffectorOutcome, MissingNeed } from "../../effector.ts";
import { runProgram } from "../run-program.ts";
import type { HookCall, HookParameters, HookTransport } from "./hook-effector.ts";

const OUTPUT_BYTES_MAX = 64 * 1024;
const MESSAGE_CHARACTERS_MAX = 500;

/**
 * A hook that is a program: no shell, arguments as they stand in the profile, nothing of Firebreak's environment, what it is
 * asked on its standard input. It ends well with 0. Its process group is killed when its time is over.
 */
export function commandTransport(hook: CommandHook, readSecret: ReadSecret): HookTransport {
  return {
    canVerify: hook.verify !== undefined,
    canUndo: hook.undo !== undefined,
    checkNeeds: async () => [...(await checkPrograms(hook)), ...(await checkSecrets(hook, readSecret))],
    describe: (parameters) => `runs ${fill(hook.apply, parameters).join(" ")}`,
    call: (call) => runHook(hook, call, readSecret),
  };
}

async function checkPrograms({ apply, verify, undo }: CommandHook): Promise<MissingNeed[]> {
  const programs = new Set([apply, verify, undo].flatMap((argv) => argv?.[0] ?? []));
  const checked = await Promise.all([...programs].map(checkProgram));
  return checked.flat();
}

async function checkProgram(file: string): Promise<MissingNeed[]> {
  try {
    await access(file, constants.X_OK);
    return [];
  } catch (fault) {
    const remedy = "install it, make it executable for Firebreak's user, or correct its path in the profile";
    return [{ what: `${file} cannot be run (${messageOf(fault)})`, remedy }];
  }
}

async function checkSecrets({ secrets }: CommandHook, readSecret: ReadSecret): Promise<MissingNeed[]> {
  const names = Object.values(secrets);
  const found = await Promise.all(names.map(readSecret));
  const remedy = "put it into the environment, or into a file of that name in the home's secrets";
  return names.flatMap((name, index) =>
    found[index] === undefined ? [{ what: `the secret ${name} is not there`, remedy }] : [],
  );
}

function fill(argv: readonly string[], parameters: HookParameters): string[] {
  return argv.map((word) => word.replaceAll(/\{([A-Za-z0-9_]+)\}/g, (all, name: string) => parameters[name] ?? all));
}

async function runHook(hook: CommandHook, call: HookCall, readSecret: ReadSecret): Promise<EffectorOutcome> {
  const { verb, parameters, ctx } = call;
  const argv = hook[verb];
  if (argv === undefined) return { ok: false, reason: "unavailable", message: `hook.${hook.name} cannot ${verb}` };
  const secrets = await readSecrets(hook, readSecret);
  const run = await runProgram(fill(argv, parameters), {
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      LC_ALL: "C.UTF-8",
      HOOK_VERB: verb,
      HOOK_KEY: call.key,
      ...secrets,
    },
    cwd: "/",
    timeoutMs: hook.timeoutSeconds * 1000,
    outputBytesMax: OUTPUT_BYTES_MAX,
    input: call.body,
    signal: ctx.signal,
  });
  const said = firstLine(run.code === 0 ? run.stdout : run.stderr || run.stdout, Object.values(secrets));
  const words = said === "" ? "" : `: ${said}`;
  if (run.isTimedOut) {
    return {
      ok: false,
      reason: "timed_out",
      message: `hook.${hook.name} took longer than ${hook.timeoutSeconds} s and was killed${words}`,
    };
  }
  if (run.code === 0) return { ok: true, output: {}, message: `hook.${hook.name} ended well${words}` };
  return { ok: false, reason: "failed", message: `hook.${hook.name} ended with ${run.code ?? run.signal}${words}` };
}

async function readSecrets({ secrets }: CommandHook, readSecret: ReadSecret): Promise<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const [variable, name] of Object.entries(secrets)) {
    const found = await readSecret(name);
    if (found !== undefined) read[variable] = found;
  }
  return read;
}

/** What goes on record: one line, and no secret that the program was given. */
function firstLine(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  return (hidden.trim().split("\n", 1)[0] ?? "").slice(0, MESSAGE_CHARACTERS_MAX);
}
