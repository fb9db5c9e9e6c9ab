import { eraseRevealable, searchSealed } from "../../originals/index.ts";
import type { FoundOriginals } from "../../originals/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import { holdOfOriginals } from "../originals.ts";
import { noteErased, Tally } from "./job.ts";
import type { Finding, PersonJob } from "./job.ts";

const DAY_MS = 86_400_000;

/** What redaction took out and keeps encrypted: the keys of what matches are destroyed, with what else they encrypt. */
export async function eraseSealed(job: PersonJob): Promise<Finding[]> {
  const { ctx, matcher } = job;
  const tally = new Tally();
  const { keys, locked } = await searchSealed(ctx, (text) => matcher.matches(text), job.beat);
  tally.matches += locked;
  tally.keep(
    locked,
    "they cannot be opened here, so that nobody can tell: erase them by agent and day (`firebreak erase`)",
  );
  let destroyed = false;
  for (const key of keys) {
    tally.matches += key.all;
    const others = key.all - key.found;
    if (others > 0) tally.why.add(`${others} originals of others share a key with what was found, and go with it`);
    destroyed = (await destroy(job, key, tally)) || destroyed;
  }
  if (destroyed) ctx.originals?.keys?.data.forget();
  return tally.finding("originals", "destroy_keys");
}

async function destroy(job: PersonJob, { agent, category, day, all }: FoundOriginals, tally: Tally): Promise<boolean> {
  const { ctx, id, actor, policy } = job;
  const before = toIso(Date.parse(day) + DAY_MS).slice(0, 10);
  const scope = { agent, categories: [category], since: day, before };
  return inTransaction(ctx.database, async (trx) => {
    await lockHolds(trx);
    const hold = holdOfOriginals(await readActiveHolds(trx), scope);
    if (hold !== undefined) tally.hold(all, hold.caseId);
    if (hold !== undefined || !job.erases) return false;
    const erasure = await eraseRevealable(trx, { ...ctx, actor }, { scope, reason: policy });
    if (erasure !== null) await noteErased(trx, id, "originals", all);
    return erasure !== null;
  });
}
