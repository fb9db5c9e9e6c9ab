import type { ReplayFinding, ReplayResult, ReplayRule } from "@firebreak/protocol";
import type { RuleInfo } from "@firebreak/sigma";
import { agentOf } from "../../alerts/index.ts";
import type { Finding as Detected, RaisedAlert } from "../../alerts/index.ts";
import { toIso } from "../../kernel/index.ts";

export interface TallyOptions {
  /** by the time of receipt */
  readonly fromMs: number;
  readonly toMs: number;
  readonly rules: readonly RuleInfo[];
  readonly alerts: readonly RaisedAlert[];
}

const FINDINGS_MAX = 500;
const RULES_MAX = 300;
const FINDINGS_TRACKED_MAX = 20_000;
const TOP = 8;
/** Different values counted for one rule; further ones are not told. */
const VALUES_MAX = 1_000;
/** Matches of one rule whose values are looked at. */
const MATCHES_VALUED_MAX = 5_000;
const VALUE_CHARS_MAX = 160;
const DAY_MS = 86_400_000;
const BUCKETS_MAX = 120;
const BUCKET_SIZES_MS = [60_000, 300_000, 900_000, 3_600_000, 6 * 3_600_000, DAY_MS, 7 * DAY_MS];

interface RuleTally {
  readonly info: RuleInfo;
  matches: number;
  first: number;
  last: number;
  readonly buckets: Map<number, { matches: number; alerts: number }>;
  readonly agents: Map<string, number>;
  readonly values: Map<string, number>;
}

interface Finding {
  readonly status: "new" | "same" | "lost";
  readonly ruleId: string;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly atMs: number;
  readonly afterFirstEventMs: number | null;
  readonly alertId: string | null;
  readonly sentence: string;
  matches: number;
}

/** Sums matches up as they come, and sets them against the alerts that were raised. */
export class ReplayTally {
  readonly #options: TallyOptions;
  readonly #bucketMs: number;
  readonly #rules: ReadonlyMap<string, RuleTally>;
  readonly #alerts: ReadonlyMap<string, readonly RaisedAlert[]>;
  readonly #findings = new Map<string, Finding>();
  #untracked = 0;
  #matches = 0;
  /** Alerts that a match before the range or in it accounts for. */
  readonly #accounted = new Set<string>();

  constructor(options: TallyOptions) {
    const { fromMs, toMs, rules, alerts } = options;
    this.#options = options;
    this.#bucketMs =
      BUCKET_SIZES_MS.find((size) => (toMs - fromMs) / size <= BUCKETS_MAX) ?? (toMs - fromMs) / BUCKETS_MAX;
    this.#rules = new Map(rules.filter((info) => info.alerts).map((info) => [info.id, newTally(info)]));
    this.#alerts = groupAlerts(alerts.filter(({ ruleId }) => this.#rules.has(ruleId)));
  }

  get matches(): number {
    return this.#matches;
  }

  /** @param atMs when it would have been found; what comes before the range only accounts for alerts */
  add(found: Detected, atMs: number): void {
    const rule = this.#rules.get(found.match.ruleId);
    if (rule === undefined) return;
    const alert = this.#alertFor(found);
    if (alert !== undefined) this.#accounted.add(alert.id);
    if (atMs < this.#options.fromMs) return;
    this.#matches += 1;
    this.#count(rule, found, atMs);
    this.#find(found, atMs, alert);
  }

  #count(rule: RuleTally, found: Detected, atMs: number): void {
    const { match } = found;
    rule.matches += 1;
    rule.first = Math.min(rule.first, atMs);
    rule.last = Math.max(rule.last, atMs);
    bucketOf(rule, this.#bucketNumber(atMs)).matches += 1;
    const { id } = agentOf(found);
    if (id !== undefined) countUp(rule.agents, id);
    if (rule.matches > MATCHES_VALUED_MAX) return;
    for (const { fields } of match.selections) {
      for (const { field, value } of fields) countUp(rule.values, `${field}: ${value}`.slice(0, VALUE_CHARS_MAX));
    }
  }

  /** Matches of one rule, agent and session are one finding, as they are one alert while it is open. */
  #find(found: Detected, atMs: number, alert: RaisedAlert | undefined): void {
    const { match, event } = found;
    const { id: agentId = null, session: sessionId = null } = agentOf(found);
    // what did not happen is about its group
    const key =
      alert?.id ?? JSON.stringify([match.ruleId, agentId, sessionId, event === undefined ? match.groupBy : null]);
    const known = this.#findings.get(key);
    if (known !== undefined) {
      known.matches += 1;
      return;
    }
    if (this.#findings.size >= FINDINGS_TRACKED_MAX) {
      this.#untracked += 1;
      return;
    }
    this.#findings.set(key, {
      status: alert === undefined ? "new" : "same",
      ruleId: match.ruleId,
      agentId,
      sessionId,
      atMs,
      afterFirstEventMs: Math.max(0, match.lastTime - match.firstTime),
      alertId: alert?.id ?? null,
      sentence: match.sentence,
      matches: 1,
    });
  }

  #alertFor(found: Detected): RaisedAlert | undefined {
    const { match, event } = found;
    const { id = null, session = null } = agentOf(found);
    const candidates = this.#alerts.get(keyOf(match.ruleId, id, session)) ?? [];
    const newest = event?.id ?? match.eventIds.at(-1);
    const byEvent = newest === undefined ? undefined : candidates.find(({ eventIds }) => eventIds.includes(newest));
    const isWithin = ({ firstEventMs, lastEventMs }: RaisedAlert): boolean =>
      firstEventMs <= match.lastTime && match.lastTime <= lastEventMs;
    return byEvent ?? candidates.find(isWithin);
  }

  #bucketNumber(ms: number): number {
    return Math.floor((ms - this.#options.fromMs) / this.#bucketMs);
  }

  finish(): Pick<
    ReplayResult,
    "matches" | "bucketMs" | "buckets" | "rulesAsked" | "rules" | "rulesOmitted" | "findings" | "findingsOmitted"
  > {
    const { fromMs, toMs } = this.#options;
    const inRange = [...this.#alerts.values()]
      .flat()
      .filter(({ createdMs }) => createdMs >= fromMs && createdMs <= toMs);
    for (const alert of inRange) {
      const rule = this.#rules.get(alert.ruleId);
      if (rule !== undefined) bucketOf(rule, this.#bucketNumber(alert.createdMs)).alerts += 1;
      if (!this.#accounted.has(alert.id)) this.#findings.set(alert.id, lostFinding(alert));
    }
    const findings = [...this.#findings.values()].toSorted(
      (a, b) => RANK[a.status] - RANK[b.status] || a.atMs - b.atMs,
    );
    const rules = this.#viewRules(findings);
    return {
      matches: this.#matches,
      bucketMs: this.#bucketMs,
      buckets: Math.ceil((toMs - fromMs) / this.#bucketMs),
      rulesAsked: this.#rules.size,
      rules: rules.slice(0, RULES_MAX),
      rulesOmitted: Math.max(0, rules.length - RULES_MAX),
      findings: findings.slice(0, FINDINGS_MAX).map(viewFinding),
      findingsOmitted: Math.max(0, findings.length - FINDINGS_MAX) + this.#untracked,
    };
  }

  #viewRules(findings: readonly Finding[]): ReplayRule[] {
    const days = Math.max((this.#options.toMs - this.#options.fromMs) / DAY_MS, 1 / 24);
    const views = [...this.#rules.values()].map(({ info, matches, first, last, buckets, agents, values }) => {
      const own = findings.filter(({ ruleId }) => ruleId === info.id);
      const count = (status: Finding["status"]) => own.filter((finding) => finding.status === status).length;
      return {
        id: info.id,
        title: info.title,
        level: info.level,
        matches,
        perDay: Math.round((matches / days) * 10) / 10,
        firstAt: matches === 0 ? null : toIso(first),
        lastAt: matches === 0 ? null : toIso(last),
        new: count("new"),
        same: count("same"),
        lost: count("lost"),
        buckets: [...buckets]
          .map(([bucket, counts]) => ({ bucket, ...counts }))
          .toSorted((a, b) => a.bucket - b.bucket),
        agents: topOf(agents),
        values: topOf(values),
      };
    });
    return views
      .filter(({ matches, buckets }) => matches > 0 || buckets.length > 0)
      .toSorted((a, b) => b.new + b.lost - (a.new + a.lost) || b.matches - a.matches);
  }
}

const RANK = { new: 0, lost: 1, same: 2 } as const;

function newTally(info: RuleInfo): RuleTally {
  return { info, matches: 0, first: Infinity, last: 0, buckets: new Map(), agents: new Map(), values: new Map() };
}

function bucketOf(rule: RuleTally, bucket: number): { matches: number; alerts: number } {
  const known = rule.buckets.get(bucket);
  if (known !== undefined) return known;
  const fresh = { matches: 0, alerts: 0 };
  rule.buckets.set(bucket, fresh);
  return fresh;
}

function countUp(counts: Map<string, number>, value: string): void {
  const known = counts.get(value);
  if (known !== undefined || counts.size < VALUES_MAX) counts.set(value, (known ?? 0) + 1);
}

function topOf(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  return sorted.slice(0, TOP).map(([value, count]) => ({ value, count }));
}

const keyOf = (ruleId: string, agentId: string | null, sessionId: string | null): string =>
  JSON.stringify([ruleId, agentId, sessionId]);

function groupAlerts(alerts: readonly RaisedAlert[]): ReadonlyMap<string, readonly RaisedAlert[]> {
  const groups = new Map<string, RaisedAlert[]>();
  for (const alert of alerts) {
    const key = keyOf(alert.ruleId, alert.agentId, alert.sessionId);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [alert]);
    else group.push(alert);
  }
  return groups;
}

function lostFinding({ id, ruleId, agentId, sessionId, createdMs, sentence }: RaisedAlert): Finding {
  return {
    status: "lost",
    ruleId,
    agentId,
    sessionId,
    atMs: createdMs,
    afterFirstEventMs: null,
    alertId: id,
    sentence,
    matches: 0,
  };
}

function viewFinding({ atMs, ...finding }: Finding): ReplayFinding {
  return { ...finding, at: toIso(atMs) };
}
