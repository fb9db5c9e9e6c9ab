import type { IndicatorRemovalPreview, IndicatorType } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Database, IndicatorsTable } from "../storage/index.ts";
import { toIndicatorView } from "./list-indicators.ts";

/** Indicators that are named one by one; the rest is counted. */
const NAMED_MAX = 10;

interface PreviewContext {
  readonly database: Pick<Database, "kysely">;
}

/**
 * What taking an indicator off the list would touch. Nothing is changed.
 *
 * @throws FirebreakError not_found
 */
export async function previewRemoval(ctx: PreviewContext, id: string): Promise<IndicatorRemovalPreview> {
  const { kysely } = ctx.database;
  const row = await kysely.selectFrom("indicators").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no indicator ${id}.`);
  const told = await kysely
    .selectFrom("alerts")
    .where("rule_id", "=", `indicator/${id}`)
    .select(({ fn }) => [
      fn.countAll<string>().as("alerts"),
      fn.countAll<string>().filterWhere("status", "=", "open").as("open"),
      fn.max("last_event_at").as("last"),
    ])
    .executeTakeFirstOrThrow();
  const silenced = row.effect === "allow" ? await findSilenced(ctx, row) : [];
  return {
    indicator: toIndicatorView(row),
    alerts: Number(told.alerts),
    openAlerts: Number(told.open),
    lastMetAt: told.last === null ? null : toIso(told.last.getTime()),
    reportedAgain: silenced.slice(0, NAMED_MAX).map(toIndicatorView),
    reportedAgainTotal: silenced.length,
  };
}

/** @returns the listed indicators that this exception keeps silent, as `IndicatorSet` judges them */
async function findSilenced({ database }: PreviewContext, allowed: Selectable<IndicatorsTable>) {
  const { type, value } = allowed;
  const rows = await database.kysely
    .selectFrom("indicators")
    .selectAll()
    .where("effect", "=", "match")
    .where((where) =>
      where.or([
        where.and([where("type", "=", type), where("value", "=", value)]),
        type === "domain"
          ? sql<boolean>`type in ('domain', 'email', 'url') and position(${value} in value) > 0`
          : sql.lit(false),
        type === "ip" ? sql<boolean>`type = 'url' and position(${value} in value) > 0` : sql.lit(false),
        type === "cidr"
          ? sql<boolean>`case when type in ('ip', 'cidr') then value::inet <<= ${value}::inet end`
          : sql.lit(false),
      ]),
    )
    .orderBy("id", "desc")
    .execute();
  return rows.filter((row) => type === "cidr" || row.value === value || isOn(hostOf(row), value, type));
}

const isOn = (host: string, value: string, type: IndicatorType): boolean =>
  host === value || (type === "domain" && host.endsWith(`.${value}`));

function hostOf({ type, value }: Pick<Selectable<IndicatorsTable>, "type" | "value">): string {
  if (type === "email") return value.slice(value.indexOf("@") + 1);
  if (type === "url") return URL.canParse(value) ? new URL(value).hostname.replaceAll(/^\[|\]$/g, "") : "";
  return value;
}
