import type { SourceDetail } from "@firebreak/protocol";
import { renameSourceOfAlerts } from "../alerts/index.ts";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import { changeSourceRequest } from "./change-request.ts";
import type { ChangeSourceRequest } from "./change-request.ts";
import type { SourceContext } from "./context.ts";
import { getSource, unknownSource } from "./list-sources.ts";
import { refuseTaken } from "./refuse-taken.ts";
import { isHook, schemeOf, takesTemplate, toSourceView } from "./source.ts";
import type { SourceRow } from "./source.ts";

const HOUR_MS = 3_600_000;

/** What a change may name; the rest of a source stays as it was made. */
const NAMES = ["name", "strict", "staleAfterMs", "severities", "template", "signature"] as const;

/**
 * Changes a source without a gap: for some hours its old address, and messages that are proved as before, are taken as well.
 *
 * @throws FirebreakError `not_found`, `conflict` when the name is taken, `invalid_body` for what its kind does not have
 */
export async function changeSource(
  ctx: SourceContext,
  name: string,
  request: ChangeSourceRequest,
  url: string,
): Promise<SourceDetail> {
  const input = changeSourceRequest.parse(request);
  const now = ctx.clock.now();
  const renamed = await inTransaction(ctx.database, async (trx) => {
    const before = await trx.selectFrom("sources").selectAll().where("name", "=", name).forUpdate().executeTakeFirst();
    if (before === undefined) throw unknownSource(name);
    refuseForKind(before, input);
    const to = input.name ?? name;
    if (to !== name) await refuseTaken(trx, to, now, before.id);
    const after = await trx
      .updateTable("sources")
      .set(valuesOf(before, input, now))
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const alerts = to === name ? 0 : await renameSourceOfAlerts(trx, name, to);
    const detail = { ...differenceOf(before, after), overlapHours: input.overlapHours, openAlerts: alerts };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "source.change", target: name, detail });
    await notifyLive(trx, "source", to);
    return to;
  });
  ctx.sources.forget();
  return getSource(ctx, renamed, url);
}

function refuseForKind({ kind }: SourceRow, { template, signature }: ChangeSourceRequest): void {
  if (template && !takesTemplate(kind)) {
    throw new FirebreakError("invalid_body", "Only sources of the kinds webhook and cloudevents have a template.");
  }
  if (signature && !isHook(kind)) throw new FirebreakError("invalid_body", "Senders of this kind do not sign.");
}

function valuesOf(before: SourceRow, input: ReturnType<typeof changeSourceRequest.parse>, now: number) {
  const { name, strict, staleAfterMs, severities, template, signature, overlapHours } = input;
  const until = toIso(now + overlapHours * HOUR_MS);
  const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
  return {
    ...(strict === undefined ? {} : { strict }),
    ...(staleAfterMs === undefined ? {} : { stale_after_ms: staleAfterMs?.toString() ?? null }),
    ...(severities === undefined ? {} : { severities: JSON.stringify(severities) }),
    ...(template === undefined ? {} : { template: json(template) }),
    ...(name === undefined || name === before.name
      ? {}
      : { name, previous_name: before.name, previous_name_until: until }),
    ...(signature === undefined
      ? {}
      : {
          signature: json(signature === null ? null : schemeOf(signature)),
          previous_signature: json(before.signature),
          previous_signature_until: until,
        }),
  };
}

/** What was and what is, of the settings that are not the same any more; secrets stand in them by their names alone. */
function differenceOf(before: SourceRow, after: SourceRow) {
  const [old, own] = [toSourceView(before), toSourceView(after)];
  const changed = NAMES.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(own[name]));
  const pick = (view: typeof own) => Object.fromEntries(changed.map((name) => [name, view[name]]));
  return { from: pick(old), to: pick(own) };
}
