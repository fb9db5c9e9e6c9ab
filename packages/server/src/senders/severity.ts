import type { Severity } from "@firebreak/protocol";

/** What other systems call the four severities. Data: a source may override any word with `--severity WORD=N`. */
const CROSSWALK = {
  /** PagerDuty Events: `payload.severity` */
  pagerduty: { critical: 1, error: 2, warning: 3, info: 4 },
  /** Opsgenie: `priority`. Its P1 is the gravest; the P0 of some runbooks is severity 1 too. */
  opsgenie: { p1: 1, p2: 2, p3: 3, p4: 4, p5: 4 },
  /** the label `severity` of Prometheus, Alertmanager and Grafana, and what templates read */
  label: {
    critical: 1,
    fatal: 1,
    emergency: 1,
    page: 1,
    p0: 1,
    error: 2,
    major: 2,
    high: 2,
    warning: 3,
    warn: 3,
    medium: 3,
    minor: 3,
    info: 4,
    informational: 4,
    notice: 4,
    low: 4,
    none: 4,
    debug: 4,
  },
} as const satisfies Record<string, Readonly<Record<string, Severity>>>;

export type Scale = keyof typeof CROSSWALK;

/** What a word that is not known is taken for: grave enough to be seen. */
const UNKNOWN: Severity = 2;

export interface ReadSeverity {
  readonly severity: Severity;
  /** null when the word was known */
  readonly fault: string | null;
}

/**
 * @param word as the sender wrote it; anything
 * @param own words of the source, in small letters, which go before the scale
 */
export function readSeverity(scale: Scale, word: unknown, own: Readonly<Record<string, Severity>>): ReadSeverity {
  const name = typeof word === "string" || typeof word === "number" ? String(word).trim().toLowerCase() : "";
  const words: Readonly<Record<string, Severity>> = { ...CROSSWALK[scale], ...own };
  const severity = Object.hasOwn(words, name) ? words[name] : undefined;
  if (severity !== undefined) return { severity, fault: null };
  const shown = word === undefined ? "missing" : JSON.stringify(word)?.slice(0, 64);
  return { severity: UNKNOWN, fault: `the severity is ${shown}, which is not one of ${Object.keys(words).join(", ")}` };
}
