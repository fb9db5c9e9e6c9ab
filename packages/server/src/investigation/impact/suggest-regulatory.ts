import type { Certainty, DataClass, ImpactStatement, RegulatoryTrigger } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import type { Scope } from "../scope.ts";
import { rankOf } from "./facts.ts";

const HOUR_MS = 3_600_000;

interface Regime {
  readonly id: string;
  readonly regime: string;
  readonly duty: string;
  /** null: no number of hours is named */
  readonly hours: number | null;
  readonly fact: string;
  readonly applies: (statement: ImpactStatement, scope: Scope) => boolean;
}

const holds =
  (...classes: readonly DataClass[]) =>
  (statement: ImpactStatement) =>
    statement.certainty !== "attempted" && statement.classes.some((one) => classes.includes(one));

/** What the intake found in events, by its category. */
const found = (category: string) => (statement: ImpactStatement) =>
  statement.section === "data" && statement.kind === "found" && statement.subject.startsWith(`${category} `);

/**
 * Duties that the runbooks and the law name, each with what must have been found. GDPR (EU) 2016/679 article 33; HIPAA 45 CFR
 * 164.404–408; PCI DSS 4.0 requirement 12.10; NIS2 (EU) 2022/2555 article 23.
 */
const REGIMES: readonly Regime[] = [
  {
    id: "gdpr",
    regime: "GDPR, article 33",
    duty: "notify the supervisory authority within 72 hours, and the persons concerned without undue delay when their risk is high",
    hours: 72,
    fact: "personal data was in what the agent read, held or sent",
    applies: holds("personal"),
  },
  {
    id: "us_states",
    regime: "Breach laws of the states of the USA",
    duty: "notify the persons concerned, in many states within 30 to 60 days; the state of each person counts",
    hours: null,
    fact: "a social security number was in what the agent read, held or sent",
    applies: found("SSN"),
  },
  {
    id: "hipaa",
    regime: "HIPAA, breach notification",
    duty: "notify the persons concerned within 60 days of the discovery; above 500 persons also the department of health and the media",
    hours: 60 * 24,
    fact: "names or findings suggest health data; a name proves nothing, look at the content",
    applies: holds("health"),
  },
  {
    id: "pci",
    regime: "PCI DSS",
    duty: "tell the acquiring bank and the card brands at once",
    hours: 0,
    fact: "numbers of payment cards were in what the agent read, held or sent",
    applies: found("CC"),
  },
  {
    id: "nis2",
    regime: "NIS2, article 23",
    duty: "early warning to the CSIRT within 24 hours, notification within 72 hours, final report within a month; for essential and important entities",
    hours: 24,
    fact: "a severe incident (severity 1 or 2) in which data left, a credential was used or something was left behind",
    applies: ({ section, kind, certainty }, { incident }) =>
      incident.severity <= 2 &&
      (certainty === "observed" || certainty === "inferred") &&
      (section === "outflow" || section === "persistence" || (section === "credentials" && kind === "used")),
  },
];

const STATEMENTS_MAX = 20;

/** Duties that may have arisen, each with the statements behind it. Suggestions for a lawyer: whether they hold is not said. */
export function suggestRegulatory(scope: Scope, statements: readonly ImpactStatement[]): RegulatoryTrigger[] {
  const startMs = scope.incident.detected_at.getTime();
  return REGIMES.flatMap(({ id, regime, duty, hours, fact, applies }) => {
    const behind = statements.filter((statement) => applies(statement, scope));
    if (behind.length === 0) return [];
    return {
      id,
      regime,
      duty,
      clockStart: toIso(startMs),
      clockFrom: "the detection of the incident, the first moment at which it was known here",
      dueAt: hours === null ? null : toIso(startMs + hours * HOUR_MS),
      fact,
      certainty: surest(behind),
      statements: behind.slice(0, STATEMENTS_MAX).map((statement) => statement.id),
    };
  });
}

function surest(statements: readonly ImpactStatement[]): Certainty {
  return (
    statements.map(({ certainty }) => certainty).toSorted((one, other) => rankOf(one) - rankOf(other))[0] ?? "possible"
  );
}
