import type { Profile } from "../kernel/index.ts";
import { OperatorError, systemClock } from "../kernel/index.ts";
import type { Effector } from "../containment/index.ts";
import type { KnownEffector, KnownEffectors } from "../playbooks/index.ts";
import type { Database } from "../storage/index.ts";
import { createEffectors } from "./effectors.ts";
import type { EffectorSurroundings } from "./effectors.ts";

/** What is known of every effector without a server or a database: enough to check a playbook, not to run one. */
export function effectorsToCheck(
  profile: Profile,
  { config, profilesDir }: Pick<EffectorSurroundings, "config" | "profilesDir">,
): KnownEffectors {
  const effectors = createEffectors({
    database: NO_DATABASE,
    clock: systemClock,
    config,
    profile,
    profilesDir,
    readSecret: unavailable,
    notifyAs: unavailable,
    enforce: unavailable,
    recordStop: unavailable,
    redactor: {
      redactEvent: unavailable,
      replaces: unavailable,
      maskText: unavailable,
      maskArguments: unavailable,
    },
  });
  return new Map([...effectors].map(([key, effector]) => [key, factsOf(effector)]));
}

function factsOf({ stays, onlyReads, ...effector }: Effector): KnownEffector {
  const { name, destroysEvidence, expiry, idempotent, parameters } = effector;
  const facts = { name, destroysEvidence, expiry, idempotent, onlyReads: onlyReads === true, parameters };
  return stays === undefined ? facts : { ...facts, stays };
}

function unavailable(): never {
  throw new OperatorError("This is only there to check playbooks.", "Start the server with firebreak up to act.");
}

const NO_DATABASE: Database = {
  get kysely() {
    return unavailable();
  },
  get pool() {
    return unavailable();
  },
  kind: "embedded",
  describe: () => "none",
  serverVersion: "0",
  openClient: unavailable,
  setAddress: unavailable,
  close: async () => undefined,
};
