import { once } from "node:events";
import { connect, isIP } from "node:net";
import type { LookupAddress } from "node:dns";
import { isPrivateAddress } from "../hooks/private-address.ts";
import { AddressRefused, isEndpoint, lookupWith, requireReachable } from "../probes/reachable-address.ts";
import type { Reach } from "../probes/reachable-address.ts";

/**
 * Finds the address that a server is connected to.
 *
 * @throws AddressRefused when it must not be spoken to; @throws Error when the name is not known, or nothing listens there
 */
export type AddressOf = (host: string, port: number, signal: AbortSignal) => Promise<string>;

/** A place, and how its address is found: what a parameter leads to is judged, what the profile says is not. */
export type Addressed<Place> = Place & { readonly addressOf: AddressOf };

/** For places that the profile names. */
export const asWritten: AddressOf = async (host) => host;

/** For places that parameters name, which events may have filled: a name is looked up once, and what is connected to is what was judged. */
export function addressWithin(reach: Reach): AddressOf {
  return async (host, port, signal) => {
    requireReachable(reach, host, port);
    if (isIP(host) !== 0) return host;
    const addresses = await lookUp(reach, host, port);
    const [first] = addresses;
    return first !== undefined && addresses.length === 1 ? first.address : answering(addresses, { host, port, signal });
  };
}

/**
 * For clients of the system, which bring the passwords that their user has (`~/.pgpass`): this machine and what the profile
 * names, never the rest of the internet. Where nothing answers they shall say so themselves.
 */
export function addressForClients(reach: Reach): AddressOf {
  return async (host, port, signal) => {
    requireReachable(reach, host, port);
    const addresses = isIP(host) === 0 ? await lookUp(reach, host, port) : [{ address: host, family: isIP(host) }];
    const [first] = addresses;
    if (first === undefined) throw new Error(`${host} has no address`);
    const open = addresses.find(({ address }) => !isPrivateAddress(address));
    if (open !== undefined && !isEndpoint(reach, host, port))
      throw new AddressRefused(`${open.address} is on the internet; no service of the profile names ${host}:${port}`);
    return addresses.length === 1
      ? first.address
      : answering(addresses, { host, port, signal }).catch(() => first.address);
  };
}

function lookUp(reach: Reach, host: string, port: number): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookupWith(reach, port)(host, { all: true }, (fault, found) => {
      if (fault !== null) reject(fault);
      else resolve(Array.isArray(found) ? found : []);
    });
  });
}

/** @returns the one of a name's addresses that takes connections: `localhost` is two, and servers often listen at one */
async function answering(
  addresses: readonly LookupAddress[],
  { host, port, signal }: { readonly host: string; readonly port: number; readonly signal: AbortSignal },
): Promise<string> {
  const socket = connect({ host, port, lookup: (_host, _options, done) => done(null, [...addresses]) });
  try {
    await once(socket, "connect", { signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]) });
    return socket.remoteAddress ?? host;
  } finally {
    socket.destroy();
  }
}

const CONNECT_MS = 5_000;
