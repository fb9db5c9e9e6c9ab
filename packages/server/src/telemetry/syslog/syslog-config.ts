import { isIP } from "node:net";
import path from "node:path";
import { entityName } from "@firebreak/protocol";
import { z } from "zod";
import { entryName, readNamedEntries } from "../named-entries.ts";
import type { NamedEntries } from "../named-entries.ts";

/** `tcp://127.0.0.1:1514`, `tls://0.0.0.0:6514`, `tls://[::]:6514`; port 0 takes any free one */
const ADDRESS = /^(tcp|tls):\/\/(?:\[([\da-fA-F:.]+)\]|([\d.]+|localhost)):(\d{1,5})$/;
const NETWORK = /^[\da-fA-F:.]+(?:\/\d{1,3})?$/;

const listenerSchema = z.strictObject({
  name: entryName,
  listen: z.string().regex(ADDRESS, "write tcp://127.0.0.1:1514 or tls://0.0.0.0:6514"),
  /** id of a field map */
  map: z.string().min(1).max(64).default("auth-log"),
  /** PEM files of the server's certificate, with its chain, and its key; for tls */
  certificate: z.string().min(1).max(1024).optional(),
  key: z.string().min(1).max(1024).optional(),
  /** PEM file of the authorities whose certificates senders must show */
  clientCa: z.string().min(1).max(1024).optional(),
  /** addresses and networks that may send */
  allow: z.array(z.string().regex(NETWORK, "write an address or a network, 10.0.0.0/8")).min(1).max(100).optional(),
  /** who every message is about, whatever it says */
  agent: entityName.optional(),
  pack: entityName.optional(),
  /** of times that name no zone, instead of the map's */
  timeZone: z.string().max(64).optional(),
});
export type SyslogConfig = z.output<typeof listenerSchema>;

const LISTENERS_MAX = 20;

export const syslogFile = (home: string): string => path.join(home, "syslog.yaml");

/** Reads `syslog.yaml` of the home. What is good is kept; each bad entry is left out and named. */
export function readSyslogFile(home: string): Promise<NamedEntries<SyslogConfig>> {
  return readNamedEntries({
    file: syslogFile(home),
    key: "listeners",
    max: LISTENERS_MAX,
    schema: listenerSchema,
    complete: (entry) => explainOpenDoor(entry) ?? explainFiles(entry) ?? explainNetworks(entry) ?? entry,
  });
}

export interface ListenAddress {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
}

export function addressOf({ listen }: SyslogConfig): ListenAddress {
  const [, scheme, v6, host = "", port] = ADDRESS.exec(listen) ?? [];
  return { isTls: scheme === "tls", host: v6 ?? host, port: Number(port) };
}

type Fault = { readonly message: string; readonly remedy: string };

/** Whoever can reach a listener writes events: beyond this machine it must know who they are. */
function explainOpenDoor(entry: SyslogConfig): Fault | undefined {
  const { host } = addressOf(entry);
  const isLocal = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (isLocal || entry.allow !== undefined || entry.clientCa !== undefined) return undefined;
  return {
    message: `anybody who reaches ${host} could write events`,
    remedy:
      "Name the networks of your senders under allow, or with tls the authority of their certificates as clientCa.",
  };
}

function explainFiles(entry: SyslogConfig): Fault | undefined {
  const files = [entry.certificate, entry.key, entry.clientCa].filter((file) => file !== undefined);
  if (!addressOf(entry).isTls) {
    if (files.length === 0) return undefined;
    return { message: "certificate, key and clientCa are for tls", remedy: "Listen on tls://, or leave them out." };
  }
  if (entry.certificate === undefined || entry.key === undefined) {
    return { message: "tls needs a certificate and its key", remedy: "Name two PEM files: certificate and key." };
  }
  const relative = files.find((file) => !path.isAbsolute(file));
  return relative === undefined
    ? undefined
    : { message: `the path ${relative} is not absolute`, remedy: "Begin it with /." };
}

function explainNetworks({ allow = [] }: SyslogConfig): Fault | undefined {
  const bad = allow.find((network) => !isNetwork(network));
  return bad === undefined
    ? undefined
    : { message: `${bad} is no network`, remedy: "Write for example 10.0.0.0/8, 192.0.2.7 or fd00::/8." };
}

function isNetwork(network: string): boolean {
  const [address = "", bits] = network.split("/");
  const version = isIP(address);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}
