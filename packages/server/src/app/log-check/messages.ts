import type { CheckState, DatabaseVerdict } from "../../audit/index.ts";
import type { Place } from "../open-database-in-thread.ts";

/** A check of the whole log, as far as it can be told to a thread. */
export interface CheckTask extends Place {
  /** the public keys of the home */
  readonly keys: { readonly publicKey: Uint8Array; readonly before: Uint8Array | undefined };
  /** checkpoints that were kept elsewhere */
  readonly trusted: readonly string[];
  /** where an earlier check stood */
  readonly resume: CheckState | undefined;
  /** whether it rests in between, to leave room for the rest of the machine */
  readonly isCalm: boolean;
}

/** What the thread says; it waits for an answer to how far it has come, which may be anything. */
export type Said =
  | {
      readonly kind: "progress";
      readonly done: number;
      readonly size: number;
      /** where another check could go on */
      readonly state: Omit<CheckState, "at"> | undefined;
    }
  | { readonly kind: "done"; readonly verdict: DatabaseVerdict }
  | { readonly kind: "fault"; readonly message: string };
