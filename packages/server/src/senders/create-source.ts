import type { NewSourceView } from "@firebreak/protocol";
import type { Transaction } from "kysely";
import { hashSecret } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Schema } from "../storage/index.ts";
import type { SourceContext } from "./context.ts";
import { SOURCES_MAX } from "./directory.ts";
import { refuseTaken } from "./refuse-taken.ts";
import { setupOf } from "./setup.ts";
import { newSourceKey, newSourceRequest, signatureOf, staleAfterMsOf, toSourceView } from "./source.ts";
import type { NewSourceRequest } from "./source.ts";

/**
 * Lets a sender in. Its key is in the answer and nowhere else.
 *
 * @param url where senders reach this server
 * @throws FirebreakError `conflict` when the name is taken or there are too many
 */
export async function createSource(ctx: SourceContext, request: NewSourceRequest, url: string): Promise<NewSourceView> {
  const input = newSourceRequest.parse(request);
  const signature = signatureOf(input);
  const key = newSourceKey();
  const nowMs = ctx.clock.now();
  const row = await inTransaction(ctx.database, async (trx) => {
    await refuseTooMany(trx);
    await refuseTaken(trx, input.name, nowMs);
    const made = await trx
      .insertInto("sources")
      .values({
        id: ctx.newId("source"),
        name: input.name,
        kind: input.kind,
        key_hash: hashSecret(key),
        previous_key_hash: null,
        previous_name: null,
        previous_signature: null,
        strict: input.strict,
        stale_after_ms: staleAfterMsOf(input)?.toString() ?? null,
        severities: JSON.stringify(input.severities),
        template: input.template === undefined ? null : JSON.stringify(input.template),
        signature: signature === null ? null : JSON.stringify(signature),
        created_by: JSON.stringify(ctx.actor),
        created_at: toIso(nowMs),
      })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (made === undefined) {
      throw new FirebreakError("conflict", `There is a source ${input.name} already. Choose another name.`);
    }
    const { name, kind, strict } = input;
    const detail = { kind, strict, signature: signature?.secret ?? null };
    await recordAudit(trx, { at: nowMs, actor: ctx.actor, action: "source.create", target: name, detail });
    await notifyLive(trx, "source", name);
    return made;
  });
  ctx.sources.forget();
  const source = toSourceView(row);
  return { source, key, setup: setupOf(source, url, key) };
}

async function refuseTooMany(trx: Transaction<Schema>): Promise<void> {
  const { total } = await trx
    .selectFrom("sources")
    .select((expression) => expression.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  if (Number(total) >= SOURCES_MAX) {
    throw new FirebreakError("conflict", `There are ${SOURCES_MAX} sources, which is the limit. Remove one first.`);
  }
}
