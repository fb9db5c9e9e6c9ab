import type { Actor, SilenceView } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, formatMatchers, toIso } from "../../kernel/index.ts";
import type { Clock, NewId, Profile } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { AlertContext } from "../list-alerts.ts";
import { writeExpiry } from "./expire-silence.ts";
import { parseSilence } from "./input.ts";
import type { ParsedSilence, SilenceInput } from "./input.ts";
import { previewSilence } from "./preview-silence.ts";
import { lockMutes } from "./read-mutes.ts";
import { toSilenceView } from "./silence-row.ts";

export interface SilenceContext extends AlertContext {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
  readonly profile: AlertContext["profile"] & Pick<Profile, "containment" | "playbooks">;
}

/** Silences and windows that are not over; every decision asks them all. */
const LIVE_MAX = 1_000;

/**
 * Mutes the alerts that match, from its beginning to its end. What is muted opens no incident and tells nobody, is shown
 * with the silence that holds it, and goes on when the silence ends while it is still open. With `replaces` it is the
 * new version of another, which ends in the same moment.
 *
 * @throws FirebreakError `invalid_body`; `conflict` when it would mute nearly everything and that was not confirmed, when
 *   the one it replaces is over, or when there are too many; `not_found` for an unknown `replaces`
 */
export async function createSilence(ctx: SilenceContext, input: SilenceInput): Promise<SilenceView> {
  const now = ctx.clock.now();
  const silence = parseSilence(input, now);
  const { warnings } = await previewSilence(ctx, silence);
  if (warnings.length > 0 && !silence.muteEverything) {
    throw new FirebreakError(
      "conflict",
      `Not created: ${warnings.join("; ")}. Name what it is about, or confirm that this is meant.`,
    );
  }
  return inTransaction(ctx.database, async (trx) => {
    await lockMutes(trx, "to change");
    await refuseTooMany(trx, now);
    const id = ctx.newId("silence");
    if (silence.replaces !== null) await writeExpiry(trx, ctx, silence.replaces, `replaced by ${id}`);
    const row = await trx
      .insertInto("silences")
      .values({ id, ...columnsOf(ctx, silence, now) })
      .returningAll()
      .executeTakeFirstOrThrow();
    const { kind, endsAt, replaces, reason, mutesContainment } = silence;
    const detail = {
      kind,
      matchers: formatMatchers(silence.matchers),
      endsAt: toIso(endsAt),
      replaces,
      reason,
      mutesContainment,
      warnings,
    };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: `${kind}.create`, target: id, detail });
    await notifyLive(trx, "silence", id);
    return toSilenceView(row, now, 0);
  });
}

function columnsOf(ctx: SilenceContext, silence: ParsedSilence, now: number) {
  return {
    kind: silence.kind,
    matchers: JSON.stringify(silence.matchers),
    owner: silence.owner ?? ctx.actor.name,
    reason: silence.reason,
    starts_at: toIso(silence.startsAt),
    ends_at: toIso(silence.endsAt),
    weekly: silence.weekly === null ? null : JSON.stringify(silence.weekly),
    mutes_containment: silence.mutesContainment,
    replaces: silence.replaces,
    created_by: JSON.stringify(ctx.actor),
    created_at: toIso(now),
    expire_reason: null,
  };
}

async function refuseTooMany(trx: Trx, now: number): Promise<void> {
  const { count } = await trx
    .selectFrom("silences")
    .select((expression) => expression.fn.countAll<string>().as("count"))
    .where("expired_at", "is", null)
    .where("ends_at", ">", new Date(now))
    .executeTakeFirstOrThrow();
  if (Number(count) < LIVE_MAX) return;
  throw new FirebreakError("conflict", `There are ${LIVE_MAX} silences that are not over. Expire some of them first.`);
}
