import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { listInetSockets } from "../kernel/index.ts";
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
  if (!existsSync("/proc/net/tcp")) return null;
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

function isHeld(inode: string | null): inode is string {
  return inode !== null && inode !== ORPHAN;
}

/** The inode of a socket that belongs to no file any more (proc(5), /proc/net/tcp). */
const ORPHAN = "0";
/** As {@link listInetSockets} writes them; IPv4 also in IPv6. */
const LOOPBACK = /^(?:127\.|\[(?:0:){5}ffff:7f|\[(?:0:){7}1\])/;

/** @returns the inode of the caller's socket, or null when there is none any more */
function findInode({ localPort, remotePort }: LoopbackConnection): string | null {
  const isEnd = (end: string, port: number | null) => LOOPBACK.test(end) && end.endsWith(`:${port}`);
  const sockets = listInetSockets("self", ["tcp", "tcp6"]);
  // seen from the other side: what is local to the caller is remote to us
  const found = sockets.find(([, { local, remote }]) => isEnd(local, remotePort) && isEnd(remote, localPort));
  return found?.[0] ?? null;
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
