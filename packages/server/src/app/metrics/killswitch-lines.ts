import type { Actor, Hold, HoldScope } from "@firebreak/protocol";
import { sql } from "kysely";
import type { House } from "../house.ts";

/** Seconds that a stop held. */
const BUCKETS = [10, 60, 300, 900, 3_600, 14_400, 86_400, 604_800];
/** Names of agents and packs are given from outside: beyond so many the rest is one label. */
const TARGETS_MAX = 200;

type Labels = Readonly<Record<string, string>>;

/** Lines of the text format: `name{labels} value`. */
export function line(name: string, labels: Labels, value: number): string {
  const inner = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${inner.length === 0 ? "" : `{${inner.join(",")}}`} ${value}`;
}

const escapeLabel = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

export const head = (name: string, type: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];

/** What is stopped, from the journal: it answers also without a database. */
export function stateLines(holds: readonly Hold[]): string[] {
  const label = boundTargets();
  const stopped = new Map<string, Labels>([["global", { level: "global", target: "" }]]);
  for (const { scope, target } of holds) {
    const labels = { level: scope, target: label(scope, target) };
    stopped.set(scope === "global" ? "global" : `${scope} ${labels.target}`, labels);
  }
  const isGlobal = holds.some((hold) => hold.scope === "global");
  return [
    ...head("killswitch_state", "gauge", "1 where a stop is in force, by what it covers."),
    ...[...stopped].map(([key, labels]) => line("killswitch_state", labels, key !== "global" || isGlobal ? 1 : 0)),
  ];
}

/** @returns how a target is called: sessions have no name here, and only so many others have one */
function boundTargets(): (scope: HoldScope, target: string | null) => string {
  const known = new Set<string>();
  return (scope, target) => {
    if (target === null) return "";
    if (scope === "session") return "(session)";
    const key = `${scope} ${target}`;
    if (known.size >= TARGETS_MAX && !known.has(key)) return "(other)";
    known.add(key);
    return target;
  };
}

/** Who stopped: the reasons that people write would be labels without end. */
function causeOf(kind: Actor["kind"]): string {
  if (kind === "person" || kind === "cli") return "person";
  return kind === "token" ? "api_token" : "automation";
}

export async function activationLines({ database }: Pick<House, "database">): Promise<string[]> {
  const { rows } = await sql<{ scope: HoldScope; target: string | null; kind: Actor["kind"]; count: string }>`
    select scope, target, actor->>'kind' as kind, count(*) as count
    from holds group by 1, 2, 3 order by count(*) desc, 2 limit 10000`.execute(database.kysely);
  const label = boundTargets();
  const totals = new Map<string, { labels: Labels; count: number }>();
  for (const { scope, target, kind, count } of rows) {
    const labels = { level: scope, target: label(scope, target), reason: causeOf(kind) };
    const key = JSON.stringify(labels);
    totals.set(key, { labels, count: (totals.get(key)?.count ?? 0) + Number(count) });
  }
  return [
    ...head("killswitch_activations_total", "counter", "Stops, by what they cover and who made them."),
    ...[...totals.values()].map(({ labels, count }) => line("killswitch_activations_total", labels, count)),
  ];
}

export async function durationLines({ database }: Pick<House, "database">): Promise<string[]> {
  const seconds = sql`extract(epoch from released_at - at)`;
  const counts = BUCKETS.map((limit) => sql`count(*) filter (where ${seconds} <= ${limit})`);
  const { rows } = await sql<{ scope: HoldScope; total: string; sum: string; counts: string[] }>`
    select scope, count(*) as total, coalesce(sum(${seconds}), 0) as sum, array[${sql.join(counts)}]::text[] as counts
    from holds where released_at is not null group by 1 order by 1`.execute(database.kysely);
  const name = "killswitch_duration_seconds";
  return [
    ...head(name, "histogram", "How long stops were in force, once they ended."),
    ...rows.flatMap(({ scope, total, sum, counts: held }) => [
      ...BUCKETS.map((limit, i) => line(`${name}_bucket`, { level: scope, le: String(limit) }, Number(held[i] ?? 0))),
      line(`${name}_bucket`, { level: scope, le: "+Inf" }, Number(total)),
      line(`${name}_sum`, { level: scope }, Number(sum)),
      line(`${name}_count`, { level: scope }, Number(total)),
    ]),
  ];
}
