import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate as breathe } from "node:timers/promises";
import { readSocketTable } from "../../../kernel/index.ts";
import type { SocketFacts } from "../../../kernel/index.ts";
import type { Collector } from "../collector.ts";
import { readProgram } from "../programs.ts";

const FACTS = { name: "connections.json", description: "listening ports and connections of this host" };
/** Of one host; a machine with more open files is read up to here and says so. */
const FILES_MAX = 500_000;

export const connections: Collector = {
  name: "connections",
  description: FACTS.description,
  seconds: { quick: 4, standard: 20, full: 60 },
  needs: [],
  collect: async (_scene, sink, signal) => {
    if (process.platform !== "linux") {
      const { text, problem } = await readProgram(["netstat", "-an"], signal);
      const who = await readProgram(["lsof", "-nP", "-i"], signal);
      const gaps = [problem, who.problem].filter((one) => one !== null).join("; ");
      const facts = { ...FACTS, name: "connections.txt", degraded: gaps === "" ? undefined : gaps };
      sink.bytes(facts, Buffer.from(`${text}\n${who.text}`));
      return;
    }
    const table = readSocketTable("self");
    const { owners, unread } = await findOwners(table, signal);
    const sockets = [...table].map(([inode, socket]) => ({ ...socket, processes: owners.get(inode) ?? [] }));
    const listening = sockets.filter(isListening);
    const gap = unread === 0 ? undefined : `whose sockets they are could not be read of ${unread} process(es)`;
    const metadata = { listening: listening.length, sockets: sockets.length };
    sink.json(
      { ...FACTS, metadata, degraded: gap },
      {
        listening,
        connections: sockets.filter((one) => !isListening(one) && one.protocol !== "unix"),
        unix: sockets.filter((one) => one.protocol === "unix"),
      },
    );
  },
};

const isListening = ({ state, protocol }: SocketFacts) => state === "listen" && protocol !== "unix";

interface Owner {
  readonly pid: number;
  readonly command: string;
}

/**
 * Which processes hold which sockets; of those of other users only root can tell. A link is read in microseconds, and to hand each
 * of thousands to another thread takes ten times as long; between two processes others get their turn.
 */
async function findOwners(table: ReadonlyMap<string, SocketFacts>, signal: AbortSignal) {
  const owners = new Map<string, Owner[]>();
  let unread = 0;
  let files = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    if (signal.aborted || files > FILES_MAX) {
      unread += 1;
      continue;
    }
    await breathe();
    const names = orNull(() => readdirSync(`/proc/${pid}/fd`));
    if (names === null) unread += 1;
    const command = names === null ? "" : (orNull(() => readFileSync(`/proc/${pid}/comm`, "utf8")) ?? "");
    for (const name of names ?? []) {
      files += 1;
      const target = orNull(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? "";
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !table.has(inode)) continue;
      const held = owners.get(inode) ?? [];
      if (held.length < 20) held.push({ pid: Number(pid), command: command.trim() });
      owners.set(inode, held);
    }
  }
  return { owners, unread };
}

/** @returns null for what has ended, or is not for this user */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
