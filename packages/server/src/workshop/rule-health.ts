import type { RuleDetail, RulesView, RuleView } from "@firebreak/protocol";
import type { RuleInfo } from "@firebreak/sigma";
import { sql } from "kysely";
import { countAlertsByRule, listAlertsOfRule } from "../alerts/index.ts";
import { KNOWN_SOURCES, sourcesFor } from "../detection/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import type { Workshop } from "./context.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALERTS_MAX = 20;
const SOURCE_CHARS_MAX = 256 * 1024;

export interface HealthContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: { now(): number };
  readonly workshop: Workshop;
}

interface Numbers {
  readonly hits24h: number;
  readonly hits7d: number;
  readonly lastHitAt: string | null;
  readonly alerts30d: number;
  readonly falsePositives: number;
}

/** Every rule in force with its health, and what does not load. */
export async function listRules(ctx: HealthContext): Promise<RulesView> {
  const loaded = ctx.workshop.loaded();
  const numbersOf = await readNumbers(ctx);
  return {
    rules: (loaded?.rules ?? []).map((rule) => viewRule(ctx, rule, numbersOf(rule.id))),
    errors: (loaded?.errors ?? []).map(({ file, line, column, message, remedy }) => ({
      file,
      line,
      column,
      message,
      remedy,
    })),
  };
}

/** @throws FirebreakError not_found */
export async function getRule(ctx: HealthContext, id: string): Promise<RuleDetail> {
  const rule = findRule(ctx.workshop, id);
  const loaded = ctx.workshop.loaded();
  const since = new Date(ctx.clock.now() - 7 * DAY_MS);
  const [numbersOf, hours, recentAlerts, marks] = await Promise.all([
    readNumbers(ctx),
    ctx.database.kysely
      .selectFrom("rule_hits")
      .select(["hour", "hits"])
      .where("rule_id", "=", id)
      .where("hour", ">", since)
      .orderBy("hour")
      .execute(),
    listAlertsOfRule(ctx, { ruleId: id, onlyMarked: false, limit: ALERTS_MAX }),
    listAlertsOfRule(ctx, { ruleId: id, onlyMarked: true, limit: ALERTS_MAX }),
  ]);
  const source = loaded?.sources.find(({ name }) => name === rule.file)?.text ?? "";
  const references = loaded?.references ?? new Map<string, readonly string[]>();
  return {
    ...viewRule(ctx, rule, numbersOf(id)),
    source: source.length > SOURCE_CHARS_MAX ? "" : source,
    uses: [...(references.get(id) ?? [])],
    usedBy: [...references].flatMap(([by, uses]) => (uses.includes(id) ? [by] : [])),
    falsePositiveNotes: [...rule.falsePositives],
    hours: hours.map(({ hour, hits }) => ({ at: hour.toISOString(), hits })),
    recentAlerts,
    marks,
  };
}

/** @throws FirebreakError not_found */
export function findRule({ loaded }: Workshop, id: string): RuleInfo {
  const rule = loaded()?.rules.find((one) => one.id === id);
  if (rule !== undefined) return rule;
  throw new FirebreakError("not_found", `There is no rule ${id} in force. The list of rules names what does not load.`);
}

async function readNumbers(ctx: HealthContext): Promise<(ruleId: string) => Numbers> {
  const nowMs = ctx.clock.now();
  const [hits, alerts] = await Promise.all([
    ctx.database.kysely
      .selectFrom("rule_hits")
      .select(["rule_id", (expression) => expression.fn.max("last_at").as("last_at")])
      .select(sumSince(nowMs - DAY_MS).as("day"))
      .select(sumSince(nowMs - 7 * DAY_MS).as("week"))
      .groupBy("rule_id")
      .execute(),
    countAlertsByRule(ctx, nowMs - 30 * DAY_MS),
  ]);
  const hitsOf = new Map(hits.map((row) => [row.rule_id, row]));
  return (ruleId) => {
    const row = hitsOf.get(ruleId);
    return {
      hits24h: Number(row?.day ?? 0),
      hits7d: Number(row?.week ?? 0),
      lastHitAt: row?.last_at.toISOString() ?? null,
      alerts30d: alerts.get(ruleId)?.alerts ?? 0,
      falsePositives: alerts.get(ruleId)?.falsePositives ?? 0,
    };
  };
}

const sumSince = (sinceMs: number) => sql<string | null>`sum(hits) filter (where hour > ${new Date(sinceMs)})`;

function viewRule({ workshop }: HealthContext, rule: RuleInfo, numbers: Numbers): RuleView {
  const { id, title, level, file, line, kind, status, description, tags, alerts, logsource } = rule;
  const cost = workshop.costs.costOf(id);
  return {
    id,
    title,
    level,
    status: status ?? null,
    file,
    line,
    kind,
    description: description ?? "",
    tags: [...tags],
    logsource: logsource === undefined ? null : toPlain(logsource),
    alerts,
    ...numbers,
    costMicros: cost === undefined ? null : Math.round(cost * 100) / 100,
    hint: hintFor(rule, numbers, cost),
  };
}

const FALSE_MIN = 3;
const FALSE_SHARE = 0.25;
const NOISY_A_DAY = 1_000;
/** A rule alone; all shipped ones together cost an event about 10. */
const DEAR_MICROS = 50;

/** What most needs doing about a rule, if anything. */
function hintFor({ logsource, kind }: RuleInfo, numbers: Numbers, cost: number | undefined): string | null {
  const { falsePositives, alerts30d, hits24h } = numbers;
  if (falsePositives >= FALSE_MIN && falsePositives >= alerts30d * FALSE_SHARE) {
    return `${falsePositives} of ${alerts30d} alerts in 30 days were marked as false: add a filter for what they share.`;
  }
  if (hits24h > NOISY_A_DAY) return `${hits24h} hits in a day: raise its threshold, or filter what is usual.`;
  if (kind === "selection" && sourcesFor(logsource ?? {}, KNOWN_SOURCES).length === 0) {
    return "No source here feeds its logsource: it is never asked.";
  }
  if (cost !== undefined && cost > DEAR_MICROS)
    return "It is dear: begin with a literal text, or narrow its logsource.";
  return null;
}

function toPlain(logsource: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(logsource).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
