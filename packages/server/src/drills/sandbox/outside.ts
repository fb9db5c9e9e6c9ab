import { readlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { codeOf } from "../../kernel/index.ts";
import type { Missing } from "../faults/fault.ts";
import type { Isolation } from "./isolate.ts";
import type { Sandbox } from "./open-sandbox.ts";
import type { Child } from "./processes.ts";
import { waitFor } from "./wait.ts";

/** Another host, as far as the kernel is concerned: a network of its own, and a cable to that of the sandbox. */
export interface Outside {
  /** a process in that network, by which checks find it */
  readonly pid: number;
  readonly start: (command: readonly [string, ...string[]]) => Child;
}

/** Both of a network that is for examples alone (RFC 5737): no packet of it can leave this machine. */
export const OUTSIDE_ADDRESS = "203.0.113.7";
/** How the outside reaches the sandbox. */
export const SANDBOX_ADDRESS = "203.0.113.1";

const WITHIN_MS = 10_000;

/** @returns what is missing for another host beside the sandbox */
export function findMissingOutside(isolation: Isolation): Missing[] {
  return isolation === "namespaces"
    ? []
    : [{ what: "a network of its own for the sandbox", remedy: "Run the drill as root on Linux." }];
}

/** @returns the command that starts another one in the network of a process */
export function inNetworkOf(pid: number, command: readonly string[]): [string, ...string[]] {
  return ["nsenter", "-t", String(pid), "-n", ...command];
}

/** Lays the cable. Only in a sandbox with a network of its own: both ends go with it. */
export async function openOutside(sandbox: Sandbox): Promise<Outside> {
  if (sandbox.isolation !== "namespaces") throw new Error("there is no network of its own here");
  const { pid } = sandbox.start(["unshare", "--net", "sleep", "600"]).process;
  if (pid === undefined) throw new Error("unshare does not start");
  const own = readlinkSync("/proc/self/ns/net");
  await waitFor("the network of the outside", WITHIN_MS, async () => {
    const its = networkOf(pid);
    return its === null || its === own ? undefined : true;
  });
  run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", String(pid));
  run("ip", "address", "add", `${SANDBOX_ADDRESS}/24`, "dev", "cable");
  run("ip", "link", "set", "cable", "up");
  run(...inNetworkOf(pid, ["ip", "address", "add", `${OUTSIDE_ADDRESS}/24`, "dev", "cable"]));
  for (const device of ["lo", "cable"]) run(...inNetworkOf(pid, ["ip", "link", "set", device, "up"]));
  return { pid, start: (command) => sandbox.start(inNetworkOf(pid, command)) };
}

function networkOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
