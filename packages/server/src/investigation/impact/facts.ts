import type { AgentEvent, Certainty, DataClass, ImpactSection, RecordLink } from "@firebreak/protocol";
import { CERTAINTIES } from "@firebreak/protocol";

/** An event at its place by this server's clock. */
export interface PlacedEvent {
  readonly event: AgentEvent;
  readonly atMs: number;
}

/** One thing that one event says. */
export interface Finding {
  readonly section: ImpactSection;
  readonly kind: string;
  readonly subject: string;
  /** the sentence behind the agent's name, or whole when there is none: `read /etc/passwd` */
  readonly says: string;
  readonly certainty: Certainty;
  readonly why: string;
  readonly classes?: readonly DataClass[];
  /** summed over the events that say it for sure */
  readonly figures?: Readonly<Record<string, number>>;
  readonly links?: readonly RecordLink[];
}

/** The same thing, as all its events say it. */
export interface Fact extends Omit<Finding, "classes" | "figures" | "links"> {
  readonly classes: ReadonlySet<DataClass>;
  readonly figures: Readonly<Record<string, number>>;
  readonly links: readonly RecordLink[];
  readonly agents: ReadonlySet<string>;
  /** the first that say it with this certainty */
  readonly events: readonly PlacedEvent[];
  readonly eventCount: number;
  /** further events that say it less surely */
  readonly weaker: number;
}

interface OpenFact extends Fact {
  certainty: Certainty;
  why: string;
  says: string;
  readonly classes: Set<DataClass>;
  figures: Record<string, number>;
  links: RecordLink[];
  readonly agents: Set<string>;
  events: PlacedEvent[];
  eventCount: number;
  weaker: number;
}

const EVENTS_KEPT = 20;
/** different things of one section */
const FACTS_MAX = 10_000;

export const rankOf = (certainty: Certainty): number => CERTAINTIES.indexOf(certainty);

/** Everything found, each thing once, with the events that say it most surely. */
export class FactBook {
  readonly #facts = new Map<string, OpenFact>();
  readonly #counts = new Map<ImpactSection, number>();
  /** how many things of a section were left out */
  readonly omitted = new Map<ImpactSection, number>();

  note(placed: PlacedEvent, finding: Finding): void {
    const key = JSON.stringify([finding.section, finding.kind, finding.subject]);
    const known = this.#facts.get(key);
    if (known === undefined) this.#add(key, placed, finding);
    else merge(known, placed, finding);
  }

  #add(key: string, placed: PlacedEvent, finding: Finding): void {
    const { section } = finding;
    const count = this.#counts.get(section) ?? 0;
    if (count >= FACTS_MAX) {
      this.omitted.set(section, (this.omitted.get(section) ?? 0) + 1);
      return;
    }
    this.#counts.set(section, count + 1);
    this.#facts.set(key, {
      ...finding,
      classes: new Set(finding.classes),
      figures: { ...finding.figures },
      links: [...(finding.links ?? [])],
      agents: new Set([placed.event.agent.id]),
      events: [placed],
      eventCount: 1,
      weaker: 0,
    });
  }

  all(): readonly Fact[] {
    return [...this.#facts.values()];
  }

  of(section: ImpactSection): readonly Fact[] {
    return this.all().filter((fact) => fact.section === section);
  }
}

/** What is less sure never lends its events, agents or figures to what is surer. */
function merge(known: OpenFact, placed: PlacedEvent, finding: Finding): void {
  const difference = rankOf(finding.certainty) - rankOf(known.certainty);
  if (difference > 0) {
    known.weaker += 1;
    return;
  }
  if (difference < 0) {
    known.weaker += known.eventCount;
    known.certainty = finding.certainty;
    known.why = finding.why;
    known.says = finding.says;
    known.figures = {};
    known.links = [];
    known.agents.clear();
    known.classes.clear();
    known.events = [];
    known.eventCount = 0;
  }
  known.eventCount += 1;
  known.agents.add(placed.event.agent.id);
  for (const one of finding.classes ?? []) known.classes.add(one);
  for (const [name, value] of Object.entries(finding.figures ?? {}))
    known.figures[name] = (known.figures[name] ?? 0) + value;
  for (const link of finding.links ?? []) if (known.links.length < EVENTS_KEPT) known.links.push(link);
  if (known.events.length < EVENTS_KEPT) known.events.push(placed);
}
