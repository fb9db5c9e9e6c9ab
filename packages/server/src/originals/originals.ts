import type { Clock, Logger, NewId, ReadSecret, RedactionPolicy } from "../kernel/index.ts";
import { messageOf, OperatorError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { createDataKeys } from "./data-keys.ts";
import type { DataKeys } from "./data-keys.ts";
import { openKeyRing } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";
import { sealOriginals } from "./seal-originals.ts";
import type { OpenOriginals, SealedOriginals } from "./seal-originals.ts";

/** What redaction takes out and a policy makes reversible: encrypted, revealed, erased. */
export interface Originals {
  /** null when the keys cannot be had */
  readonly keys: { readonly ring: KeyRing; readonly data: DataKeys } | null;
  /** why there are no keys: what to do about it */
  readonly problem: string | null;
  /** the profile's policy; without keys nothing is reversible */
  readonly policy: RedactionPolicy;
  /** encrypts what was taken out of events; undefined while the policy makes nothing reversible */
  readonly seal: ((items: readonly OpenOriginals[]) => Promise<readonly SealedOriginals[]>) | undefined;
}

export interface OriginalsOptions {
  readonly home: string;
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly policy: RedactionPolicy;
  readonly readSecret: ReadSecret;
}

/**
 * Opens the keys of this home. When they cannot be had, events are redacted all the same and no original is kept: telemetry
 * must not wait for a key.
 */
export async function openOriginals(options: OriginalsOptions): Promise<Originals> {
  const { home, policy, readSecret, logger } = options;
  try {
    const ring = await openKeyRing({ home, source: policy.key, readSecret });
    const data = createDataKeys({ ...options, ring });
    const isReversible = policy.reversible !== "none";
    return {
      keys: { ring, data },
      problem: null,
      policy,
      seal: isReversible ? (items) => sealOriginals(data, items) : undefined,
    };
  } catch (fault) {
    const remedy = fault instanceof OperatorError ? ` ${fault.remedy}` : "";
    const problem = `${messageOf(fault)}${remedy}`;
    logger.error("the key of originals cannot be had: what is redacted is not kept", { problem });
    return { keys: null, problem, policy: { ...policy, reversible: "none" }, seal: undefined };
  }
}
