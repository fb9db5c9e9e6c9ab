import type { KeyRotationView } from "@firebreak/protocol";
import { sql } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { OriginalsContext } from "./context.ts";
import { KEY_LOCK, unwrapKey, wrapKey } from "./data-keys.ts";
import type { StoredKey } from "./data-keys.ts";
import type { KeyRing } from "./key-ring.ts";

const KEYS_PER_COMMIT = 1_000;

/**
 * Encrypts every data key anew with a new key, and forgets the old one: copies of the database that were made before open
 * nothing any more. Keys that come from elsewhere are renewed there first: the newest in front, the one before behind it.
 *
 * @throws FirebreakError conflict when there is no key, or none to change to
 */
export async function rotateKey(ctx: OriginalsContext): Promise<KeyRotationView> {
  const { keys, problem } = ctx.originals;
  if (keys === null) throw new FirebreakError("conflict", `The key of originals cannot be had: ${problem ?? ""}`);
  const { ring, data } = keys;
  if (ring.isOwn) ring.renew();
  else if (ring.older().length === 0) {
    throw new FirebreakError(
      "conflict",
      "The profile says from where the key comes: put a new one in front of it there, restart, and rotate then.",
    );
  }
  const view = await finishRotation(ctx, ring);
  data.forget();
  return view;
}

/** Goes on with a rotation that a crash cut off; does nothing where there is only one key. */
export async function continueRotation(ctx: OriginalsContext): Promise<void> {
  const ring = ctx.originals.keys?.ring;
  if (ring?.isOwn === true && ring.older().length > 0) await finishRotation(ctx, ring);
}

async function finishRotation(ctx: OriginalsContext, ring: KeyRing): Promise<KeyRotationView> {
  let rewrapped = 0;
  for (let last = KEYS_PER_COMMIT; last === KEYS_PER_COMMIT; rewrapped += last) {
    last = await inTransaction(ctx.database, (trx) => rewrapSome(trx, ring, KEYS_PER_COMMIT));
  }
  // alone: a key that somebody stores meanwhile with the old one would be lost with it
  return inTransaction(ctx.database, async (trx) => {
    await sql`select pg_advisory_xact_lock(${KEY_LOCK})`.execute(trx);
    for (let last = KEYS_PER_COMMIT; last === KEYS_PER_COMMIT; rewrapped += last) {
      last = await rewrapSome(trx, ring, KEYS_PER_COMMIT);
    }
    const view = { keyId: ring.current().id, rewrapped, retired: ring.older().map(({ id }) => id) };
    const { actor, clock } = ctx;
    await recordAudit(trx, { at: clock.now(), actor, action: "original.rotate-key", target: view.keyId, detail: view });
    return view;
  }).then((view) => {
    if (ring.isOwn) ring.forgetOlder();
    return view;
  });
}

async function rewrapSome(trx: Trx, ring: KeyRing, limit: number): Promise<number> {
  const older = ring.older().map(({ id }) => id);
  const { rows } = await sql<StoredKey>`
    select id, agent_id, category, day::text as day, kek_id, wrapped from original_keys
    where wrapped is not null and kek_id = any(${older}::text[]) limit ${limit} for update`.execute(trx);
  const current = ring.current();
  const given = rows.map(({ id, agent_id: agentId, category, day, kek_id: kekId, wrapped }) => {
    const name = { agentId, category, day };
    const old = ring.find(kekId);
    const key = old === undefined ? null : unwrapKey(old, id, name, wrapped);
    // one that was tampered with opens nothing, with whatever key: it is put aside
    if (key === null) return { id, kekId: `changed:${id}`, wrapped: wrapped.toString("hex") };
    return { id, kekId: current.id, wrapped: wrapKey(current, id, name, key).toString("hex") };
  });
  await sql`
    update original_keys set kek_id = given.kek_id, wrapped = decode(given.wrapped, 'hex')
    from unnest(${given.map(({ id }) => id)}::text[], ${given.map(({ kekId }) => kekId)}::text[],
      ${given.map(({ wrapped }) => wrapped)}::text[]) as given (id, kek_id, wrapped)
    where original_keys.id = given.id`.execute(trx);
  return rows.length;
}
