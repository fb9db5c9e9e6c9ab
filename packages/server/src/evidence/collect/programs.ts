import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { codeOf, messageOf } from "../../kernel/index.ts";
import type { ItemFacts, ItemSink } from "./item-sink.ts";

/** What programs of the system need to be found, and to speak English. */
const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin",
  LC_ALL: "C",
  HOME: homedir(),
  TZ: "UTC",
  SYSTEMD_PAGER: "",
};
const COMPLAINT_BYTES_MAX = 2_000;
const TEXT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Runs a program of this system without a shell and with a plain environment, in a group of its own that is killed as a
 * whole when nobody reads on or the signal aborts.
 *
 * @returns what it prints as it comes; throws at the end when it did not end with 0
 */
async function* outputOf(command: readonly string[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { env: ENVIRONMENT, cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (part: Buffer) => {
    if (complaint.length < COMPLAINT_BYTES_MAX) complaint += part.toString("utf8");
  });
  const kill = () => {
    killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  const ended = new Promise<string | null>((resolve) => {
    child.once("error", (fault) =>
      resolve(codeOf(fault) === "ENOENT" ? `${file} is not installed here` : `${file}: ${messageOf(fault)}`),
    );
    child.once("close", (code, name) => resolve(code === 0 ? null : describeEnd(file, code, name, complaint)));
  });
  try {
    for await (const piece of child.stdout) yield Buffer.from(piece);
    const problem = await ended;
    if (problem !== null) throw new Error(problem);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

function describeEnd(file: string, code: number | null, signalName: string | null, complaint: string): string {
  const said = complaint.trim().slice(0, 500);
  const how = code === null ? `was ended by ${signalName ?? "a signal"}` : `ended with ${code}`;
  return `${file} ${how}${said === "" ? "" : `: ${said}`}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

/** Keeps what a program prints as one item, whatever its size; when it cannot, the item says why. */
export async function keepOutput(
  sink: ItemSink,
  facts: ItemFacts,
  command: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const metadata = { ...facts.metadata, command: command.join(" ") };
    await sink.stream({ ...facts, metadata }, outputOf(command, signal));
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  }
}

/** @returns what a program prints, and why it is not all of it; a program that is not there is a problem too */
export async function readProgram(
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly problem: string | null }> {
  const parts: Buffer[] = [];
  let length = 0;
  const text = () => Buffer.concat(parts).toString("utf8");
  try {
    for await (const part of outputOf(command, signal)) {
      parts.push(part);
      length += part.length;
      if (length > TEXT_BYTES_MAX) return { text: text(), problem: `only the first ${length} bytes are kept` };
    }
    return { text: text(), problem: null };
  } catch (fault) {
    return { text: text(), problem: messageOf(fault) };
  }
}
