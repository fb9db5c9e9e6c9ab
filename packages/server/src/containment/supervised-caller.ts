import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { SupervisedTree } from "./supervised-trees.ts";
import { listSupervisedTrees } from "./supervised-trees.ts";

/** The process of a supervised agent at the other end of a connection. */
export interface SupervisedCaller {
  readonly agentId: string;
  readonly sessionId: string;
  readonly pid: number;
}

/** One TCP connection over loopback, as the side that was called sees it; without ports when it is over. */
export interface LoopbackConnection {
  readonly localPort: number | null;
  readonly remotePort: number | null;
}

/**
 * Whether a connection over loopback was made by an agent that is supervised here, whatever credentials it shows.
 * Linux only: elsewhere it is nobody.
 *
 * @returns the agent; `unknown` when agents are or were supervised here and the other end is gone already; else null
 */
export function findSupervisedCaller(
  home: string,
  connection: LoopbackConnection,
): SupervisedCaller | "unknown" | null {
  if (!existsSync(TABLES[0])) return null;
  const inode = findInode(connection);
  const holder = isHeld(inode) ? holderAmong(listSupervisedTrees({ home }), `socket:[${inode}]`) : null;
  // it may have hung up, and the agent may have ended, before or while we looked
  if (holder !== null || (isHeld(inode) && findInode(connection) === inode)) return holder;
  return hadSessions(home) ? "unknown" : null;
}

/** @returns the supervised agent of which this process is a part, or null */
export function findSupervisedProcess(home: string, pid: number): SupervisedCaller | null {
  const isOne = ({ processes }: SupervisedTree) => processes.some((process) => process.pid === pid);
  const tree = listSupervisedTrees({ home }).find(isOne);
  return tree === undefined ? null : { agentId: tree.agentId, sessionId: tree.sessionId, pid };
}

function hadSessions(home: string): boolean {
  const directory = join(home, "sessions");
  return existsSync(directory) && readdirSync(directory).length > 0;
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"] as const;
function isHeld(inode: string | null): inode is string {
  return inode !== null && inode !== ORPHAN;
}

/** The inode of a socket that belongs to no file any more (proc(5), /proc/net/tcp). */
const ORPHAN = "0";
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{8}0{8}FFFF0000[0-9A-F]{6}7F|0{24}01000000)$/;

/** @returns the inode of the caller's socket, or null when there is none any more */
function findInode({ localPort, remotePort }: LoopbackConnection): string | null {
  for (const table of TABLES) {
    for (const line of readLines(table)) {
      const fields = line.trim().split(/\s+/);
      if (isEndpoint(fields[1], remotePort) && isEndpoint(fields[2], localPort)) return fields[9] ?? null;
    }
  }
  return null;
}

/** The kernel prints addresses as hexadecimal words of the machine's order, which is little endian where Node.js runs. */
function isEndpoint(text: string | undefined, port: number | null): boolean {
  const [address = "", hex = ""] = text?.split(":") ?? [];
  return parseInt(hex, 16) === port && LOOPBACK.test(address);
}

function holderAmong(trees: readonly SupervisedTree[], socket: string): SupervisedCaller | null {
  for (const { agentId, sessionId, processes } of trees) {
    const holder = processes.find(({ pid }) => holds(pid, socket));
    if (holder !== undefined) return { agentId, sessionId, pid: holder.pid };
  }
  return null;
}

function holds(pid: number, socket: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => targetOf(`${directory}/${fd}`) === socket);
  } catch {
    return false;
  }
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(1);
  } catch {
    return [];
  }
}
