import { readdirSync, readFileSync, statSync } from "node:fs";
import { codeOf } from "../../../kernel/index.ts";
import { runSystemProgram } from "../../system-program.ts";

/** Names one file on this machine, whatever its path. */
export function fileKey({ dev, ino }: { readonly dev: number | bigint; readonly ino: number | bigint }): string {
  return `${dev}:${ino}`;
}

export interface OpenFiles {
  /** files that some process has open for writing */
  readonly written: ReadonlySet<string>;
  /** processes that could not be asked: they belong to others */
  readonly unseen: number;
}

/**
 * Looks which files processes have open for writing.
 *
 * @throws Error when this system does not tell
 */
export async function findOpenFiles(): Promise<OpenFiles> {
  return process.platform === "linux" ? readDescriptors() : askLsof();
}

function readDescriptors(): OpenFiles {
  const written = new Set<string>();
  let unseen = 0;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) noteDescriptor(`/proc/${pid}`, fd, written);
    } catch (fault) {
      // one that ended meanwhile writes no more
      if (codeOf(fault) === "EACCES" || codeOf(fault) === "EPERM") unseen += 1;
    }
  }
  return { written, unseen };
}

/** open(2): the access mode is in the lowest two bits of the flags, which proc(5) gives in octal. */
const ACCESS = 0o3;

function noteDescriptor(base: string, fd: string, written: Set<string>): void {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`${base}/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
    if ((Number.parseInt(flags, 8) & ACCESS) === 0) return;
    const stat = statSync(`${base}/fd/${fd}`);
    if (stat.isFile()) written.add(fileKey(stat));
  } catch {
    // closed meanwhile
  }
}

/** lsof(8), "OUTPUT FOR OTHER PROGRAMS": access, device and inode of each open file. */
async function askLsof(): Promise<OpenFiles> {
  const { stdout, problem } = await runSystemProgram(["/usr/sbin/lsof", "-w", "-n", "-P", "-F", "aDi"], {
    timeoutMs: 30_000,
  });
  if (problem !== null) throw new Error(`which files are open cannot be seen: lsof ${problem}`);
  return { written: parseLsof(stdout), unseen: process.getuid?.() === 0 ? 0 : 1 };
}

export function parseLsof(text: string): Set<string> {
  const written = new Set<string>();
  let access = "";
  let dev = 0n;
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    switch (line.charAt(0)) {
      case "f":
        [access, dev] = ["", 0n];
        break;
      case "a":
        access = value.trim();
        break;
      case "D":
        dev = /^0x[0-9a-f]+$/.test(value) ? BigInt(value) : 0n;
        break;
      case "i":
        if (access === "w" || access === "u") written.add(`${dev}:${value}`);
        break;
      default:
    }
  }
  return written;
}
