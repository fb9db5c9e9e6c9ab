import { readFileSync } from "node:fs";

export interface SocketFacts {
  readonly protocol: string;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
}

/** States of a TCP socket by the kernel's number (include/net/tcp_states.h). */
const TCP_STATES: Readonly<Record<string, string>> = {
  "01": "established",
  "02": "syn_sent",
  "03": "syn_received",
  "04": "fin_wait_1",
  "05": "fin_wait_2",
  "06": "time_wait",
  "07": "close",
  "08": "close_wait",
  "09": "last_ack",
  "0A": "listen",
  "0B": "closing",
};

const INET = ["tcp", "tcp6", "udp", "udp6"] as const;

/** @returns [socket inode, what it is] of these protocols, in the network namespace of process `pid`; inode 0 belongs to no file */
export function listInetSockets(
  pid: number | "self",
  protocols: readonly (typeof INET)[number][] = INET,
): [inode: string, socket: SocketFacts][] {
  return protocols.flatMap((protocol) =>
    readLines(`/proc/${pid}/net/${protocol}`).flatMap((line): [string, SocketFacts][] => {
      const fields = line.trim().split(/\s+/);
      const [local, remote, state, inode] = [fields[1], fields[2], fields[3], fields[9]];
      if (local === undefined || remote === undefined || state === undefined || inode === undefined) return [];
      const ends = { local: formatEndpoint(local), remote: formatEndpoint(remote) };
      return [[inode, { protocol, ...ends, state: TCP_STATES[state] ?? state }]];
    }),
  );
}

/** @returns socket inode → what it is, in the network namespace of process `pid` */
export function readSocketTable(pid: number | "self"): Map<string, SocketFacts> {
  const table = new Map(listInetSockets(pid));
  for (const line of readLines(`/proc/${pid}/net/unix`)) {
    const fields = line.trim().split(/\s+/);
    const inode = fields[6];
    if (inode !== undefined) table.set(inode, { protocol: "unix", local: fields[7] ?? "", remote: "", state: "" });
  }
  return table;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(1).filter(Boolean);
  } catch {
    return [];
  }
}

/** The kernel prints addresses as hexadecimal words in host order (little endian here) and the port as hexadecimal. */
export function formatEndpoint(text: string): string {
  const [address = "", port = "0"] = text.split(":");
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  if (bytes.length === 4) return `${bytes.map((byte) => parseInt(byte, 16)).join(".")}:${parseInt(port, 16)}`;
  const groups = (bytes.join("").match(/.{4}/g) ?? []).map((group) => parseInt(group, 16).toString(16));
  return `[${groups.join(":")}]:${parseInt(port, 16)}`;
}
