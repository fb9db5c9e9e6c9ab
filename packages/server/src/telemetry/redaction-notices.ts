import type { AgentEventInput, AgentRef, RedactionCategory } from "@firebreak/protocol";
import type { Redactor } from "../redaction/index.ts";
import type { Redaction } from "./prepared-batch.ts";

/** What was taken out of the events of one agent, or of one of its runs, since it was told of last. */
interface Tally {
  readonly agent: AgentRef;
  count: number;
  events: number;
  readonly categories: Set<RedactionCategory>;
}

/** Beyond them runs and sessions of an agent are told of together: a flood of runs must not double the intake. */
const TALLIES_TOLD_MAX = 500;

/**
 * Counts what redaction takes out and tells of it as the event `pii.redacted` of the runbooks, one for each agent and run at a
 * time, however many events there were.
 */
export class RedactionNotices {
  readonly #replaces: Redactor["replaces"];
  #tallies = new Map<string, Tally>();

  constructor({ replaces }: Pick<Redactor, "replaces">) {
    this.#replaces = replaces;
  }

  /** @param redactions of events that were stored, but for notices themselves */
  note(redactions: readonly Redaction[]): void {
    for (const { agent, facts: all } of redactions) {
      const facts = all.filter(({ category }) => this.#replaces(category));
      if (facts.length === 0) continue;
      const tally = this.#tallyOf(agent);
      tally.events += 1;
      for (const { category, count } of facts) {
        tally.count += count;
        tally.categories.add(category);
      }
    }
  }

  /** @param time ISO 8601 in UTC @returns what there is to tell, and forgets it */
  take(time: string): AgentEventInput[] {
    const tallies = [...this.#tallies.values()];
    this.#tallies = new Map();
    const told = tallies.length <= TALLIES_TOLD_MAX ? tallies : joinByAgent(tallies);
    return told.map((tally) => toEvent(tally, time));
  }

  #tallyOf(agent: AgentRef): Tally {
    const key = JSON.stringify([agent.id, agent.pack, agent.session, agent.run]);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally: Tally = { agent, count: 0, events: 0, categories: new Set() };
    this.#tallies.set(key, tally);
    return tally;
  }
}

function joinByAgent(tallies: readonly Tally[]): Tally[] {
  const joined = new Map<string, Tally>();
  for (const { agent, count, events, categories } of tallies) {
    const { id, pack } = agent;
    const known = joined.get(id) ?? {
      agent: pack === undefined ? { id } : { id, pack },
      count: 0,
      events: 0,
      categories: new Set(),
    };
    known.count += count;
    known.events += events;
    for (const category of categories) known.categories.add(category);
    joined.set(id, known);
  }
  return [...joined.values()];
}

/** In the words of the runbook's contract; `agent` and `pack` of the event itself say the same. */
function toEvent({ agent, count, events, categories }: Tally, time: string): AgentEventInput {
  return {
    source: "firebreak",
    agent,
    kind: "log",
    outcome: "success",
    data: {
      event_type: "pii.redacted",
      timestamp: time,
      pack: agent.pack ?? null,
      agent: agent.id,
      run_id: agent.run ?? null,
      redacted_count: count,
      categories: [...categories].toSorted(),
      events,
    },
  };
}
