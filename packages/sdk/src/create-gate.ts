import { systemClock } from "./clock.ts";
import { openGateFeed } from "./feed/gate-feed.ts";
import { nodePlatform } from "./feed/node-platform.ts";
import { createGateOn } from "./gate.ts";
import type { Gate, GateOptions } from "./gate.ts";
import { openStateReader } from "./killswitch-state.ts";
import { ledgerDirOf } from "./ledger/places.ts";
import { createPolicyGate } from "./policy/policy-gate.ts";
import { openPolicyReader, readPolicyFrom } from "./policy/read-policy.ts";

/**
 * Opens a gate. With a directory, the journal of this machine decides; with a server and its key, or without a
 * directory, the server's stops, leases and policy decide; with both, the stricter of the stops.
 */
export function createGate(options: GateOptions): Gate {
  const { agent, pack, session, url, token, serverKey, killswitchDir: dir, clock = systemClock } = options;
  const answersToServer = dir === undefined || serverKey !== undefined;
  const toServer = { agent, pack, session, url, token, serverKey, clock, platform: nodePlatform };
  return createGateOn(options, {
    files: (onChange) => (dir === undefined ? null : openStateReader(dir, onChange)),
    feed: (onChange) => (answersToServer ? openGateFeed({ ...toServer, onChange }) : null),
    policy: (emit, published) =>
      createPolicyGate({
        reader: answersToServer ? readPolicyFrom(published) : openPolicyReader(dir),
        ledgerDir: options.ledgerDir ?? (dir === undefined ? undefined : ledgerDirOf(dir)),
        agent: { agent, pack, session },
        clock,
        emit,
      }),
  });
}
