import { createHash } from "node:crypto";
import { toIso } from "../../kernel/index.ts";
import type { Clock, ShipmentSetting } from "../../kernel/index.ts";
import { keepObject, openS3Store, parseObjectPlace } from "../../objects/index.ts";
import type { Ship, ShipContext } from "./destination.ts";

const DAY_MS = 24 * 60 * 60_000;

/** Keeps the checkpoint as an object of its own, under a lock of the store where that is wished; never writes over one. */
export function shipToS3(
  { place, accessKeyEnv, secretKeyEnv, lockDays }: Extract<ShipmentSetting, { kind: "s3" }>,
  { readSecret, clock }: ShipContext & { readonly clock: Clock },
): Ship {
  return async ({ origin, size, note, at }) => {
    const accessKeyId = await readSecret(accessKeyEnv);
    const secretAccessKey = await readSecret(secretKeyEnv);
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new Error(`the secrets ${accessKeyEnv} and ${secretKeyEnv} are not both there`);
    }
    const store = openS3Store(parseObjectPlace(place), { accessKeyId, secretAccessKey }, { clock });
    const content = Buffer.from(note);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const log = origin.replaceAll(/[^A-Za-z0-9._-]/g, "_");
    const retainUntil = lockDays === undefined ? null : toIso(at + lockDays * DAY_MS);
    await keepObject(store, {
      // two checkpoints of one size differ when a key or a cosignature was added
      key: `${log}/${String(size).padStart(16, "0")}-${sha256.slice(0, 16)}`,
      content,
      sha256,
      ...(retainUntil === null ? {} : { lock: { mode: "COMPLIANCE", retainUntil, legalHold: false } }),
    });
  };
}
