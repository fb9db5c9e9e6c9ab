import type { ImpactStatement } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import type { Scope } from "../scope.ts";
import { describeEvent } from "../timeline/describe-event.ts";
import type { PlacedEvent } from "./facts.ts";
import { count, stateOf } from "./state-impact.ts";

/** What is remembered of the events while they are read. */
export interface Course {
  /** the earliest event that somebody or something found suspicious, and why */
  suspicious: (PlacedEvent & { readonly why: string; readonly isCited: boolean }) | null;
  /** the first event of each */
  readonly agents: Map<string, PlacedEvent>;
  readonly sessions: Map<string, PlacedEvent>;
  readonly accounts: Map<string, PlacedEvent>;
}

const NAMES_MAX = 1_000;
const SHOWN_MAX = 10;

export function newCourse(): Course {
  return { suspicious: null, agents: new Map(), sessions: new Map(), accounts: new Map() };
}

export function followCourse(course: Course, placed: PlacedEvent, cited: ReadonlySet<string>): void {
  const { event, atMs } = placed;
  keepFirst(course.agents, event.agent.id, placed);
  if (event.agent.session !== undefined) keepFirst(course.sessions, event.agent.session, placed);
  const account = event.data["user"] ?? event.data["user_name"] ?? event.data["username"];
  if (typeof account === "string" && account !== "") keepFirst(course.accounts, account.slice(0, 200), placed);
  const why = whySuspicious(event, cited);
  if (why === null || (course.suspicious !== null && course.suspicious.atMs <= atMs)) return;
  course.suspicious = { ...placed, why, isCited: cited.has(event.id) };
}

function keepFirst(names: Map<string, PlacedEvent>, name: string, placed: PlacedEvent): void {
  const known = names.get(name);
  if (known === undefined ? names.size < NAMES_MAX : placed.atMs < known.atMs) names.set(name, placed);
}

function whySuspicious(event: PlacedEvent["event"], cited: ReadonlySet<string>): string | null {
  if (cited.has(event.id)) return "an alert of the incident cites it";
  if ((event.indicators?.length ?? 0) > 0) return "it holds an indicator of compromise";
  if (event.risk === "high" || event.risk === "critical") return `its source calls its risk ${event.risk}`;
  return event.outcome === "denied" ? "it was denied" : null;
}

/** From the first suspicious event to the detection and to the containment. */
export function stateDwell({ suspicious }: Course, { incident }: Scope): ImpactStatement[] {
  if (suspicious === null) return [];
  const firstMs = suspicious.atMs;
  const sure = suspicious.isCited
    ? { certainty: "observed" as const, why: suspicious.why }
    : { certainty: "inferred" as const, why: `the earliest that stands out: ${suspicious.why}` };
  const links = [{ kind: "incident" as const, id: incident.id }];
  const shared = { section: "dwell" as const, events: [suspicious], links, ...sure };
  const step = (kind: string, at: Date | null, done: string, open: string) => {
    const figures = at === null ? {} : { ms: Math.max(0, at.getTime() - firstMs) };
    const text =
      at === null
        ? open
        : `${done} ${seconds(at.getTime() - firstMs)} after the first suspicious event, at ${at.toISOString()}`;
    return stateOf({ ...shared, kind, subject: incident.id, text, figures });
  };
  return [
    stateOf({
      ...shared,
      kind: "first_suspicious",
      subject: incident.id,
      text: `The first suspicious event was at ${toIso(firstMs)}: ${describeEvent(suspicious.event)}`,
    }),
    step("detected", incident.detected_at, "It was detected", ""),
    step("contained", incident.contained_at, "It was contained", "It is not contained yet"),
  ];
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 100) / 10)} s`;
}

/** Who and what was involved, by name. */
export function stateBlastRadius(course: Course, { sessions }: Scope): ImpactStatement[] {
  const told = { certainty: "observed" as const, why: "named in events or by supervisors" };
  const of = (
    kind: string,
    noun: string,
    names: ReadonlyMap<string, PlacedEvent>,
    links: ImpactStatement["links"] = [],
  ) => {
    const all = [...names.keys()].toSorted();
    if (all.length === 0) return [];
    const shown = `${all.slice(0, SHOWN_MAX).join(", ")}${all.length > SHOWN_MAX ? " …" : ""}`;
    const events = [...names.values()].slice(0, 20);
    const text = `${count(all.length, noun)}: ${shown}`;
    return stateOf({
      section: "blast_radius",
      kind,
      subject: kind,
      text,
      figures: { count: all.length },
      events,
      eventCount: events.length,
      links,
      ...told,
    });
  };
  const hosts = [...new Set(sessions.map(({ host }) => host))].toSorted();
  const ofHosts = sessions.slice(0, 20).map(({ id }) => ({ kind: "session" as const, id }));
  return [
    of("agents", "agent", course.agents),
    of("sessions", "session", course.sessions),
    hosts.length === 0
      ? []
      : stateOf({
          section: "blast_radius",
          kind: "hosts",
          subject: "hosts",
          text: `${count(hosts.length, "host")}: ${hosts.slice(0, SHOWN_MAX).join(", ")}`,
          figures: { count: hosts.length },
          links: ofHosts,
          ...told,
        }),
    of("accounts", "account", course.accounts),
  ].flat();
}

/** By the rates of the profile, where it gives some; it is arithmetic, not a bill. */
export function stateCost(
  profile: Profile,
  { accounts }: Course,
  { incident }: Scope,
  nowMs: number,
): ImpactStatement[] {
  const { costs } = profile;
  if (costs === undefined) return [];
  const hours = Math.max(0, (incident.resolved_at?.getTime() ?? nowMs) - incident.began_at.getTime()) / 3_600_000;
  const wholeHours = Math.ceil(hours);
  const amount = costs.perIncident + wholeHours * (costs.perHour + accounts.size * costs.perAccountHour);
  const text = `About ${amount} ${costs.currency}: ${costs.perIncident} an incident, and in ${count(wholeHours, "hour begun")} ${costs.perHour} an hour and ${costs.perAccountHour} for each of ${count(accounts.size, "account")}`;
  return [
    stateOf({
      section: "cost",
      kind: "estimate",
      subject: costs.currency,
      text,
      certainty: "possible",
      why: "the rates of the profile, times what was counted",
      figures: { amount, hours: wholeHours, accounts: accounts.size },
      links: [{ kind: "incident", id: incident.id }],
    }),
  ];
}
