import type { PHASES } from "../format.ts";

export type PhaseId = (typeof PHASES)[number];

/**
 * What a heading's words say of the phase. Evidence counts as containment: it is kept before containment destroys it. The
 * first that matches wins.
 */
const PHASE_WORDS: readonly (readonly [RegExp, PhaseId])[] = [
  [
    /\b(post[- ]?(incident|mortem|recovery)|lessons?|retrospective|prevent\w*|learn\w*|follow[- ]?ups?|pir)\b/i,
    "learn",
  ],
  [/\bafter(math| the (incident|event|fact|alert))\b|\b(wrap[- ]?up|closing|review)\b/i, "learn"],
  [/\b(after[- ]action|improve\w*|action items|hardening checklist|long[- ]term fix\w*)\b/i, "learn"],
  [
    /\b(contain\w*|isolat\w*|quarantine|block|stop|halt|immediate\w*|first (steps|response|aid)|emergency)\b/i,
    "contain",
  ],
  [/\b(quick (fix|actions?)|short[- ]term|stabili[sz]\w*|evidence|preserv\w*|triage|acknowledg\w*)\b/i, "contain"],
  [/\b(eradicat\w*|remediat\w*|clean[- ]?up|remov\w*|patch\w*|fix(es|ing)?|resol\w*|mitigat\w*)\b/i, "eradicate"],
  [/\b(solutions?|workarounds?|repair\w*|corrective)\b/i, "eradicate"],
  [/\b(recover\w*|restor\w*|resum\w*|re-?enabl\w*|roll[- ]?back|roll[- ]?out|fail[- ]?over|validat\w*)\b/i, "recover"],
  [/\b(verif\w*|verification|return to service|long[- ]term|monitoring after)\b/i, "recover"],
  [
    /\b(communicat\w*|notif\w*|escalat\w*|inform\w*|announce\w*|templates?|stakeholders?|status updates?|messages?|announcements?)\b/i,
    "communicate",
  ],
  [/\b(investigat\w*|analy[sz]\w*|diagnos\w*|assess\w*|identif\w*|detect\w*|troubleshoot\w*)\b/i, "investigate"],
  [/\b(check\w*|root cause|debug\w*|confirm\w*|examin\w*|scop(e|ing)|validation|queries)\b/i, "investigate"],
];

/** The heading of a part that tells when a playbook applies and what it is about, and has no steps. */
const ABOUT_WORDS =
  /\b(symptoms?|overview|purpose|scenario|background|description|summary|impact|meaning|when to use|triggers?|scope|introduction|context|alert|signals?|indicators|definitions?|about|principles?|prerequisites?|assumptions|references?|related|see also|further reading|links|resources|table of contents|contents|glossary|metrics|index|document|revision|changelog|dashboards?|objectives?|what happened|purpose|note)\b/i;
/** Headings and titles are short: no pattern reads more of a text. */
const TEXT_MAX = 500;
const CONTENTS_WORDS = /^(table of )?contents$/i;

/** Parts that stand beside the course of an incident: their place in the text says nothing of their order. */
const ASIDE_WORDS = /\b(templates?|contacts?|escalat\w*|appendix|tools|scripts|stakeholders?|prevention)\b/i;

export function phaseOfWords(text: string): PhaseId | null {
  const bounded = text.slice(0, TEXT_MAX);
  return PHASE_WORDS.find(([words]) => words.test(bounded))?.[1] ?? null;
}
export const isAbout = (text: string): boolean => ABOUT_WORDS.test(text) && !/\bresponse\b/i.test(text);
export const isContents = (text: string): boolean => CONTENTS_WORDS.test(text.trim());
export const isAside = (text: string): boolean => ASIDE_WORDS.test(text);

const SEVERITY_NAMES = [
  /critical/i,
  /\b(high|major)\b/i,
  /\b(medium|moderate|minor)\b/i,
  /\b(low|informational|info)\b/i,
];

/** @returns 1 (critical) to 4 of a label such as `SEV-1`, `P0`, `Severity 2: High` or `critical` */
export function severityOf(whole: string): 1 | 2 | 3 | 4 | null {
  const text = whole.slice(0, TEXT_MAX);
  const numbered = /\b(?:(p)[- ]?([0-4])|(?:sev|severity|s|level|tier|priority)[- ]?([0-5]))\b/i.exec(text);
  const priority = numbered?.[1] === undefined ? undefined : Number(numbered[2]) + 1;
  const level = priority ?? (numbered ? Number(numbered[3]) : SEVERITY_NAMES.findIndex((name) => name.test(text)) + 1);
  return toSeverity(numbered && level === 0 ? 1 : level);
}

function toSeverity(level: number): 1 | 2 | 3 | 4 | null {
  switch (Math.min(level, 4)) {
    case 1:
      return 1;
    case 2:
      return 2;
    case 3:
      return 3;
    case 4:
      return 4;
    default:
      return null;
  }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const MOST_SECONDS = 31 * 86_400;
const TIME =
  /(\d{1,6})\s*(?:(?:-|–|to)\s*(\d{1,6}))?\s*(\+)?\s*(business\s+)?(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)\b(\s*\+)?/i;

export interface TimeFound {
  /** seconds, from 0 when the text names only an upper end */
  readonly from: number;
  readonly to: number;
}

/** The first time a text names: `5-10 minutes`, `within 72 hours`, `<15 min`. An open end (`30+ minutes`) is none. */
export function timeOf(text: string): TimeFound | null {
  const found = TIME.exec(text.slice(0, TEXT_MAX));
  if (!found || found[3] !== undefined || found[6] !== undefined) return null;
  const unit = UNIT_SECONDS[(found[5] ?? "").slice(0, 1).toLowerCase()] ?? 1;
  const seconds = (value: string) => Math.min(Number(value) * unit * (found[4] === undefined ? 1 : 1.4), MOST_SECONDS);
  const first = seconds(found[1] ?? "0");
  const to = found[2] === undefined ? first : seconds(found[2]);
  return to > 0 ? { from: found[2] === undefined ? 0 : first, to } : null;
}

/** The time that stands in a heading, in brackets or after a dash. */
export function timeOfHeading(whole: string): TimeFound | null {
  const text = whole.slice(0, TEXT_MAX);
  const bracketed = /\(([^()]*)\)\s*:?\s*$/.exec(text)?.[1] ?? /[[–—:-]\s*([^–—:[\]]*?)\]?\s*$/.exec(text)?.[1];
  return bracketed === undefined ? null : timeOf(bracketed);
}

/** Seconds as a duration of the format; what does not come out even is rounded up. */
export function durationText(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole % 86_400 === 0) return `${whole / 86_400}d`;
  if (whole % 3600 === 0) return `${whole / 3600}h`;
  return whole % 60 === 0 || whole > 3600 ? `${Math.ceil(whole / 60)}m` : `${whole}s`;
}

/** A name of the format: small letters, digits and dashes, 60 at most, beginning with a letter. */
export function slugOf(text: string, otherwise: string): string {
  const plain = text.slice(0, TEXT_MAX).normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const slug = plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^[^a-z]+|-+$/g, "");
  return slug.length <= 48 ? slug || otherwise : slug.slice(0, 48).replace(/-[^-]*$/, "");
}

/** `<container-id>` and `AGENT_IP` as the name of an input: `containerId`, `agentIp`. */
export function inputNameOf(text: string): string {
  const words = text
    .slice(0, TEXT_MAX)
    .normalize("NFKD")
    .split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])/)
    .filter((word) => word !== "");
  const camel = words.map((word, index) => {
    const small = word.toLowerCase();
    return index === 0 ? small : small.slice(0, 1).toUpperCase() + small.slice(1);
  });
  const name = camel.join("").slice(0, 60);
  return /^[a-z]/.test(name) ? name : `input${name}`.slice(0, 60);
}

/** One line of text, cut at a word, for titles. */
export function titleOf(text: string): string {
  const line = text
    .slice(0, 2 * TEXT_MAX)
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/ ?:$/, "");
  return line.length <= 200 ? line : `${line.slice(0, 200).replace(/\s\S*$/, "")} …`;
}
