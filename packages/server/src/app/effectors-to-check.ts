import type { Config, Profile } from "../kernel/index.ts";
import { OperatorError, systemClock } from "../kernel/index.ts";
import type { Effector } from "../containment/index.ts";
import type { KnownEffector, KnownEffectors } from "../playbooks/index.ts";
import type { Database } from "../storage/index.ts";
import { createEffectors } from "./effectors.ts";

/** What is known of every effector without a server or a database: enough to check a playbook, not to run one. */
export function effectorsToCheck(
  profile: Profile,
  { config, profilesDir }: { readonly config: Config; readonly profilesDir: string },
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

function factsOf({ name, destroysEvidence, expiry, idempotent, onlyReads, parameters }: Effector): KnownEffector {
  return { name, destroysEvidence, expiry, idempotent, onlyReads: onlyReads === true, parameters };
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
