import type { MissingNeed } from "../../effector.ts";
import { messageOf } from "../../../kernel/index.ts";
import { runProgram } from "../run-program.ts";
import type { ServiceManager, ServiceState } from "./service-manager.ts";
import { ServiceError } from "./service-manager.ts";

const TIMEOUT_MS = 100_000;
const ASK_MS = 5_000;
const OUTPUT_BYTES_MAX = 64 * 1024;

/** What `systemctl show` says of a unit, by the names of the manual (systemctl(1), org.freedesktop.systemd1(5)). */
const PROPERTIES = ["LoadState", "ActiveState", "UnitFileState", "SubState"] as const;

/** systemd by its `systemctl`, for units of the system or, with `--user`, of Firebreak's user. */
export function createSystemd(systemctl: string, scope: "system" | "user"): ServiceManager {
  const { run, show, checkNeeds } = openSystemctl(systemctl, scope);
  return {
    checkNeeds,
    look: async (unit, signal) => toState(await show(unit, PROPERTIES, signal)),
    stop: async (unit, signal) => {
      // masked first: nothing starts it between the two; --runtime: a restart of the machine forgets the mask
      await run(["mask", "--runtime", "--", unit], signal);
      await run(["stop", "--", unit], signal);
    },
    release: async (unit, signal) => {
      await run(["unmask", "--runtime", "--", unit], signal);
    },
    start: async (unit, signal) => {
      await run(["start", "--", unit], signal);
    },
    words: (unit) => [`masks ${unit} until the machine restarts, so that nothing starts it`, `stops ${unit}`],
  };
}

export interface Systemctl {
  readonly checkNeeds: () => Promise<MissingNeed[]>;
  /** @returns what it printed @throws ServiceError */
  readonly run: (args: readonly string[], signal: AbortSignal) => Promise<string>;
  /** @returns the unit's properties of those names @throws ServiceError */
  readonly show: (
    unit: string,
    properties: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, string>>;
}

export function openSystemctl(systemctl: string, scope: "system" | "user"): Systemctl {
  const prefix = scope === "user" ? ["--user"] : [];
  const run = (args: readonly string[], signal: AbortSignal, timeoutMs = TIMEOUT_MS) =>
    runSystemctl([systemctl, ...prefix, "--no-pager", "--no-ask-password", ...args], signal, timeoutMs);
  return {
    checkNeeds: () => checkSystemd(systemctl, prefix),
    run: (args, signal) => run(args, signal),
    show: async (unit, properties, signal) => {
      const text = await run(["show", `--property=${properties.join(",")}`, "--", unit], signal, ASK_MS);
      return new Map(text.split("\n").map(splitProperty));
    },
  };
}

function splitProperty(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

function toState(properties: ReadonlyMap<string, string>): ServiceState {
  const active = properties.get("ActiveState") ?? "";
  const isMasked = properties.get("LoadState") === "masked" || properties.get("UnitFileState") === "masked-runtime";
  return {
    exists: properties.get("LoadState") !== "not-found",
    isRunning: active !== "inactive" && active !== "failed",
    isBlocked: isMasked,
    words: `${active}${isMasked ? ", masked" : ""}`,
  };
}

async function runSystemctl(argv: readonly string[], signal: AbortSignal, timeoutMs: number): Promise<string> {
  const run = await runProgram(argv, {
    env: environment(),
    cwd: "/",
    timeoutMs,
    outputBytesMax: OUTPUT_BYTES_MAX,
    signal,
  });
  if (run.code === 0) return run.stdout;
  const said = run.stderr.trim().slice(0, 500);
  const why = run.isTimedOut
    ? "took too long"
    : `ended with ${run.code ?? run.signal}${said === "" ? "" : `: ${said}`}`;
  throw new ServiceError(`${argv.join(" ")} ${why}`);
}

function environment(): Record<string, string> {
  const kept = { LC_ALL: "C", SYSTEMD_COLORS: "0", PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };
  const uid = process.getuid?.();
  // where the user's own systemd listens
  return uid === undefined ? kept : { ...kept, XDG_RUNTIME_DIR: `/run/user/${uid}` };
}

async function checkSystemd(systemctl: string, prefix: readonly string[]): Promise<MissingNeed[]> {
  const remedy = "run Firebreak on a machine with systemd, or set effectors.systemd.systemctl in the profile";
  try {
    const argv = [systemctl, ...prefix, "--no-pager", "--no-ask-password", "show", "--property=Version"];
    const text = await runSystemctl(argv, AbortSignal.timeout(ASK_MS), ASK_MS);
    return text.startsWith("Version=") ? [] : [{ what: `${systemctl} does not say its version`, remedy }];
  } catch (fault) {
    return [{ what: `systemd cannot be asked (${messageOf(fault)})`, remedy }];
  }
}
