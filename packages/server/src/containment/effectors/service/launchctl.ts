import type { MissingNeed } from "../../effector.ts";
import { messageOf } from "../../../kernel/index.ts";
import { runProgram } from "../run-program.ts";
import type { ServiceManager } from "./service-manager.ts";
import { ServiceError } from "./service-manager.ts";

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 256 * 1024;
/** launchctl(1): what `print` and `bootout` answer for a job that is not loaded */
export const NOT_FOUND_CODES = [3, 113];

/**
 * launchd by its `launchctl`, for jobs named by their service target (`gui/501/com.example.agent`,
 * `system/com.example.agent`). Starting needs the job's property list, so a job that is not loaded any more is found by it.
 */
export function createLaunchd(launchctl: string): ServiceManager {
  const run = (args: readonly string[], signal: AbortSignal) => runLaunchctl([launchctl, ...args], signal);
  return {
    checkNeeds: () => checkLaunchd(launchctl),
    look: async (target, signal) => {
      const printed = await run(["print", target], signal);
      const disabled = await run(["print-disabled", domainOf(target)], signal);
      const isBlocked = isDisabled(disabled.stdout, labelOf(target));
      const isLoaded = printed.code === 0;
      const plist = /^\tpath = (\/.*)$/m.exec(printed.stdout)?.[1];
      return {
        exists: isLoaded || isBlocked,
        isRunning: isLoaded,
        isBlocked,
        words: `${isLoaded ? "loaded" : "not loaded"}${isBlocked ? ", disabled" : ""}`,
        ...(plist === undefined ? {} : { definition: plist }),
      };
    },
    stop: async (target, signal) => {
      // disabled first: KeepAlive and a new login would bring it back
      expectDone(await run(["disable", target], signal));
      expectDone(await run(["bootout", target], signal), NOT_FOUND_CODES);
    },
    release: async (target, signal) => {
      expectDone(await run(["enable", target], signal));
    },
    start: async (target, signal, before) => {
      const definition = before.definition;
      if (definition === undefined) {
        throw new ServiceError(`where the property list of ${target} lies is not known: bootstrap it by hand`);
      }
      expectDone(await run(["bootstrap", domainOf(target), definition], signal));
    },
    words: (target) => [`disables ${target}, so that launchd does not start it again`, `boots ${target} out`],
  };
}

export const domainOf = (target: string) => target.slice(0, target.lastIndexOf("/"));
const labelOf = (target: string) => target.slice(target.lastIndexOf("/") + 1);

/** `print-disabled` lists `"label" => disabled` (newer) or `"label" => true` (older). */
function isDisabled(text: string, label: string): boolean {
  return text.split("\n").some((line) => {
    const found = /^\s*"(.+)" => (\w+)\s*$/.exec(line);
    return found?.[1] === label && (found[2] === "disabled" || found[2] === "true");
  });
}

export interface LaunchctlRun {
  readonly argv: readonly string[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runLaunchctl(argv: readonly string[], signal: AbortSignal): Promise<LaunchctlRun> {
  const options = { env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" }, cwd: "/", timeoutMs: TIMEOUT_MS };
  const run = await runProgram(argv, { ...options, outputBytesMax: OUTPUT_BYTES_MAX, signal });
  if (run.isTimedOut) throw new ServiceError(`${argv.join(" ")} took too long`);
  return { argv, code: run.code, stdout: run.stdout, stderr: run.stderr };
}

/** @throws ServiceError unless it ended with 0, or a code that is fine too */
export function expectDone({ argv, code, stderr }: LaunchctlRun, fine: readonly number[] = []): void {
  if (code === 0 || (code !== null && fine.includes(code))) return;
  throw new ServiceError(`${argv.join(" ")} ended with ${code}: ${stderr.trim().slice(0, 500)}`);
}

export async function checkLaunchd(launchctl: string): Promise<MissingNeed[]> {
  const remedy = "run Firebreak on a Mac, or set effectors.launchd.launchctl in the profile";
  try {
    expectDone(await runLaunchctl([launchctl, "version"], AbortSignal.timeout(TIMEOUT_MS)));
    return [];
  } catch (fault) {
    return [{ what: `launchd cannot be asked (${messageOf(fault)})`, remedy }];
  }
}
