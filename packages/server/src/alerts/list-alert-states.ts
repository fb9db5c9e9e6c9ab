import type { AlertView, Matcher } from "@firebreak/protocol";
import type { Clock } from "../kernel/index.ts";
import { toAlertView } from "./alert-view.ts";
import type { AlertContext } from "./list-alerts.ts";
import { conditionsOf } from "./match-alerts.ts";
import { readMutes } from "./silences/read-mutes.ts";

/** An open alert and what bears on it now, as Alertmanager tells it. */
export interface AlertState {
  readonly alert: AlertView;
  /** ids of the silences and maintenance windows that match it and are on */
  readonly silencedBy: readonly string[];
  /** ids of the alerts that hold it */
  readonly inhibitedBy: readonly string[];
}

const STATES_MAX = 10_000;

/**
 * The open alerts that match, newest first, 10,000 at most, with the silences that are on now: also those that began
 * after the alert had its incident.
 */
export async function listAlertStates(
  ctx: AlertContext & { readonly clock: Clock },
  { matchers = [] }: { readonly matchers?: readonly Matcher[] },
): Promise<AlertState[]> {
  const { kysely } = ctx.database;
  const now = ctx.clock.now();
  const { silences, windows } = await readMutes(kysely, now);
  const active = [...silences, ...windows].filter(({ activeUntil }) => activeUntil(now) !== null);
  let query = kysely.selectFrom("alerts").selectAll().where("status", "=", "open");
  for (const condition of await conditionsOf(kysely, matchers, "open")) query = query.where(condition);
  const rows = await query.orderBy("id", "desc").limit(STATES_MAX).execute();
  return rows.map((row) => ({
    alert: toAlertView(row, ctx.profile),
    silencedBy: active.filter(({ matches }) => matches(row.labels)).map(({ id }) => id),
    inhibitedBy:
      row.disposition === "held" && row.held_by !== null && row.held_by.startsWith("alr_") ? [row.held_by] : [],
  }));
}
