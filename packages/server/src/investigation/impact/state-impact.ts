import { createHash } from "node:crypto";
import type { Certainty, ImpactSection, ImpactStatement, RecordLink } from "@firebreak/protocol";
import { IMPACT_SECTIONS } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { rankOf } from "./facts.ts";
import type { Fact, FactBook, PlacedEvent } from "./facts.ts";

/** statements of one section; the rest is counted */
const STATED_MAX = 200;
const SENTENCE_CHARACTERS_MAX = 600;

export type NewStatement = Pick<ImpactStatement, "section" | "kind" | "subject" | "text" | "certainty" | "why"> &
  Partial<Pick<ImpactStatement, "classes" | "figures">> & {
    readonly events?: readonly PlacedEvent[];
    readonly eventCount?: number;
    readonly links?: readonly RecordLink[];
  };

/** @throws Error for a statement that rests on nothing: that would be a guess */
export function stateOf(given: NewStatement): ImpactStatement {
  const { events = [], links = [], section, kind, subject } = given;
  if (events.length === 0 && links.length === 0) throw new Error(`the statement ${section} ${kind} rests on nothing`);
  const id = createHash("sha256")
    .update(JSON.stringify([section, kind, subject]))
    .digest("hex")
    .slice(0, 16);
  return {
    id,
    section,
    kind,
    subject: clean(subject),
    text: clean(given.text),
    certainty: given.certainty,
    why: clean(given.why),
    classes: [...(given.classes ?? [])].toSorted(),
    figures: given.figures ?? {},
    events: events.map(({ event, atMs }) => ({ ref: `event:${event.seq}`, id: event.id, at: toIso(atMs) })),
    eventCount: given.eventCount ?? events.length,
    links: [...links],
  };
}

/** What is said in jsonb and in documents: one line, valid Unicode, without NUL. */
function clean(text: string): string {
  const flat = text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .toWellFormed()
    .trim();
  return flat.length <= SENTENCE_CHARACTERS_MAX
    ? flat
    : `${flat.slice(0, SENTENCE_CHARACTERS_MAX - 1).toWellFormed()}…`;
}

const VERB: Readonly<Record<Certainty, string>> = {
  observed: "",
  inferred: "",
  attempted: "tried and failed: ",
  possible: "",
};

/** @returns the facts as sentences, the surest and gravest first, and per section how many there was no room for */
export function stateFacts(book: FactBook): { statements: ImpactStatement[]; limits: string[] } {
  const statements: ImpactStatement[] = [];
  const limits: string[] = [];
  for (const section of IMPACT_SECTIONS) {
    const facts = book.of(section).toSorted(compareFacts);
    statements.push(...facts.slice(0, STATED_MAX).map((fact) => stateFact(fact)));
    const left = Math.max(0, facts.length - STATED_MAX) + (book.omitted.get(section) ?? 0);
    if (left > 0)
      limits.push(`${sectionWords(section)}: ${left} more ${left === 1 ? "thing is" : "things are"} not listed`);
  }
  return { statements, limits };
}

export function sectionWords(section: ImpactSection): string {
  return section.replace("_", " ");
}

function compareFacts(one: Fact, other: Fact): number {
  return (
    rankOf(one.certainty) - rankOf(other.certainty) ||
    other.classes.size - one.classes.size ||
    other.eventCount - one.eventCount ||
    (one.subject < other.subject ? -1 : 1)
  );
}

function stateFact(fact: Fact): ImpactStatement {
  const who = [...fact.agents].toSorted().join(", ");
  const tries = fact.weaker === 0 ? "" : `; ${count(fact.weaker, "further event")} less sure`;
  const text = `${who} ${VERB[fact.certainty]}${fact.says}${bytesOf(fact)} (${count(fact.eventCount, "event")}${tries})`;
  return stateOf({ ...fact, text, classes: [...fact.classes] });
}

function bytesOf({ section, kind, figures }: Fact): string {
  if (section !== "outflow" || kind !== "bytes") return "";
  const { bytes, eventsWithBytes = 0, eventsWithoutBytes = 0 } = figures;
  if (bytes === undefined || eventsWithBytes === 0) return ": nobody says how much";
  const unknown = eventsWithoutBytes === 0 ? "" : `, and ${count(eventsWithoutBytes, "time")} nobody says how much`;
  return `: ${bytes} bytes${unknown}`;
}

export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
