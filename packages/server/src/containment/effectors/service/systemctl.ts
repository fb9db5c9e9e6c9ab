import { mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MissingNeed } from "../../effector.ts";
import { messageOf } from "../../../kernel/index.ts";
import { runProgram } from "../run-program.ts";
import type { ServiceManager, ServiceState } from "./service-manager.ts";
import { ServiceError } from "./service-manager.ts";

const TIMEOUT_MS = 100_000;
const ASK_MS = 5_000;
const OUTPUT_BYTES_MAX = 64 * 1024;
/** A unit that is a link to it cannot be started. */
const MASK = "/dev/null";

/** What `systemctl show` says of a unit, by the names of the manual (systemctl(1), org.freedesktop.systemd1(5)). */
const PROPERTIES = ["LoadState", "ActiveState", "UnitFileState", "SubState"] as const;

/** systemd by its `systemctl`, for units of the system or, with `--user`, of Firebreak's user. */
export function createSystemd(systemctl: string, scope: "system" | "user"): ServiceManager {
  const manager = openSystemctl(systemctl, scope);
  const { run, show, checkNeeds } = manager;
  const look = async (unit: string, signal: AbortSignal) => toState(await show(unit, PROPERTIES, signal));
  return {
    checkNeeds,
    look,
    stop: async (unit, signal) => {
      // masked first: nothing starts it between the two; --runtime: a restart of the machine forgets the mask
      await run(["mask", "--runtime", "--", unit], signal);
      if (!(await look(unit, signal)).isBlocked) await maskAbove(manager, scope, unit, signal);
      await run(["stop", "--", unit], signal);
    },
    release: async (unit, signal) => {
      await run(["unmask", "--runtime", "--", unit], signal);
      if ((await look(unit, signal)).isBlocked) await unmaskAbove(manager, scope, unit, signal);
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

/**
 * A unit of the administrator's, in /etc/systemd/system or ~/.config/systemd/user, comes before the mask that
 * `mask --runtime` makes, so that mask has no effect. The place for runtime control comes before both (systemd.unit(5)).
 */
async function maskAbove(manager: Systemctl, scope: string, unit: string, signal: AbortSignal): Promise<void> {
  const link = join(await controlDirOf(manager, scope, signal), unit);
  try {
    mkdirSync(dirname(link), { recursive: true, mode: 0o755 });
    if (linkOf(link) !== MASK) symlinkSync(MASK, link);
  } catch (fault) {
    throw new ServiceError(`${unit} cannot be masked by ${link}: ${messageOf(fault)}`, { cause: fault });
  }
  await manager.run(["daemon-reload"], signal);
}

async function unmaskAbove(manager: Systemctl, scope: string, unit: string, signal: AbortSignal): Promise<void> {
  const link = join(await controlDirOf(manager, scope, signal), unit);
  if (linkOf(link) !== MASK) return;
  try {
    rmSync(link);
  } catch (fault) {
    throw new ServiceError(`the mask ${link} of ${unit} cannot be removed: ${messageOf(fault)}`, { cause: fault });
  }
  await manager.run(["daemon-reload"], signal);
}

/** @returns where this systemd looks first among what a restart forgets, as it says itself */
async function controlDirOf({ run }: Systemctl, scope: string, signal: AbortSignal): Promise<string> {
  const text = await run(["show", "--property=UnitPath"], signal);
  const paths = text
    .trim()
    .replace(/^UnitPath=/, "")
    .split(" ");
  const transient = paths.find((path) => path.endsWith("/transient"));
  const control = transient === undefined ? undefined : join(dirname(transient), `${scope}.control`);
  if (control !== undefined && paths.includes(control)) return control;
  throw new ServiceError(`systemd does not say where ${scope} units are masked at runtime`);
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
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
